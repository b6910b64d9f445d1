"""What the vitals of a long conversation cost a turn; `python -m bench quality`."""

import time
from collections.abc import Iterator
from statistics import median

from bench.figure import Figure
from chimera_tui.domain.conversation import Assignment, Message, Turn
from chimera_tui.quality.vitals import Vitals
from tests.fakes import NOON, a_conversation, a_persona
from tests.quality.texts import LIVELY

LONG = 300
"""Turns."""


def _path(turns: int, members: int) -> list[Message]:
    return [
        Message(
            id=number,
            parent_id=None,
            turn=Turn(number=number, speaker=f"m{number % members}"),
            text=f"{LIVELY[number % len(LIVELY)][1]} {LIVELY[number % 7][1]} {number}",
            created_at=NOON,
        )
        for number in range(1, turns + 1)
    ]


def report() -> Iterator[Figure]:
    """Measure one more turn, read and scored, behind 300."""
    for members in (3, 16):
        cast = tuple(Assignment(persona=a_persona(f"M{n}")) for n in range(members))
        conversation, path = a_conversation(cast=cast), _path(LONG + 20, members)
        vitals, times = Vitals(), list[float]()
        vitals.follow(conversation, path[:LONG])
        for turns in range(LONG, LONG + 20):
            began = time.process_time()
            vitals.follow(conversation, path[: turns + 1])
            vitals.score(), vitals.heat, vitals.affinities(), vitals.packed, vitals.loop(0)
            times.append(time.process_time() - began)
        yield Figure(
            what=f"vitals: one turn after {LONG}, {members} members",
            measured=median(times) * 1000,
            unit="ms",
            at_most=5,
        )
