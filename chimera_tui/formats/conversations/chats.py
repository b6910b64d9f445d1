"""Chats and group chats of SillyTavern (`.jsonl`) become conversations.

One JSON object a line, or printed over several lines, or all in one list: perhaps a header, then
messages. A line that cannot be read costs nothing but itself. Speakers, ids and times are ours;
what was swiped away are alternatives.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chimera_tui.domain.casting import cast_of
from chimera_tui.domain.conversation import (
    HUMAN,
    Assignment,
    Conversation,
    CostSource,
    Message,
    ModelRef,
    Notice,
    Provenance,
    Turn,
    Usage,
)
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.domain.text import cut, one_line, storable
from chimera_tui.formats.cards.card_import import LONGEST_NAME, slug_of
from chimera_tui.formats.cards.json_reading import (
    Notes,
    UnreadableError,
    decoder_for,
    is_deep,
    number_of,
    parse_json,
    table_of,
    text_from,
)
from chimera_tui.formats.conversations.chat_speakers import Speakers
from chimera_tui.formats.conversations.moments import moment_of

LONGEST_FILE = 32 * 1024 * 1024
"""Bytes of a chat."""
MOST_MESSAGES = 50_000
MOST_LINES = 100_000
MOST_SWIPES = 50
"""Alternatives of one message."""
LONGEST_MESSAGE = 200_000
"""Characters."""
_STRATEGIES = ("natural", "round_robin", "manual", "pooled")
"""The modes that are like the activation strategies of a group, by their number."""
_USUAL_MODES = ("natural", "round_robin")
"""What is taken where a file does not say it, the better first."""
MOST_VALUES_OF_FILE = 2_000_000
"""Commas or brackets: in a file that has more, each line has to stand for itself."""
_VALUE = re.compile(r"[^\s,\[\]]")
"""What begins a value."""
_PATIENCE = 100_000_000
"""Characters that are read in vain, in what cannot be read: about a second."""
_LINES_COUNTED = 64
"""The JSON parser counts the lines before an error so many times faster than it reads."""
_LONGEST_NESTING = 10_000
"""Characters that are counted for a value that is nested too deeply to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedChat:
    """What a chat file became."""

    saved: SavedConversation
    """Its conversation has the id 0: whoever stores it gives the real one."""
    notes: tuple[str, ...]
    """What was dropped or changed, one sentence each."""


def import_chat(
    data: bytes,
    path: Path,
    *,
    now: datetime,
    group: bytes = b"",
    known: Collection[Persona] = (),
    modes: Collection[str] = (),
) -> ImportedChat:
    """Read a chat or group chat of SillyTavern.

    Args:
        data: The bytes of the `.jsonl` file.
        path: How a person calls the file; only to be named in errors.
        now: The time of what does not say when it was said.
        group: The bytes of the group's own JSON file, where there is one: its name and mode.
        known: Personas that play the speakers of their name; others become strangers.
        modes: The modes of turn-taking there are.

    Raises:
        InvalidFileError: If there is not one message in it.
    """
    notes = Notes()
    if len(data) > LONGEST_FILE:
        raise UnreadableError("is larger than 32 MiB").of(path)
    reader = _Reader(notes, Speakers(notes, {slug_of(one.name): one for one in known}), at=now)
    for line in _lines(data, notes):
        reader.read(line)
    if not reader.messages:
        error = UnreadableError("holds no message", "Chats of SillyTavern end in .jsonl.")
        raise error.of(path)
    about = _group(group, notes)
    speakers = reader.speakers.cast
    first = min(message.created_at for message in reader.messages)
    names = " and ".join([*(one.name for one in speakers[:3]), reader.human_name][:3])
    title = one_line(str(about.get("name") or f"A chat of {names}"), 120)
    strategy = number_of(about, "activation_strategy", notes, 0, len(_STRATEGIES) - 1)
    mode = "" if strategy is None else _STRATEGIES[int(strategy)]
    conversation = Conversation(
        id=0,
        title=title,
        topic=title,
        cast=cast_of((Assignment(persona=one) for one in speakers), reader.human_name),
        mode=next((one for one in (mode, *_USUAL_MODES) if one in modes), _USUAL_MODES[-1]),
        human_name=reader.human_name,
        created_at=reader.created_at or first,
    )
    saved = SavedConversation(
        conversation=conversation,
        tree=Tree.of(reader.messages, reader.chosen),
        notices=reader.notices,
        turns=reader.turns,
    )
    return ImportedChat(saved=saved, notes=tuple(notes))


@dataclass(slots=True)
class _Reader:
    """Goes through the lines and remembers what was said, by whom and when."""

    notes: Notes
    speakers: Speakers
    at: datetime
    """When the last message was said."""
    messages: list[Message] = field(default_factory=list)
    chosen: dict[int | None, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    human_name: str = "Human"
    created_at: datetime | None = None
    turns: int = 0
    _parent: int | None = None
    _is_first: bool = True

    def read(self, line: dict[str, Any]) -> None:
        """Take one line: the header, a message, or a note of the system."""
        is_header = self._is_first and ("chat_metadata" in line or "mes" not in line)
        self._is_first = False
        if is_header:
            self.created_at = moment_of(line.get("create_date"))
            self._meet_human(line.get("user_name"))
            return
        text = _words(line.get("mes"))
        if text is None and not line.get("swipes"):
            self.notes.add("Lines without words were dropped.")
        elif len(self.messages) >= MOST_MESSAGES:
            self.notes.add(f"Only the first {MOST_MESSAGES:,} messages were read.")
        elif line.get("is_system") is True and not _is_narration(line):
            self._notice(line, text or "")
        else:
            self._message(line, text)

    def _notice(self, line: dict[str, Any], text: str) -> None:
        self.notes.add("Hidden messages became notices: the personas are not told of them.")
        self.at = moment_of(line.get("send_date")) or self.at
        shown = f"{one_line(str(line.get('name') or 'System'), LONGEST_NAME)}: {one_line(text)}"
        self.notices.append(Notice(after_id=self._parent, text=shown, created_at=self.at))

    def _message(self, line: dict[str, Any], text: str | None) -> None:
        speaker = self._speaker(line)
        if speaker is None:
            return
        texts, chosen = self._swipes(line, text)
        if not texts:
            self.notes.add("Lines without words were dropped.")
            return
        self.at = moment_of(line.get("send_date")) or self.at
        self.turns += 1
        turn = Turn(number=self.turns, speaker=speaker)
        is_said_by_model = speaker != HUMAN
        first_id = len(self.messages) + 1
        for place, one in enumerate(texts):
            message = Message(
                id=first_id + place,
                parent_id=self._parent,
                turn=turn,
                text=one,
                thinking=_thinking(line) if place == chosen and is_said_by_model else "",
                provenance=_provenance(line, place, self.notes) if is_said_by_model else None,
                is_narration=_is_narration(line),
                created_at=self._when(line, place) if len(texts) > 1 else self.at,
            )
            self.messages.append(message)
        self.chosen[self._parent] = first_id + chosen
        self._parent = first_id + chosen

    def _swipes(self, line: dict[str, Any], text: str | None) -> tuple[list[str], int]:
        """All that was said in this turn, and which of it counts."""
        raw = line.get("swipes")
        swipes = [_words(one) for one in raw] if isinstance(raw, list) else []
        place = line.get("swipe_id")
        if not (isinstance(place, int) and 0 <= place < len(swipes)):
            place = swipes.index(text) if text in swipes else len(swipes)
        if text is not None:
            swipes[place : place + 1] = [text]  # what is shown counts, even if it was edited since
        if len(swipes) > MOST_SWIPES:
            self.notes.add(f"Of some messages only {MOST_SWIPES} alternatives were kept.")
            start = max(0, min(place, len(swipes) - 1) - MOST_SWIPES + 1)
            swipes, place = swipes[start : start + MOST_SWIPES], place - start
        kept = [(index, one) for index, one in enumerate(swipes) if one is not None]
        chosen = next((at for at, (index, _) in enumerate(kept) if index == place), len(kept) - 1)
        return [one for _, one in kept], max(0, chosen)

    def _when(self, line: dict[str, Any], place: int) -> datetime:
        return moment_of(_swipe(line, place).get("send_date")) or self.at

    def _speaker(self, line: dict[str, Any]) -> str | None:
        """The slug of who speaks; None where there are too many to tell apart."""
        if _is_narration(line):
            return HUMAN
        name = _name(line.get("name"))
        if line.get("is_user") is True:
            self._meet_human(name)
            return HUMAN
        avatar = line.get("original_avatar")
        persona = self.speakers.who(name or "Nameless", avatar if isinstance(avatar, str) else "")
        return persona.slug if persona else None

    def _meet_human(self, name: object) -> None:
        if not isinstance(name, str) or name in ("", "unused"):
            return
        name = _name(name)
        if self.human_name not in ("Human", name):
            self.notes.add("The person speaks under several names: one is kept.")
        else:
            self.human_name = name


def _name(value: object) -> str:
    """A name as a label; in one normal form, so that nobody speaks under two."""
    return one_line(unicodedata.normalize("NFC", str(value or "")), LONGEST_NAME)


def _is_narration(line: dict[str, Any]) -> bool:
    """Whether it tells what happens, in the name of nobody in particular."""
    return table_of(line, "extra").get("type") == "narrator"


def _swipe(line: dict[str, Any], place: int) -> dict[str, Any]:
    """What is known of one alternative."""
    info = line.get("swipe_info")
    one = info[place] if isinstance(info, list) and place < len(info) else None
    return one if isinstance(one, dict) else {}


def _thinking(line: dict[str, Any]) -> str:
    return _words(table_of(line, "extra").get("reasoning")) or ""


def _provenance(line: dict[str, Any], place: int, notes: Notes) -> Provenance | None:
    """Which model said it, as far as the file tells; what it cost nobody knows any more."""
    about = _swipe(line, place) or line
    extra = table_of(about, "extra") or table_of(line, "extra")
    model = extra.get("model")
    if not isinstance(model, str) or not model.strip():
        return None
    began, ended = (moment_of(about.get(key)) for key in ("gen_started", "gen_finished"))
    tokens = number_of(extra, "token_count", notes, 0, 1_000_000)
    return Provenance(
        model=ModelRef(one_line(str(extra.get("api") or "imported"), 40), one_line(model, 200)),
        persona_version="",
        temperature=None,
        max_tokens=0,
        usage=Usage(output=int(tokens or 0), is_estimate=True),
        cost=None,
        cost_source=CostSource.UNKNOWN,
        first_text=None,
        duration=max(0.0, (ended - began).total_seconds()) if began and ended else 0.0,
    )


def _lines(data: bytes, notes: Notes) -> Iterator[dict[str, Any]]:
    """The objects in a file: one a line, or printed over several, or in a list."""
    broken = count = 0
    text = text_from(data, notes)
    whole = max(map(text.count, ",[{")) <= MOST_VALUES_OF_FILE
    for piece in [text] if whole else text.split("\n"):
        for one in _values(piece, notes):
            count += 1
            if count > MOST_LINES:
                notes.add(f"Only the first {MOST_LINES:,} lines were read.")
                return
            if isinstance(one, dict) and not is_deep(one):
                yield one
            else:
                broken += 1
    if broken:
        notes.add(f"{broken:,} lines could not be read and were dropped.")


def _values(text: str, notes: Notes) -> Iterator[object]:
    """The values in `text` one after the other; None in place of each that cannot be read.

    Brackets and commas between values are passed over, so that a list is as good as lines. Behind
    a broken value it goes on with the next line, as long as `_PATIENCE` lasts.
    """
    if max(map(text.count, ",[{")) > MOST_VALUES_OF_FILE:
        yield None
        return
    decoder = decoder_for(notes)
    patience = _PATIENCE
    at = 0
    while start := _VALUE.search(text, at):
        at = start.start()
        try:
            value, at = decoder.raw_decode(text, at)
            yield value
        except (json.JSONDecodeError, RecursionError) as error:
            yield None
            end = getattr(error, "pos", at + _LONGEST_NESTING)
            patience -= end - at + end // _LINES_COUNTED
            if patience < 0:
                notes.add("What follows a broken line could not be read.")
                return
            end = text.find("\n", at)
            at = len(text) if end < 0 else end


def _words(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return cut(storable(value), LONGEST_MESSAGE)


def _group(data: bytes, notes: Notes) -> dict[str, Any]:
    """What the group's own file says."""
    if not data:
        return {}
    try:
        about = parse_json(data, notes)
    except UnreadableError as error:
        notes.add(f"The file of the group {error.why}: its name and mode are not known.")
        return {}
    if not isinstance(about, dict):
        return {}
    if about.get("disabled_members"):
        notes.add("Muted members of the group are not muted here.")
    return about
