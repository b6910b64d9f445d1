"""Whether the forty personas of the library can be told apart by how they write.

`python -m bench voices` prints two figures for the demo. `python -m bench.voices` prints a line a
persona, and `python -m bench.voices http://127.0.0.1:18301` the same of a real server.

Each turn is a point of the style features of `quality.voice`. It is given to the persona whose
other turns are nearest (leave-one-out, nearest centroid): of all forty, and of the five in its
room. The baseline is what that finds when the speakers are shuffled. Who was in the room with
whom, and about what, is drawn by a seed.
"""

import asyncio
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random
from statistics import fmean, pstdev
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.figure import Figure
from chimera_tui.core.chimera import Chimera, open_chimera
from chimera_tui.domain.conversation import Message, ModelRef
from chimera_tui.domain.events import MessageCompleted
from chimera_tui.library.starters import deck
from chimera_tui.quality.voice import Style, style
from chimera_tui.quality.words import words
from chimera_tui.settings.settings import ProviderSettings, Settings

ROUNDS = 6
"""How often everybody is in a room, each time with others and about something else."""
SEATS = 5
TURNS = 4
"""Of each persona in a room."""
SHUFFLES = 200
SEED = 7


class Said(NamedTuple):
    """A turn."""

    speaker: str
    cast: tuple[str, ...]
    """Who was in the room."""
    text: str


class Turn(NamedTuple):
    """A turn as a point."""

    speaker: str
    cast: tuple[str, ...]
    point: Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found out about who said what."""

    right: Mapping[str, float]
    """The share of each persona's turns that were given to it, of all forty."""
    taken_for: Mapping[str, str]
    """Whom the others of them were given to most often."""
    among_all: float
    """Share of all turns that were given to who said them."""
    in_room: float
    """The same, where only the five in the room can have said it."""


async def spoken(server: str) -> list[Said]:
    """Let everybody speak in rooms of five, played by the demo or by `server`; their turns."""
    said: list[Said] = []
    rng = Random(SEED)
    topics = rng.sample([starter.text for starter in deck()], 80)
    settings = Settings(
        providers={
            "bench": ProviderSettings(base_url=server, requests_per_minute=10_000, at_once=4)
        }
        if server
        else {}
    )
    with TemporaryDirectory() as folder:
        async with open_chimera(settings, db=Path(folder) / "c.db", environ={}) as chimera:
            slugs = [one.slug for one in chimera.library if one.talkativeness]
            for _ in range(ROUNDS):
                rng.shuffle(slugs)
                for at in range(0, len(slugs), SEATS):
                    cast = tuple(slugs[at : at + SEATS])
                    said += [
                        Said(message.turn.speaker, cast, message.text)
                        for message in await _played(chimera, topics.pop(), cast, server)
                    ]
    return said


async def _played(chimera: Chimera, topic: str, cast: Sequence[str], server: str) -> list[Message]:
    saved = await chimera.new_conversation(
        topic=topic,
        cast=cast,
        mode="round_robin",
        pace=0,
        seed=SEED,
        models=dict.fromkeys(cast, ModelRef("bench", "model")) if server else {},
        demo=not server,
        turn_limit=TURNS * len(cast),
    )
    room = chimera.room(saved, attended=False)
    async with room:
        return [e.message async for e in room.events() if isinstance(e, MessageCompleted)]


def points(said: Sequence[Said]) -> list[Turn]:
    """The turns with their styles, z-scored."""
    columns = []
    for column in zip(*(style(one.text, words(one.text)) for one in said), strict=True):
        middle, spread = fmean(column), pstdev(column)
        columns.append([(value - middle) / spread if spread else 0.0 for value in column])
    return [
        Turn(one.speaker, one.cast, point)
        for one, point in zip(said, zip(*columns, strict=True), strict=True)
    ]


def identified(turns: Sequence[Turn]) -> Found:
    """Give each turn to the speaker whose other turns are nearest."""
    counts = Counter(turn.speaker for turn in turns)
    sums = {slug: [0.0] * len(turns[0].point) for slug in counts}
    for turn in turns:
        sums[turn.speaker] = [a + b for a, b in zip(sums[turn.speaker], turn.point, strict=True)]
    centres = {slug: [value / counts[slug] for value in sums[slug]] for slug in counts}
    given: dict[str, Counter[str]] = {slug: Counter() for slug in counts}
    in_room = 0
    for speaker, cast, point in turns:
        own = [
            (total - value) / (counts[speaker] - 1)
            for total, value in zip(sums[speaker], point, strict=True)
        ]
        far = {
            slug: math.dist(point, own if slug == speaker else centre)
            for slug, centre in centres.items()
        }
        given[speaker][min(far, key=far.__getitem__)] += 1
        in_room += min(cast, key=far.__getitem__) == speaker
    return Found(
        right={slug: given[slug][slug] / counts[slug] for slug in counts},
        taken_for={
            slug: next((one for one, _ in given[slug].most_common() if one != slug), "")
            for slug in counts
        },
        among_all=sum(given[slug][slug] for slug in counts) / len(turns),
        in_room=in_room / len(turns),
    )


def by_chance(turns: Sequence[Turn]) -> tuple[float, float]:
    """What shuffled speakers reach, among all and in the room: the 95th percentiles.

    For the room they are shuffled within it.
    """
    rng = Random(SEED)
    rooms = [list(room) for _, room in groupby(turns, key=lambda turn: turn.cast)]
    all_, in_room = [], []
    for _ in range(SHUFFLES):
        all_.append(identified(_shuffled(turns, rng)).among_all)
        mixed = [turn for room in rooms for turn in _shuffled(room, rng)]
        in_room.append(identified(mixed).in_room)
    at = int(SHUFFLES * 0.95)
    return sorted(all_)[at], sorted(in_room)[at]


def _shuffled(turns: Sequence[Turn], rng: Random) -> list[Turn]:
    speakers = [turn.speaker for turn in turns]
    rng.shuffle(speakers)
    return [turn._replace(speaker=slug) for slug, turn in zip(speakers, turns, strict=True)]


def report() -> Iterator[Figure]:
    """Measure the demo."""
    turns = points(asyncio.run(spoken("")))
    found, chance = identified(turns), by_chance(turns)
    for what, share, baseline in (
        (f"of {len(found.right)}", found.among_all, chance[0]),
        (f"of the {SEATS} in the room", found.in_room, chance[1]),
    ):
        yield Figure(
            what=f"voices: turns given to the right one {what}, demo",
            measured=100 * share,
            unit="%",
            baseline=100 * baseline,
        )


def main(server: str = "") -> None:
    """Print a line for each persona, the clearest voice first."""
    said = asyncio.run(spoken(server))
    turns = points(said)
    found, chance = identified(turns), by_chance(turns)
    print(
        f"{len(turns)} turns of {len(found.right)}, in rooms of {SEATS}; shuffled: 95th percentile"
    )
    for what, share, baseline in (
        (f"of {len(found.right)}", found.among_all, chance[0]),
        (f"of the {SEATS} in the room", found.in_room, chance[1]),
    ):
        print(f"given to the right one {what}: {share:.1%}, shuffled {baseline:.1%}")
    for slug, share in sorted(found.right.items(), key=lambda item: -item[1]):
        length = fmean(len(words(one.text)) for one in said if one.speaker == slug)
        print(f"{slug:<18}{share:>6.0%}  {length:>5.0f} words  {found.taken_for[slug]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
