"""What the keys do: those of the focused pane first, then all others."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen

from chimera_tui.ui.kit.blocks import Lines, fit, keys, line, split
from chimera_tui.ui.kit.bound_keys import bindings_of
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.room.commands import COMMANDS

TEXTUALS = {"app.focus_next", "app.focus_previous", "screen.copy_text"}
"""What every screen of Textual binds; the notes tell of it."""


class HelpScreen(Dialog[None]):
    """All keys and commands of a screen.

    Args:
        of: The screen it is about; what has the focus there comes first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1,q", "keep", "close", show=False)
    ]

    def __init__(self, of: Screen[object]) -> None:
        super().__init__()
        self._pane = _pane_keys(of)
        self._keys = _keys_by_id(of)
        self._has_commands = "next" in self._keys  # the room's
        self._own = [] if self._has_commands else _screen_keys(of, self._keys)

    def compose(self) -> ComposeResult:
        """Head, keys, notes."""
        with Vertical(classes="dialog -help"):
            yield Lines(self._head)
            with VerticalScroll(classes="dialog-scroll"):
                yield Lines(self._body)

    def _head(self, width: int) -> list[Content]:
        return [
            split(line(("Keys and commands", "bold")), keys([("esc", "close")]), width),
            Content(""),
        ]

    def _body(self, width: int) -> list[Content]:
        lines: list[Content] = []
        if self._pane:
            lines.append(line(("Here", "bold $primary")))
            lines += [_row(key, words, "") for key, words in self._pane]
            lines.append(Content(""))
        if self._has_commands:
            lines.append(line(("In the room", "bold $primary")))
            lines += [
                _row(self._keys.get(command.name, ""), command.words, command.usage)
                for command in COMMANDS.by_name.values()
            ]
            lines.append(Content(""))
        if self._own:
            lines.append(line(("On this screen", "bold $primary")))
            lines += [_row(key, words, "") for key, words in self._own]
            lines.append(Content(""))
        for title, words in _notes(self.app.key_of):
            lines.append(line((fit(title, 12), "bold"), (words, "$muted")))
        return [one.truncate(width, ellipsis=True) for one in lines]


def _notes(key_of: Callable[[str], str]) -> list[tuple[str, str]]:
    """What else is good to know, with the keys that are bound."""
    copy, undo, leave, stop = map(key_of, ("copy-selection", "undo-text", "quit", "suspend"))
    return [
        (
            "Copying",
            f"Select with the mouse, then {copy};"
            f" {key_of('copy')} copies the message as it was written.",
        ),
        ("", "Hold shift to select as your terminal does. Every copy says which way it went."),
        (
            "Writing",
            f"{key_of('pause').capitalize()} in an empty line pauses and goes on."
            " // begins a text with a slash.",
        ),
        ("", f"{undo} takes back what was written last."),
        ("Leaving", f"{leave} leaves; {stop} stops, and `fg` goes on, where a shell can do that."),
        (
            "Moving",
            f"Tab goes from pane to pane; {key_of('stop')} closes what is open, stops who speaks.",
        ),
    ]


def _row(key: str, words: str, command: str) -> Content:
    return line((fit(key, 12), "bold"), fit(words, 34), (command, "$muted"))


def _pane_keys(screen: Screen[object]) -> list[tuple[str, str]]:
    """The keys of what has the focus, joined where several do the same."""
    pane = screen.focused or screen
    display = screen.app.get_key_display
    own: dict[str, list[str]] = {}
    for active in screen.active_bindings.values():
        if active.node is pane and active.binding.action not in TEXTUALS:
            own.setdefault(active.binding.description, []).append(display(active.binding))
    return [(" ".join(found[:3]), words) for words, found in own.items()]


def _screen_keys(screen: Screen[object], keys_by_id: Mapping[str, str]) -> list[tuple[str, str]]:
    """The keys of a screen that is no room, each with what it does."""
    bindings = [binding for _, binding in screen._bindings]  # noqa: SLF001 - in their order
    found = ((keys_by_id[b.id], b.tooltip or b.description) for b in bindings if b.id)
    return list(dict.fromkeys(found))


def _keys_by_id(screen: Screen[object]) -> dict[str, str]:
    """How the keys of each command are shown, as they are now."""
    display = screen.app.get_key_display
    found: dict[str, list[str]] = {}
    for binding in (*bindings_of(screen), *bindings_of(screen.app)):
        if binding.id:
            found.setdefault(binding.id, []).append(display(binding))
    return {id_: " ".join([*dict.fromkeys(shown)][:2]) for id_, shown in found.items()}
