"""The renderer: what one speaker is told about the room.

The speaker's own turns are `assistant` without a name; everybody else is `user`
with a `[Name]: ` label; neighbours are merged, first and last are `user`. That
strict form is valid at every provider. Nothing that changes every turn stands
before the history, so that of two requests for one speaker the earlier is a
prefix of the later (less its last lines) and stays cacheable. What no longer fits is left out in
big steps, and told in short.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, groupby
from operator import itemgetter
from types import MappingProxyType

from chimera_tui.domain.conversation import (
    HUMAN,
    Assignment,
    Conversation,
    Message,
    ModelRef,
    Summary,
    Usage,
)
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import CHARACTERS_PER_TOKEN, clean
from chimera_tui.engine.label_guard import NARRATOR
from chimera_tui.engine.summaries import BLOCK, SummaryChunk, blocks, counted
from chimera_tui.lore.briefing import Brief, brief
from chimera_tui.lore.carried import Carried
from chimera_tui.providers.base import ChatMessage, ChatRequest

TOKENS_PER_MESSAGE = 6
"""What a chat template adds around a message, about."""
TRIM_TO = 0.7
"""A history that grew too long is cut to this share at once, so that it then stays put."""
EARLIER = "[Earlier, in short:"
HISTORY, SUMMARIES = 0.9, 0.1
"""What history and summaries may take of the room that the rest leaves."""
MOST_IN_SHORT = 2000
"""Tokens of summaries at most, however wide the window: who reads more loses the thread."""

_LABEL_MARKS = re.compile(r"[\[\]:]")
_CONTROL_TOKENS = re.compile(r"<(?=\|[\w ]{1,32}\|>|/?s>|(?:start|end)_of_turn>)|\[(?=/?INST\])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What only the coming turn is told, in its last lines; no later request holds it."""

    beat: str = ""
    """What the turn is to do."""
    notes: tuple[str, ...] = ()
    """What the speaker may need to know just now."""
    is_sharper: bool = False
    """Whether its model has just spoken for others, and is told so."""


NO_CUE = Cue()


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a request."""

    name: str
    """`persona`, `opening`, `summaries`, `history`, `notes` or `nudge`."""
    text: str
    tokens: int
    """About how many."""


@dataclass(frozen=True, slots=True)
class RenderedRequest:
    """A request, and what it is made of, in its order."""

    request: ChatRequest
    parts: tuple[Part, ...]


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
    counted: dict[str, str] = field(default_factory=dict)
    """What is said of blocks that no model has summarised, by digest."""
    fullness: float = 0.0
    """How much of its window the last speaker's history filled, 0 to 1."""

    def render(  # noqa: PLR0913 - all that a request is made of
        self,
        conversation: Conversation,
        path: Sequence[Message],
        assignment: Assignment,
        model: ModelRef,
        *,
        context: int,
        extra_tokens: int = 0,
        seed: int,
        cue: Cue = NO_CUE,
        summaries: Mapping[str, Summary] = MappingProxyType({}),
        carried: Carried | None = None,
        now: datetime | None = None,
    ) -> RenderedRequest:
        """Write what `assignment.persona`, played by `model`, is asked after `path`.

        Args:
            conversation: The room.
            path: What has been said, along the chosen branch.
            assignment: Who speaks.
            model: What plays it.
            context: Tokens the model reads at most, reply included.
            extra_tokens: How many more it may write than its persona needs: to think.
            seed: For the demo.
            cue: What only this turn is told.
            summaries: What is known of blocks of messages, by digest.
            carried: What the persona takes along from its card, if it came in one.
            now: The time, for what the persona is told of it.
        """
        persona = assignment.persona
        path = [message for message in path if message.to in ("", persona.slug)]
        known = brief(persona, carried, conversation, path, context=context, now=now)
        system, notes = (
            _system(conversation, persona, known),
            _notes(conversation, persona, cue, known),
        )
        max_tokens = min(_max_tokens(persona.words) + extra_tokens, context // 2)
        room = math.floor(context * 0.95) - max_tokens - self.count(model, len(system + notes))
        per_token = self.characters_per_token.get(model, CHARACTERS_PER_TOKEN)
        longest = max(400, int(room * per_token / 2))
        start = self._start(conversation, persona.slug, path, room * HISTORY, longest, per_token)
        most = min(room * SUMMARIES, MOST_IN_SHORT) * per_token
        short = self._in_short(conversation, path[1:start], summaries, most)
        lines = [
            ("opening", _opening(conversation)),
            *(("opening", _line(conversation, persona, m, longest)) for m in path[:1] if start),
            ("summaries", ChatMessage("user", short)),
            *(("history", _line(conversation, persona, m, longest)) for m in path[start:]),
            ("notes", ChatMessage("user", notes)),
            ("nudge", ChatMessage("user", _nudge(conversation, persona, cue))),
        ]
        request = ChatRequest(
            model=model.model,
            system=system,
            messages=tuple(_merged(line for _, line in lines)),
            max_tokens=max_tokens,
            temperature=persona.temperature,
            stop=_stop(conversation, persona, path),
            context=context,
            persona=persona,
            topic=conversation.current_topic,
            seed=seed,
            pace=conversation.pace,
        )
        return RenderedRequest(request, tuple(self._parts(model, [("persona", system)], lines)))

    def _parts(
        self,
        model: ModelRef,
        begin: Iterable[tuple[str, str]],
        lines: Iterable[tuple[str, ChatMessage]],
    ) -> Iterable[Part]:
        """Join neighbouring lines of one name, and count them."""
        named = chain(begin, ((name, line.text) for name, line in lines if line.text))
        for name, texts in groupby(named, key=itemgetter(0)):
            said = [text for _, text in texts]
            tokens = sum(self.count(model, len(text)) + TOKENS_PER_MESSAGE for text in said)
            yield Part(name, "\n\n".join(said), tokens)

    def _in_short(
        self,
        conversation: Conversation,
        gone: Sequence[Message],
        summaries: Mapping[str, Summary],
        longest: float,
    ) -> str:
        """What stands in the place of messages that no longer fit: so many characters at most."""
        if not gone:
            return ""
        cut = blocks(gone, summaries.values())
        texts: list[str] = []
        for block in reversed(cut):
            text = self._short_of(block, conversation, summaries)
            longest -= len(text)
            if texts and longest < 0:
                break
            texts.insert(0, text)
        left_out = sum(len(block.messages) for block in cut[: len(cut) - len(texts)])
        lines = [f"({left_out} messages before that are left out.)"] if left_out else []
        return "\n".join([EARLIER, *lines, *(f"- {text}" for text in texts)]) + "]"

    def _short_of(
        self, block: SummaryChunk, conversation: Conversation, summaries: Mapping[str, Summary]
    ) -> str:
        digest = block.digest
        if summary := summaries.get(digest):
            return clean(summary.text)
        if digest not in self.counted:
            self.counted[digest] = clean(counted(block, conversation))
        return self.counted[digest]

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
        self,
        conversation: Conversation,
        speaker: str,
        path: Sequence[Message],
        room: float,
        longest: int,
        per_token: float,
    ) -> int:
        """Where the history told to `speaker` begins; 0 if all of it fits into `room` tokens.

        The first message stands before it in any case. A start is kept until the history has
        outgrown `room` again: then it is cut to a share of it in one step, at the end of a block
        of messages that is summarised.
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
                last = len(path) - 2 * len(conversation.cast)
                window.index = _end_of_block(path, start, last)
                break
            if used <= room * TRIM_TO:
                start = index
        self.fullness = min(1.0, used / max(1.0, room))
        if path:
            window.message_id = path[window.index].id
        return window.index


def label(conversation: Conversation, speaker: str) -> str:
    """How a speaker is written in front of its words: no brackets, colons or line breaks."""
    name = _LABEL_MARKS.sub(" ", clean(conversation.name_of(speaker)))
    return " ".join(name.split())[:40]


def _system(conversation: Conversation, persona: Persona, known: Brief) -> str:
    cast = [one.persona for one in conversation.cast]
    present = [f"- {label(conversation, one.slug)}: {one.one_line}" for one in cast]
    present.append(f"- {label(conversation, HUMAN)}: a person, who may speak at any time.")
    return "\n".join(
        [
            "This is a conversation among several people in one room. Present are:",
            *present,
            "",
            f"You are {label(conversation, persona.slug)}.",
            _plain(known.about),
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
    if text.count("```") % 2:
        text += "\n```"  # what is open would take in what the others say
    name = NARRATOR if message.is_narration else label(conversation, message.turn.speaker)
    return ChatMessage("user", f"[{name}{', to you alone' if message.to else ''}]: {text}")


def _end_of_block(path: Sequence[Message], start: int, last: int) -> int:
    """The first place from `start` on up to which whole blocks were said, `last` at most."""
    said = sum(not message.to for message in path[1:start])
    for index in range(start, min(last, start + BLOCK) + 1):
        if said % BLOCK == 0:
            return index
        said += not path[index].to
    return start


def _notes(conversation: Conversation, persona: Persona, cue: Cue, known: Brief) -> str:
    """What may be another thing at the next turn, and so stands behind the history."""
    moved = (
        [f"The talk has moved on to: {conversation.topic_now}"] if conversation.topic_now else []
    )
    notes = [clean(note) for note in (*moved, *cue.notes)]
    name = label(conversation, persona.slug)
    lines = [*(f"- {note}" for note in notes), *filter(None, [_plain(known.notes)])]
    parts = ["\n".join([f"[Notes for {name}:", *lines]) + "]"] if lines else []
    if known.last_words:
        parts.append(f"[Above all, {name}:\n{_plain(known.last_words)}]")
    return "\n\n".join(parts)


def _nudge(conversation: Conversation, persona: Persona, cue: Cue) -> str:
    name = label(conversation, persona.slug)
    beat = f" This time: {clean(cue.beat)}." if cue.beat else ""
    only = f" Speak as {name} only, and write no other name." if cue.is_sharper else ""
    return f"[{name}, it is your turn: about {persona.words} words.{beat}{only}]"


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
