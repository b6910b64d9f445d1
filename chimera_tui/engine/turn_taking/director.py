"""A model chooses who speaks and what the turn should do; where it cannot, `natural` chooses."""

import json
import re
from dataclasses import replace

from chimera_tui.domain.errors import ProviderError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import clean, one_line
from chimera_tui.engine.beats import BEATS
from chimera_tui.engine.turn_taking import natural
from chimera_tui.engine.turn_taking.turn_context import TurnChoice, TurnContext

TOLD = 12
"""Messages of the end that it reads."""
LONGEST = 600
"""Characters of each of them."""

_INSTRUCTIONS = (
    "You direct a conversation from behind the scene. You choose who would most naturally speak"
    " next, and what the turn should do. Answer with one line of JSON and nothing else."
)
_OBJECT = re.compile(r"\{[^{}]*\}")


async def next_speakers(context: TurnContext) -> TurnChoice:
    """Whom the model names; one that names nobody is asked once more."""
    eligible = context.eligible
    if len(eligible) <= 1:
        return await natural.next_speakers(context)
    question = _question(context, eligible)
    try:
        for _ in range(2):
            answer = await context.ask(_INSTRUCTIONS, question)
            if choice := _read(answer, eligible, context):
                return choice
            names = ", ".join(f'"{persona.name}"' for persona in eligible)
            question += (
                f"\n\nYou answered: {one_line(answer, 200)}\nThat names none of them. Answer with"
                f' JSON only; "next" must be one of {names}.'
            )
        problem = "The director named nobody."
    except ProviderError as error:
        problem = f"There is no director: {error.problem}"
    choice = await natural.next_speakers(context)
    return replace(choice, notice=f"{problem} Until it does, turns are taken naturally.")


def _question(context: TurnContext, eligible: list[Persona]) -> str:
    spoken = context.spoken
    members = [f"- {p.name}: {p.one_line} ({_silence(p.slug, spoken)})" for p in eligible]
    said = [
        f"[{context.conversation.name_of(m.turn.speaker)}]: {one_line(m.text, LONGEST)}"
        for m in context.path[-TOLD:]
        if not m.to  # a whisper is nobody else's
    ]
    return "\n".join(
        [
            f"The topic: {clean(context.conversation.current_topic)}",
            "",
            "Who can speak next:",
            *members,
            "",
            "What was said last:",
            *(said or ["(nothing yet)"]),
            "",
            "Who would most naturally speak next, and what should the turn do? Answer as",
            f'{{"next": "<name>", "why": "<a few words>", "beat": "{"|".join(BEATS)}"}}',
        ]
    )


def _silence(slug: str, spoken: list[str]) -> str:
    if slug not in spoken:
        return "has not spoken yet"
    return f"spoke {spoken[::-1].index(slug) + 1} turns ago"


def _read(answer: str, eligible: list[Persona], context: TurnContext) -> TurnChoice | None:
    """Read the object; else take the only name that stands in the answer."""
    by_name = {name.casefold(): p.slug for p in eligible for name in (p.slug, p.short_name, p.name)}
    for text in _OBJECT.findall(answer):
        try:
            told = json.loads(text)
        except ValueError:
            continue
        slug = by_name.get(str(told.get("next", "")).strip().casefold())
        if slug:
            return TurnChoice(speakers=(slug,), beat=BEATS.get(str(told.get("beat", "")), ""))
    named = {hit.slug for hit in context.roll.hear(answer[:LONGEST]).hits}
    named &= set(by_name.values())
    return TurnChoice(speakers=(named.pop(),)) if len(named) == 1 else None
