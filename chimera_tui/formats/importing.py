"""A file becomes a conversation: our own JSON, or a chat of SillyTavern."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from chimera_tui.cards.chats import import_chat
from chimera_tui.cards.files import read_bytes
from chimera_tui.domain.casting import cast_of
from chimera_tui.domain.conversation import Assignment, Conversation, Message, ModelRef, Notice
from chimera_tui.domain.errors import InvalidFileError, UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.domain.text import one_line
from chimera_tui.formats.json import FORMAT, SCHEMA

LONGEST_FILE = 64 * 1024 * 1024
"""Bytes."""
MOST_VALUES = 2_000_000
"""Commas or brackets: some 50,000 messages. Many small values take more memory than text."""
LONGEST_PROMPT = 8_000
"""Characters."""


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
    """Whether it is, or seems to be, a conversation as `to_json` writes them."""
    return data[:200].lstrip().startswith(b"{") and f'"{FORMAT}"'.encode() in data[:200]


def _read_ours(data: bytes, path: Path, modes: Collection[str]) -> ImportedConversation:
    if max(data.count(b","), data.count(b"["), data.count(b"{")) > MOST_VALUES:
        raise _unreadable(path, "holds more than a conversation can have")
    try:
        document = msgspec.json.decode(data, type=_Document)
        about = {**document.conversation, "id": 0, "cast": ()}
        conversation = msgspec.convert(about, Conversation)
        cast = [_assignment(member) for member in document.cast]
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _unreadable(path, f"is no sound conversation: {one_line(str(error), 200)}") from None
    if document.schema > SCHEMA:
        raise _unreadable(path, "was written by a newer version", "Update Chimera.")
    notes: list[str] = []
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


def _assignment(member: dict[str, Any]) -> Assignment:
    persona = msgspec.convert({**member, "model": member.get("preferred_model", "")}, Persona)
    fallbacks = (_model(one) for one in member.get("fallbacks") or ())
    return Assignment(
        persona=_bounded(persona),
        model=_model(member.get("model")),
        fallbacks=tuple(one for one in fallbacks if one),
        is_muted=member.get("is_muted") is True,
    )


def _bounded(persona: Persona) -> Persona:
    """A persona that holds no more than a file of one may."""
    return replace(
        persona,
        name=one_line(persona.name, 40) or "Nameless",
        one_line=one_line(persona.one_line, 160),
        prompt=persona.prompt[:LONGEST_PROMPT],
        temperature=min(2.0, max(0.0, persona.temperature)),
        words=min(300, max(20, persona.words)),
        talkativeness=min(1.0, max(0.0, persona.talkativeness)),
    )


def _model(text: object) -> ModelRef | None:
    try:
        return ModelRef.parse(text) if isinstance(text, str) else None
    except UnknownError:
        return None


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
