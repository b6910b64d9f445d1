"""How the modes share the word out, in rooms without models; `python -m bench turns`.

A persona that speaks addresses the one before it with a given chance (the pressure). Measured are
the share of such calls that were answered at once, the longest run between two (A-B-A-B), the
longest silence of a member, and how evenly all were heard (entropy, 1 is even). Each line is over
100 rooms of 60 turns; runs and silences are the worst of them all.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from bench.figure import Figure
from chimera_tui.domain.conversation import Assignment, Conversation, Message, Turn
from chimera_tui.domain.persona import Persona
from chimera_tui.engine.addressing import RollCall
from chimera_tui.engine.turn_taking import MODES, TurnChoice, TurnContext, next_speakers

SEEDS, TURNS = 100, 60
PRESSURES = (0.35, 0.6, 0.8)
TALKATIVENESS = {
    3: (0.3, 0.7, 0.5),
    5: (0.2, 0.8, 0.5, 0.5, 0.35),
    8: (0.2, 0.8, 0.5, 0.5, 0.35, 0.65, 0.4, 0.5),
}
NAMES = ("Alma", "Bruno", "Cleo", "Dario", "Elena", "Felix", "Greta", "Hugo")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def to_addressee(context: TurnContext) -> TurnChoice:
    """Always the addressee; without one anybody else: what a plain room does."""
    last = context.path[-1] if context.path else None
    called = context.roll.hear(last.text, last.turn.speaker).last if last else None
    others = [p.slug for p in context.personas if p.slug != context.just_spoke]
    return TurnChoice(speakers=(called or context.rng.choice(others),))


@dataclass(slots=True)
class Found:
    """What the rooms of one kind had in common."""

    calls: int = 0
    honoured: int = 0
    run: int = 0
    silence: int = 0
    evenness: float = 0.0
    """The sum over the rooms."""

    @property
    def share(self) -> float:
        """Of the calls that could be answered, those that were."""
        return self.honoured / max(1, self.calls)

    def row(self) -> str:
        """The line of the table."""
        even = self.evenness / SEEDS
        return f"{self.share:>9.2f} {self.run:>4} {self.silence:>8} {even:>8.2f}"

    def take_in(self, speakers: Sequence[str], called: Sequence[str | None], members: int) -> None:
        """Measure one room."""
        for target, answer in zip(called, speakers[1:], strict=False):
            self.calls += target is not None
            self.honoured += target == answer
        run, last, everybody = 2, dict[str, int](), {n.casefold() for n in NAMES[:members]}
        for turn, speaker in enumerate(speakers):
            run = run + 1 if turn > 1 and speaker == speakers[turn - 2] else 2
            self.run = max(self.run, run)
            last[speaker] = turn
            for name in everybody:
                self.silence = max(self.silence, turn - last.get(name, -1))
        shares = [count / len(speakers) for count in Counter(speakers).values()]
        self.evenness -= sum(share * math.log(share) for share in shares) / math.log(members)


async def simulate(mode: str, members: int, pressure: float) -> Found:
    """Let the rooms talk."""
    found = Found()
    cast = tuple(
        Assignment(persona=_persona(name, talkativeness))
        for name, talkativeness in zip(NAMES, TALKATIVENESS[members], strict=False)
    )
    roll = RollCall([assignment.persona for assignment in cast])
    for seed in range(SEEDS):
        conversation = Conversation(
            id=1, title="", topic="", cast=cast, mode=mode, seed=seed, created_at=NOW
        )
        path: list[Message] = []
        called: list[str | None] = []
        lot = Random(seed)
        for number in range(1, TURNS + 1):
            rng = conversation.rng(number)
            context = TurnContext(conversation=conversation, path=path, rng=rng, roll=roll)
            (speaker,) = (await next_speakers(context)).speakers
            before = path[-1].turn.speaker if path else None
            target = before if before and lot.random() < pressure else None
            text = f"{conversation.name_of(target)}, what do you say?" if target else "So be it."
            turn = Turn(number=number, speaker=speaker)
            path.append(Message(id=number, parent_id=None, turn=turn, text=text, created_at=NOW))
            called.append(target)
        found.take_in([m.turn.speaker for m in path], called, members)
    return found


def report() -> Iterator[Figure]:
    """Print the table, then hold `natural` with five members against its goals."""
    MODES["addressee"] = to_addressee
    natural: dict[int, list[Found]] = {}
    try:
        print(f"{'mode':<12} members  pressure  honoured  run  silence  entropy")
        for members in TALKATIVENESS:
            for mode in ("round_robin", "random", "addressee", "natural"):
                found = [asyncio.run(simulate(mode, members, p)) for p in PRESSURES]
                for pressure, one in zip(PRESSURES, found, strict=True):
                    print(f"{mode:<12} {members:>7} {pressure:>9} {one.row()}")
                if mode == "natural":
                    natural[members] = found
    finally:
        del MODES["addressee"]
    goals = natural[5]
    yield Figure(
        what="turns: hand-offs honoured, 5 members, worst pressure",
        measured=min(one.share for one in goals) * 100,
        unit="%",
        at_least=64,
    )
    yield Figure(
        what="turns: longest silence of one of 5",
        measured=max(one.silence for one in goals),
        unit="turns",
        at_most=17,
    )
    yield Figure(
        what="turns: longest run between two of 5",
        measured=max(one.run for one in goals),
        unit="turns",
        at_most=7,
    )
    yield Figure(
        what="turns: evenness of 5 (entropy, 1 is even)",
        measured=min(one.evenness for one in goals) / SEEDS,
        unit="",
        at_least=0.96,
    )


def _persona(name: str, talkativeness: float) -> Persona:
    return Persona(
        slug=name.casefold(),
        name=name,
        emoji="x",
        colour=1,
        category="",
        one_line="",
        prompt="",
        talkativeness=talkativeness,
    )
