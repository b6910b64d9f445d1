"""A file becomes a conversation: our own JSON, or a chat of SillyTavern."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from chimera_tui.domain.casting import cast_of
from chimera_tui.domain.conversation import (
    HUMAN,
    Assignment,
    Conversation,
    Message,
    ModelRef,
    Notice,
)
from chimera_tui.domain.decoding import decoded, encoding_of
from chimera_tui.domain.errors import InvalidFileError, UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.domain.text import one_line
from chimera_tui.formats.cards.card_files import read_bytes
from chimera_tui.formats.conversations.chats import import_chat
from chimera_tui.formats.conversations.conversation_json import FORMAT, SCHEMA
from chimera_tui.settings.toml import in_plain_words

LONGEST_FILE = 64 * 1024 * 1024
"""Bytes."""
MOST_VALUES = 2_000_000
"""Commas or brackets: some 50,000 messages. Many small values take more memory than text."""
LONGEST_PROMPT = 8_000
"""Characters."""
_OURS = re.compile(rf'"format"\s*:\s*"{FORMAT}"')
LONGEST_NAME = 40
_SLOWEST = 3.0
_LARGEST = 2**53
"""What every program and database can count."""
_EARLIEST_YEAR, _LATEST_YEAR = 1900, 9000
T = TypeVar("T")


class _UnsoundError(Exception):
    """A value is not what it has to be; says which, and where it stands."""

    @classmethod
    def of(cls, error: Exception, where: str = "") -> Self:
        """What msgspec found, in the words of a person; `where` is the value it was given."""
        problem, _, place = str(error).partition(" - at `$")
        named = (where + place.rstrip("`")).lstrip(".")
        words = in_plain_words(problem).rstrip(".")
        words = words.replace("object missing required field", "it lacks")
        return cls(one_line(f"`{named}`: {words}" if named else words, 200))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedConversation:
    """What was in a file."""

    saved: SavedConversation
    """Its conversation has the id 0: whoever stores it gives the real one."""
    notes: tuple[str, ...] = ()
    """What was dropped or changed, one sentence each."""


class _Choice(msgspec.Struct):
    parent_id: int | None
    id: int


class _Document(msgspec.Struct):
    """The keys of `to_json`."""

    schema: int
    conversation: dict[str, Any]
    cast: list[dict[str, Any]]
    messages: list[Message]
    chosen: list[_Choice] = []
    notices: list[Notice] = []


class _Seat(msgspec.Struct):
    """What a member of the cast is besides its persona."""

    model: str | None = None
    preferred_model: str = ""
    fallbacks: list[str] | None = None
    is_muted: bool = False


def import_conversation(
    path: Path,
    *,
    now: datetime,
    group: Path | None = None,
    known: Collection[Persona] = (),
    modes: Collection[str] = (),
) -> ImportedConversation:
    """Read a conversation from a file; its content tells what it is.

    Args:
        path: The file.
        now: The time of what does not say when it was said.
        group: SillyTavern's own file of the group whose chat it is, if it is one.
        known: Personas that play the speakers of their name.
        modes: The modes of turn-taking there are.

    Raises:
        InvalidFileError: If there is no such file, or no conversation in it.
    """
    data = read_bytes(path, LONGEST_FILE)
    if is_ours(data):
        return _read_ours(data, path, modes)
    about = read_bytes(group, LONGEST_FILE) if group else b""
    chat = import_chat(data, path, now=now, group=about, known=known, modes=modes)
    return ImportedConversation(saved=chat.saved, notes=chat.notes)


def is_ours(data: bytes) -> bool:
    """Whether it is, or seems to be, a conversation as `to_json` writes them.

    In whatever encoding, and in whatever order other programs have put the keys.
    """
    if f'"{FORMAT}"'.encode(encoding_of(data)) not in data:
        return False
    text = decoded(data)[0]
    return text.lstrip().startswith("{") and bool(_OURS.search(text))


def _read_ours(data: bytes, path: Path, modes: Collection[str]) -> ImportedConversation:
    text, is_whole = decoded(data)
    if max(map(text.count, ",[{")) > MOST_VALUES:
        raise _unreadable(path, "holds more than a conversation can have")
    try:
        document = _decoded(text)
        if document.schema > SCHEMA:
            raise _unreadable(path, "was written by a newer version", "Update Chimera.")
        about = {**document.conversation, "id": 0, "cast": ()}
        conversation = _converted(about, Conversation, "conversation")
        cast = [_assignment(one, f"cast[{n}]") for n, one in enumerate(document.cast)]
        times = _Times()
        document.messages = [times.message(one) for one in document.messages]
        document.notices = [times.notice(one) for one in document.notices]
        conversation = _livable(times.conversation(conversation), cast)
        _check_numbers(conversation, "conversation")
        for message in document.messages:
            _check_numbers(message, f"message {message.id}")
    except _UnsoundError as error:
        raise _unreadable(path, f"is no sound conversation: {error}") from None
    notes = list(times.notes)
    if not is_whole:
        notes.append("Some of its letters could not be read and are lost.")
    if conversation.mode not in modes:
        notes.append(f"There is no mode `{one_line(conversation.mode, 40)}`: round_robin is taken.")
        conversation = replace(conversation, mode="round_robin")
    messages = _sound(document.messages)
    if len(messages) < len(document.messages):
        notes.append(f"{len(document.messages) - len(messages):,} messages hung on nothing.")
    ids = {message.id for message in messages}
    chosen = {one.parent_id: one.id for one in document.chosen if one.id in ids}
    parents = {message.id: message.parent_id for message in messages}
    tree = Tree.of(messages, {p: id_ for p, id_ in chosen.items() if parents[id_] == p})
    return ImportedConversation(
        saved=SavedConversation(
            conversation=replace(
                conversation,
                cast=cast_of(cast, conversation.human_name),
                former=tuple(map(_bounded, conversation.former)),
            ),
            tree=tree,
            notices=[one for one in document.notices if one.after_id in {None, *ids}],
            turns=max((message.turn.number for message in messages), default=0),
        ),
        notes=tuple(notes),
    )


def _decoded(text: str) -> _Document:
    try:
        return msgspec.json.decode(text, type=_Document)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _UnsoundError.of(error) from None


def _converted(value: object, shape: type[T], where: str) -> T:
    try:
        return msgspec.convert(value, shape)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _UnsoundError.of(error, where) from None


def _assignment(member: dict[str, Any], where: str) -> Assignment:
    seat = _converted(member, _Seat, where)
    persona = _converted({**member, "model": seat.preferred_model}, Persona, where)
    _check_numbers(persona, where)
    if persona.original in ("", HUMAN):
        raise _UnsoundError(f"`{where}.slug`: no persona is called so")
    fallbacks = (_model(one) for one in seat.fallbacks or ())
    return Assignment(
        persona=_bounded(persona),
        model=_model(seat.model),
        fallbacks=tuple(one for one in fallbacks if one),
        is_muted=seat.is_muted,
    )


def _livable(conversation: Conversation, cast: list[Assignment]) -> Conversation:
    """A conversation that goes by nothing that no room can go by."""
    rules = conversation.rules
    return replace(
        conversation,
        human_name=one_line(conversation.human_name, LONGEST_NAME) or "Human",
        solo=conversation.solo if conversation.solo in {a.persona.slug for a in cast} else "",
        pace=min(_SLOWEST, max(0.0, conversation.pace)),
        rules=replace(
            rules,
            script_from=max(0, rules.script_from),
            every=tuple((who, turns) for who, turns in rules.every if turns > 0),
            most_turns=max(1, rules.most_turns) if rules.most_turns else None,
            liveliness=min(1.5, max(0.2, rules.liveliness)),
        ),
    )


def _bounded(persona: Persona) -> Persona:
    """A persona that holds no more than a file of one may."""
    return replace(
        persona,
        name=one_line(persona.name, LONGEST_NAME) or "Nameless",
        colour=min(12, max(1, persona.colour)),
        one_line=one_line(persona.one_line, 160),
        prompt=persona.prompt[:LONGEST_PROMPT],
        temperature=min(2.0, max(0.0, persona.temperature)),
        words=min(300, max(20, persona.words)),
        talkativeness=min(1.0, max(0.0, persona.talkativeness)),
    )


def _model(text: str | None) -> ModelRef | None:
    try:
        return ModelRef.parse(text) if text else None
    except UnknownError:
        return None


@dataclass(slots=True)
class _Times:
    """Gives times without a zone one, and refuses those that no clock shows."""

    notes: dict[str, None] = field(default_factory=dict)

    def conversation(self, one: Conversation) -> Conversation:
        """The conversation with sound times."""
        return replace(one, created_at=self._sound(one.created_at, "conversation.created_at"))

    def message(self, one: Message) -> Message:
        """The message with sound times."""
        edited = one.edited_at and self._sound(one.edited_at, "messages[…].edited_at")
        created = self._sound(one.created_at, "messages[…].created_at")
        return replace(one, created_at=created, edited_at=edited)

    def notice(self, one: Notice) -> Notice:
        """The notice with sound times."""
        return replace(one, created_at=self._sound(one.created_at, "notices[…].created_at"))

    def _sound(self, moment: datetime, where: str) -> datetime:
        if moment.tzinfo is None:
            self.notes[f"`{where}` has no time zone: it was read as UTC."] = None
            moment = moment.replace(tzinfo=UTC)
        if not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
            raise _UnsoundError(f"`{where}`: {moment.year} is no year of a conversation")
        return moment


def _check_numbers(value: object, where: str) -> None:
    """Refuse numbers that no database holds, wherever in `value` they stand.

    Raises:
        _UnsoundError: If there is one.
    """
    if isinstance(value, int | float):
        if not abs(value) < _LARGEST:  # nor what is no number
            raise _UnsoundError(f"`{where}`: the number is too large")
    elif isinstance(value, tuple):
        for one in value:
            _check_numbers(one, where)
    elif is_dataclass(value):
        for each in fields(value):
            _check_numbers(getattr(value, each.name), f"{where}.{each.name}")


def _sound(messages: list[Message]) -> list[Message]:
    """Those that hang, over others, on the beginning; each id once."""
    by_id = {message.id: message for message in messages if 0 < message.id < 2**31}
    children: dict[int | None, list[Message]] = {}
    for message in by_id.values():
        children.setdefault(message.parent_id, []).append(message)
    found: list[Message] = []
    left = children.get(None, [])
    while left:
        found += left
        left = [child for parent in left for child in children.get(parent.id, [])]
    return sorted(found, key=lambda message: message.id)


def _unreadable(path: Path, why: str, hint: str = "") -> InvalidFileError:
    return InvalidFileError(f"`{one_line(str(path))}` {why}.", hint=hint)
