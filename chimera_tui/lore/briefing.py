"""What a persona is told of itself and its lore, for one turn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import accumulate
from random import Random

from chimera_tui.domain.conversation import HUMAN, Conversation, Message
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import CHARACTERS_PER_TOKEN, cut
from chimera_tui.lore.carried import Carried
from chimera_tui.lore.lore_entries import DEEPEST_SCAN, Lorebook, LoreEntry
from chimera_tui.lore.macros import MacroContext, expand
from chimera_tui.lore.telling import Moment, lore

PROMPT_SHARE = 0.4
LORE_SHARE = 0.15
EXAMPLES_SHARE = 0.1
"""How much of what a model can read each may take at most."""
MOST_LORE = 4_000
MOST_EXAMPLES = 1_500
"""Tokens, for models that can read very much: every turn costs them again."""
EXAMPLES = "How you have spoken elsewhere, to show your manner, not to be repeated:"
_NOTHING = Carried()


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a persona is told of itself, ready for a model."""

    about: str
    """Who it is and what it always knows: alike in every turn, so that it can be cached."""
    notes: str = ""
    """What it knows of what is spoken of now."""
    last_words: str = ""
    """What stands behind all that was said."""


def brief(
    persona: Persona,
    carried: Carried | None,
    conversation: Conversation,
    path: Sequence[Message],
    *,
    context: int,
    now: datetime | None = None,
) -> Brief:
    """Return what `persona` is told of itself before it speaks.

    Macros stand for this persona, whoever spoke last. Those of `about` see the conversation as
    it began, so that they say the same in every turn; the others see it as it is.

    Args:
        persona: Who is about to speak.
        carried: What it takes along from its card, if it came in one.
        conversation: Where.
        path: What it has heard.
        context: Tokens that its model can read.
        now: The time, for macros.
    """
    carried = carried or _NOTHING
    always, called = _lore(persona, carried, conversation, path, context)
    began = MacroContext(
        char=persona.name,
        user=conversation.human_name,
        group=tuple(one.persona.name for one in conversation.cast),
        now=conversation.created_at.astimezone(),
        seed=str(conversation.seed),
        rng=Random(f"{conversation.seed}:{persona.slug}"),
    )
    scene = replace(
        began,
        last_message=path[-1].text if path else "",
        now=now.astimezone() if now else None,
        rng=Random(f"{conversation.seed}:{persona.slug}:{len(path)}"),
    )
    prompt = cut(expand(persona.prompt.strip(), began), _characters(PROMPT_SHARE * context))
    parts = [
        *(expand(entry.content, began) for entry in always if entry.before_prompt),
        prompt,
        *(expand(entry.content, began) for entry in always if not entry.before_prompt),
        _examples([expand(one, began) for one in carried.examples], context),
    ]
    notes = [_said(entry.role, expand(entry.content, scene), scene) for entry in called]
    if not path and persona.greeting:
        notes.append(f"Your usual first words: {expand(persona.greeting, scene)}")
    return Brief(
        about="\n\n".join(filter(None, parts)),
        notes="\n\n".join(filter(None, notes)),
        last_words=expand(carried.last_words, scene),
    )


def _lore(
    persona: Persona,
    carried: Carried,
    conversation: Conversation,
    path: Sequence[Message],
    context: int,
) -> tuple[list[LoreEntry], list[LoreEntry]]:
    """What is told always, and what the last messages call for, each in the order of telling."""
    if carried.book is None:
        return [], []
    budget = min(int(LORE_SHARE * context), MOST_LORE)
    seed = f"{conversation.seed}:{persona.slug}"
    now, before = _moments(persona, conversation, path, carried.book)
    told = lore(carried.book, now, budget, seed=seed, before=before)
    called = [entry for entry in told if not entry.is_fixed]
    # What SillyTavern puts between the messages stands behind them here, the deepest first: in
    # between it would move with every turn, and nothing before it could be cached.
    called.sort(key=lambda entry: -(entry.depth if entry.depth is not None else DEEPEST_SCAN + 1))
    return [entry for entry in told if entry.is_fixed], called


def _moments(
    persona: Persona, conversation: Conversation, path: Sequence[Message], book: Lorebook
) -> tuple[Moment, list[Moment]]:
    """What has been said by now, and by each time that the persona has spoken, oldest first.

    The topic counts as a message before the first. Where nothing of the book depends on the
    second, it is left out.
    """
    replies = [*accumulate((one.turn.speaker != HUMAN for one in path), initial=0)]

    def last(count: int, messages: int) -> list[str]:
        texts = [
            f"{conversation.name_of(message.turn.speaker)}: {message.text}"
            for message in path[max(0, messages - count) : messages]
        ]
        return texts if count <= messages else [conversation.topic, *texts]

    def moment(messages: int) -> Moment:
        said = partial(last, messages=messages)
        return Moment(last=said, messages=messages, replies=replies[messages])

    spoken = (at for at, message in enumerate(path) if message.turn.speaker == persona.slug)
    return moment(len(path)), [moment(at) for at in spoken] if book.is_timed else []


def _said(role: str, text: str, scene: MacroContext) -> str:
    """An entry as the words of whom it is told as."""
    speaker = {"user": scene.user, "assistant": scene.char}.get(role)
    return f"{speaker}: {text}" if speaker and text else text


def _examples(blocks: Sequence[str], context: int) -> str:
    """As many whole dialogues as there is room for, under their heading."""
    room = min(int(EXAMPLES_SHARE * context), MOST_EXAMPLES) * CHARACTERS_PER_TOKEN
    kept: list[str] = []
    for block in blocks:
        room -= len(block)
        if room < 0:
            break
        kept.append(block)
    return f"{EXAMPLES}\n" + "\n---\n".join(kept) if kept else ""


def _characters(tokens: float) -> int:
    return int(tokens * CHARACTERS_PER_TOKEN)
