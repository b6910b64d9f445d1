"""Several transcripts of one room stay alike."""

from collections.abc import Hashable, Iterable

from chimera_tui.ui.transcript.entries import Chip, Entry, Item, MessageEntry, Speaker, Unseen
from chimera_tui.ui.transcript.transcript_group import MANY, Stage


class Page:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.texts: dict[Hashable, str] = {}
        self.chips: dict[Hashable, tuple[Chip, ...]] = {}
        self.calls: list[str] = []

    def load(self, entries: Iterable[Item]) -> None:
        self.calls.append("load")
        self.texts = {entry.key: _text(entry) for entry in entries}

    def add(self, entry: Entry, *, before: Hashable = None) -> None:
        self.calls.append(f"add {entry.key}")
        self.texts[entry.key] = _text(entry)

    def replace(self, key: Hashable, entry: Entry) -> None:
        self.calls.append(f"replace {key}")
        self.texts[key] = _text(entry)

    def discard(self, key: Hashable) -> None:
        self.calls.append(f"discard {key}")
        del self.texts[key]

    def stream(self, key: Hashable, text: str) -> None:
        self.texts[key] += text

    def set_chips(self, key: Hashable, chips: tuple[Chip, ...]) -> None:
        self.chips[key] = chips

    def source_of(self, key: Hashable) -> str:
        return self.texts[key]


def _text(entry: Item) -> str:
    assert isinstance(entry, MessageEntry | Unseen)
    return entry.text


def said(key: str, text: str = "", *, is_live: bool = False) -> MessageEntry:
    return MessageEntry(key=key, speaker=Speaker(name="Ada"), text=text or key, is_live=is_live)


def a_stage(*keys: str) -> tuple[Stage, Page]:
    page = Page()
    stage = Stage(page)
    stage.load([said(key) for key in keys])
    page.calls.clear()
    return stage, page


def test_an_entry_is_put_once_then_in_its_place() -> None:
    stage, page = a_stage()
    stage.put(said("a", "One"))
    stage.put(said("a", "Two"))
    assert (page.calls, page.texts) == (["add a", "replace a"], {"a": "Two"})


def test_a_column_shows_only_what_it_accepts() -> None:
    stage, page = a_stage("a", "b")
    column = Page()
    stage.join(column, lambda key: key == "b")
    stage.stream("b", "!")
    stage.put(said("a", "Anew"))
    stage.set_chips("b", (Chip(label="x"),))
    assert (column.texts, column.chips) == ({"b": "b!"}, {"b": (Chip(label="x"),)})
    stage.leave()
    stage.drop("b")
    assert column.texts == {"b": "b!"}
    assert page.texts == {"a": "Anew"}


def test_a_column_that_joins_sees_what_is_being_said() -> None:
    stage, _ = a_stage()
    stage.put(said("a", "Now ", is_live=True))
    stage.stream("a", "this")
    column = Page()
    stage.join(column, lambda _key: True)
    assert column.texts == {"a": "Now this"}


def test_dropping_what_is_not_there_does_nothing() -> None:
    stage, page = a_stage("a")
    stage.drop("z")
    assert page.calls == []


def test_sync_touches_only_what_differs() -> None:
    stage, page = a_stage("a", "b", "c", "d")
    stage.sync([said("a"), said("b", "Anew"), said("e")])
    assert page.calls == ["discard c", "discard d", "replace b", "add e"]
    assert page.texts == {"a": "a", "b": "Anew", "e": "e"}


def test_sync_leaves_in_its_place_what_only_stood_in_another_order() -> None:
    stage, page = a_stage("reply", "human")
    stage.sync([said("human"), said("reply")])
    assert page.calls == []


def test_sync_puts_what_is_being_said_behind_what_is_new() -> None:
    stage, page = a_stage("a", "live")
    stage.sync([said("a"), said("new"), said("live")])
    assert list(page.texts) == ["a", "new", "live"]


def test_a_great_change_is_shown_anew() -> None:
    stage, page = a_stage("a", *(str(number) for number in range(MANY + 1)))
    stage.sync([said("a")])
    assert page.calls == ["load"]


def test_what_was_never_drawn_is_compared_by_its_text() -> None:
    stage, page = a_stage()
    stage.load([Unseen("a", "One", lambda: said("a", "One"))])
    page.calls.clear()
    stage.sync([Unseen("a", "One", lambda: said("a", "One"))])
    assert page.calls == []
    stage.sync([Unseen("a", "Two", lambda: said("a", "Two"))])
    assert (page.calls, page.texts) == (["replace a"], {"a": "Two"})
