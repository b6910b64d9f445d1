"""The renderer: what one speaker is told about the room.

The speaker's own turns are `assistant` without a name; everybody else is `user`
with a `[Name]: ` label; neighbours are merged, first and last are `user`. That
strict form is valid at every provider. Nothing that changes every turn stands
before the history, so that of two requests for one speaker the earlier is a
prefix of the later (less its last line) and stays cacheable.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chimera_tui.cards.briefing import Brief, brief
from chimera_tui.cards.carried import Carried
from chimera_tui.domain.conversation import (
    HUMAN,
    Assignment,
    Conversation,
    Message,
    ModelRef,
    Usage,
)
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import CHARACTERS_PER_TOKEN, clean
from chimera_tui.providers.base import ChatMessage, ChatRequest

TOKENS_PER_MESSAGE = 6
"""What a chat template adds around a message, about."""
TRIM_TO = 0.7
"""A history that grew too long is cut to this share at once, so that it then stays put."""
NARRATOR = "Narrator"
"""Who tells what happens, in the name of the human."""
LEFT_OUT = "[Some earlier messages are left out here.]"

_LABEL_MARKS = re.compile(r"[\[\]:]")
_CONTROL_TOKENS = re.compile(r"<(?=\|[\w ]{1,32}\|>|/?s>|(?:start|end)_of_turn>)|\[(?=/?INST\])")


@dataclass(slots=True)
class _Window:
    """Where the unbroken end of the history begins, for one speaker."""

    index: int = 0
    message_id: int = 0


@dataclass(slots=True)
class Renderer:
    """Writes the requests of one room; remembers what has been left out, and how models count."""

    windows: dict[str, _Window] = field(default_factory=dict)
    characters_per_token: dict[ModelRef, float] = field(default_factory=dict)

    def render(
        self,
        conversation: Conversation,
        path: Sequence[Message],
        assignment: Assignment,
        model: ModelRef,
        *,
        context: int,
        extra_tokens: int = 0,
        seed: int,
        carried: Carried | None = None,
        now: datetime | None = None,
    ) -> ChatRequest:
        """Write what `assignment.persona`, played by `model`, is asked after `path`.

        Args:
            conversation: The room.
            path: What has been said, along the chosen branch.
            assignment: Who speaks.
            model: What plays it.
            context: Tokens the model reads at most, reply included.
            extra_tokens: How many more it may write than its persona needs: to think.
            seed: For the demo.
            carried: What the persona takes along from its card, if it came in one.
            now: The time, for what the persona is told of it.
        """
        persona = assignment.persona
        path = [message for message in path if message.to in ("", persona.slug)]
        told = brief(persona, carried, conversation, path, context=context, now=now)
        system, ending = _system(conversation, persona, told), _ending(persona, told)
        max_tokens = min(_max_tokens(persona.words) + extra_tokens, context // 2)
        room = math.floor(context * 0.95) - max_tokens - self.count(model, len(system + ending))
        per_token = self.characters_per_token.get(model, CHARACTERS_PER_TOKEN)
        longest = max(400, int(room * per_token / 2))
        start = self._start(persona.slug, path, room, longest, per_token)
        lines = [_opening(conversation)]
        if start > 0:
            lines.append(_line(conversation, persona, path[0], longest))
        if start > 1:
            lines.append(ChatMessage("user", LEFT_OUT))
        lines += [_line(conversation, persona, message, longest) for message in path[start:]]
        lines.append(ChatMessage("user", ending))
        return ChatRequest(
            model=model.model,
            system=system,
            messages=tuple(_merged(lines)),
            max_tokens=max_tokens,
            temperature=persona.temperature,
            stop=_stop(conversation, persona, path),
            context=context,
            persona=persona,
            topic=conversation.current_topic,
            seed=seed,
            pace=conversation.pace,
        )

    def count(self, model: ModelRef, characters: int) -> int:
        """About how many tokens `model` counts for so many characters."""
        return math.ceil(characters / self.characters_per_token.get(model, CHARACTERS_PER_TOKEN))

    def usage(self, model: ModelRef, request: ChatRequest, reply: str) -> Usage:
        """An estimate, for a provider that does not count."""
        return Usage(
            input=self.count(model, _size(request)),
            output=self.count(model, len(reply)),
            is_estimate=True,
        )

    def learn(self, model: ModelRef, request: ChatRequest, usage: Usage) -> None:
        """Correct how `model` counts by what it reported (a moving average)."""
        tokens = usage.input - TOKENS_PER_MESSAGE * (len(request.messages) + 1)
        if usage.is_estimate or tokens <= 0:
            return
        seen = min(8.0, max(0.8, _size(request) / tokens))
        before = self.characters_per_token.get(model, seen)
        self.characters_per_token[model] = before + 0.3 * (seen - before)

    def _start(
        self, speaker: str, path: Sequence[Message], room: int, longest: int, per_token: float
    ) -> int:
        """Where the history told to `speaker` begins; 0 if all of it fits into `room` tokens.

        The first message stands before it in any case. A start is kept until the history has
        outgrown `room` again: then it is cut to a share of it in one step.
        """
        window = self.windows.setdefault(speaker, _Window())
        if window.index >= len(path) or path[window.index].id != window.message_id:
            window.index = 0

        def tokens(message: Message) -> float:
            return min(len(message.text), longest) / per_token + TOKENS_PER_MESSAGE

        used = tokens(path[0]) if path else 0.0
        start = max(0, len(path) - 1)
        for index in range(len(path) - 1, window.index - 1, -1):
            used += tokens(path[index])
            if used > room:
                window.index = start
                break
            if used <= room * TRIM_TO:
                start = index
        if path:
            window.message_id = path[window.index].id
        return window.index


def label(conversation: Conversation, speaker: str) -> str:
    """How a speaker is written in front of its words: no brackets, colons or line breaks."""
    name = _LABEL_MARKS.sub(" ", clean(conversation.name_of(speaker)))
    return " ".join(name.split())[:40]


def _system(conversation: Conversation, persona: Persona, told: Brief) -> str:
    present = [f"- {a.persona.name}: {a.persona.one_line}" for a in conversation.cast]
    present.append(f"- {label(conversation, HUMAN)}: a person, who may speak at any time.")
    return "\n".join(
        [
            "This is a conversation among several people in one room. Present are:",
            *present,
            "",
            f"You are {persona.name}.",
            _plain(told.about),
            "",
            "How you speak here:",
            f"- About {persona.words} words a turn, fewer when that is enough.",
            "- Only your own words: no name in front, no stage directions, no line for another.",
            "- Answer what was said last, and call people by name when it helps.",
            "- Do not open with praise or agreement; disagree where you would.",
        ]
    )


def _opening(conversation: Conversation) -> ChatMessage:
    return ChatMessage("user", f"[The conversation begins. The topic: {clean(conversation.topic)}]")


def _line(
    conversation: Conversation, persona: Persona, message: Message, longest: int
) -> ChatMessage:
    text = _plain(message.text)
    if len(text) > longest:
        half = longest // 2
        text = f"{text[:half]}\n[…]\n{text[-half:]}"
    if message.turn.speaker == persona.slug:
        return ChatMessage("assistant", text)
    name = NARRATOR if message.is_narration else label(conversation, message.turn.speaker)
    return ChatMessage("user", f"[{name}]: {text}")


def _ending(persona: Persona, told: Brief) -> str:
    """What stands behind the history and changes every turn."""
    notes = f"[Notes for {persona.name}, which nobody else has:\n{told.notes}]"
    last_words = f"[Above all, {persona.name}:\n{told.last_words}]"
    nudge = f"[{persona.name}, it is your turn: about {persona.words} words.]"
    parts = [notes if told.notes else "", last_words if told.last_words else "", nudge]
    return _plain("\n\n".join(filter(None, parts)))


def _plain(text: str) -> str:
    """Text that we did not write, without what local models would obey."""
    return _CONTROL_TOKENS.sub(lambda match: match[0] + " ", clean(text)).strip()


def _merged(lines: Iterable[ChatMessage]) -> Iterable[ChatMessage]:
    role, texts = "user", list[str]()
    for line in lines:
        if not line.text:
            continue
        if line.role != role and texts:
            yield ChatMessage("assistant" if role == "assistant" else "user", "\n\n".join(texts))
            texts = []
        role = line.role
        texts.append(line.text)
    yield ChatMessage("user", "\n\n".join(texts))


def _stop(conversation: Conversation, persona: Persona, path: Sequence[Message]) -> tuple[str, ...]:
    """The labels of the human and of the three others that spoke last: a reply ends before them."""
    others = [m.turn.speaker for m in reversed(path[-12:])]
    others += [a.persona.slug for a in conversation.cast]
    names = dict.fromkeys(s for s in others if s not in (persona.slug, HUMAN))
    return tuple(f"\n[{label(conversation, s)}]" for s in [HUMAN, *list(names)[:3]])


def _max_tokens(words: int) -> int:
    """A safety net, not a length: the prompt asks for the length."""
    return math.ceil(1.45 * words * 1.6) + 60


def _size(request: ChatRequest) -> int:
    return len(request.system) + sum(len(message.text) for message in request.messages)
