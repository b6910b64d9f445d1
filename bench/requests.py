"""How much of a request its provider has read before; `python -m bench requests`.

A room of 40 turns, each speaker as `natural` chooses it. Of each request to a speaker that has
spoken before, the share is counted of its characters that stand at the beginning of the one before,
too: what a provider's cache of prefixes can serve. The baseline is the same with nothing trimmed.
"""

import asyncio
from collections.abc import Iterator

from bench.figure import Figure
from chimera_tui.domain.conversation import Message, ModelRef, Turn
from chimera_tui.engine.addressing import RollCall
from chimera_tui.engine.request import Renderer
from chimera_tui.engine.turn_taking import TurnContext, next_speakers
from tests.fakes import NOON, a_conversation
from tests.quality.texts import LIVELY

TURNS = 40
NAMES = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Fay")
MODEL = ModelRef("x", "y")


async def share(members: int, context: int) -> float:
    """The share of all characters sent that a cache can serve."""
    conversation = a_conversation(*NAMES[:members], mode="natural")
    roll = RollCall([one.persona for one in conversation.cast])
    renderer, path, before = Renderer(), list[Message](), dict[str, str]()
    known = sent = 0
    for number in range(1, TURNS + 1):
        rng = conversation.rng(number)
        now = TurnContext(conversation=conversation, path=path, rng=rng, roll=roll)
        (speaker,) = (await next_speakers(now)).speakers
        told = renderer.render(
            conversation,
            path,
            conversation.assignment(speaker),
            MODEL,
            context=context,
            seed=number,
        )
        request = told.request
        text = request.system + "".join(f"\0{m.role}\0{m.text}" for m in request.messages)
        known += _common(text, before.get(speaker, ""))
        sent += len(text)
        before[speaker] = text
        turn = Turn(number=number, speaker=speaker)
        said = f"{LIVELY[number % len(LIVELY)][1]} {number}"
        path.append(Message(id=number, parent_id=None, turn=turn, text=said, created_at=NOON))
    return known / sent


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def report() -> Iterator[Figure]:
    """Measure small rooms and larger ones, in a wide window and in a narrow one."""
    for members in (3, 6):
        wide = asyncio.run(share(members, 128_000)) * 100
        for context in (8192, 2048):
            yield Figure(
                what=f"requests: known prefix, {members} members, window of {context}",
                measured=asyncio.run(share(members, context)) * 100,
                baseline=wide,
                unit="%",
            )
