"""By a script: lines `who: what to do`, one turn each; afterwards whoever likes speaks.

`who` is the slug of a persona, or a role: `host` (the Moderator if it is cast, else whoever
speaks only when addressed, else in an interview the first of the cast), `each` (all others, one
after the other) or `guest` (the first of them).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chimera_tui.domain.conversation import Conversation, Message
from chimera_tui.domain.persona import Persona
from chimera_tui.engine.turn_taking import natural
from chimera_tui.engine.turn_taking.turn_context import TurnChoice, TurnContext

DEBATE = (
    "host: open the debate: the motion in one sentence, then the first name",
    "each: open: your side of the motion, and your strongest reason",
    "host: name the point on which they really differ, and ask for rebuttals",
    "each: rebut: take the strongest point of the other side, and answer it",
    "host: ask each for one last word",
    "each: close: the one thing that should be remembered of your side",
    "host: say where the motion stands now, without taking a side",
)
INTERVIEW = (
    "host: open the interview with one question that is easy to answer and hard to answer well",
    "each: answer the question",
    *(
        "host: follow up on the one word in the answer that surprised you: one question",
        "each: answer, with something that happened",
    )
    * 3,
    "host: put one doubt to what was said, and ask about it",
    "each: answer the doubt, and ask one question back",
    "host: answer it, then ask the last question",
    "each: give the last answer",
)
EACH, GUEST, HOST = "each", "guest", "host"
MODERATOR = "moderator"
"""The persona that is made for it."""
INTERVIEWED = 2
"""Members with whom a room without a script is an interview; more debate."""


@dataclass(frozen=True, slots=True)
class _Line:
    speaker: str
    beat: str


async def next_speakers(context: TurnContext) -> TurnChoice:
    """Whoever has the next line; those who are not there are passed over, and that is said."""
    lines = _lines(context.conversation)
    present = {persona.slug for persona in context.present} - {context.passed_over}
    place = _place(context, context.path, lines)
    missing: list[str] = []
    while place < len(lines) and lines[place].speaker not in present:
        missing.append(context.conversation.name_of(lines[place].speaker))
        place += 1
    notice = ""
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        notice = f"The script goes on without {names}, who cannot speak now."
    if place < len(lines):
        return TurnChoice(speakers=(lines[place].speaker,), beat=lines[place].beat, notice=notice)
    if missing or _place(context, context.path[:-1], lines) < len(lines):
        notice = "The script is done: now whoever likes speaks."
    return replace(await natural.next_speakers(context), notice=notice)


def _place(context: TurnContext, path: Sequence[Message], lines: list[_Line]) -> int:
    """How many lines are done with, as far as who has spoken since it began tells.

    A turn that somebody was asked for out of order is not counted. A line is passed over if
    its speaker is not there, or if as many turns came to nothing (their numbers are missing).
    """
    present = {persona.slug for persona in context.present}
    place, number = 0, context.conversation.rules.script_from
    for message in path:
        turn = message.turn
        if turn.number <= number:
            continue
        lost, number, at = turn.number - number - 1, turn.number, place
        while at < len(lines) and lines[at].speaker != turn.speaker and lost >= 0:
            lost -= lines[at].speaker in present
            at += 1
        if at < len(lines) and lost >= 0:
            place = at + 1
    return place


def _lines(conversation: Conversation) -> list[_Line]:
    """The script with the roles filled; without one it is an interview, or a debate."""
    personas = [assignment.persona for assignment in conversation.cast]
    host = _host(personas)
    script = conversation.rules.script
    if not script and len(personas) == INTERVIEWED:
        script, host = INTERVIEW, host or personas[0]
    elif not script:
        script = DEBATE if host else tuple(line for line in DEBATE if not line.startswith(HOST))
    others = [p.slug for p in personas if p is not host and p.talkativeness > 0]
    roles = {HOST: [host.slug] if host else [], EACH: others, GUEST: others[:1]}
    lines: list[_Line] = []
    for line in script:
        who, _, beat = line.partition(":")
        speakers = roles.get(who.strip()) or [who.strip()]
        lines += [_Line(speaker, beat.strip()) for speaker in speakers]
    return lines


def _host(personas: list[Persona]) -> Persona | None:
    """The Moderator, else the first who speaks only when addressed."""
    silent = [p for p in personas if p.talkativeness == 0]
    moderators = [p for p in personas if p.original == MODERATOR]
    return next(iter(moderators + silent), None)
