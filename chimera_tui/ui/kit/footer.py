"""The last lines of every screen: what the keys of the focused pane do."""

from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen

from chimera_tui.ui.kit.blocks import Block, keys, line, link, split

MOST = 7
"""So many keys at the left at most."""
GAP = "   "
FIRST = {"composer.send", "pause", "resume", "topic.talk"}
"""Ids of the bindings that stand before all others."""
CHOICE = "remedy-"
"""How the ids of the number keys begin; all of them together are one key here."""
NARROW = 76
"""Cells under which only the last key stands at the right."""


class KeyFooter(Block):
    """Keys at the left in the order of their bindings, the general ones at the right.

    Args:
        right: Ids of the bindings that stand at the right edge.
        note: A sentence for the left, on a screen that shows its keys elsewhere.
    """

    def __init__(
        self,
        *,
        right: tuple[str, ...] = ("command-palette", "help"),
        note: str = "",
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(id=id)
        self._right = right
        self._note = note

    def on_mount(self) -> None:
        """Follow what the keys do as the focus moves."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def note(self, note: str) -> None:
        """Put another sentence at the left."""
        self._note = note
        self.refresh()

    def lines(self, width: int) -> list[Content]:
        """One line."""
        shown: dict[str, ActiveBinding] = {}
        everything = self.screen.active_bindings.values()
        for one in everything:
            is_shown = one.binding.show or _id(one) == "command-palette"
            if is_shown and one.enabled and one.binding.description:
                shown.setdefault(one.binding.action, one)
        right = [o for id_ in self._right for o in shown.values() if _id(o) == id_]
        if width < NARROW:
            right = right[-1:]
        end = Content(GAP).join(self._key(one) for one in right)
        if self._note:
            return [split(line((self._note, "$muted")), end, width)]
        general = {"command-palette", "help", "quit", *self._right}
        left = [one for one in shown.values() if _id(one) not in general]
        left.sort(key=lambda one: _id(one) not in FIRST)
        choices = sum(_id(one).startswith(CHOICE) and one.enabled for one in everything)
        start = keys([(f"1–{choices}", "choose")]) if choices else Content("")
        for one in left[:MOST]:
            longer = Content(GAP).join([start, self._key(one)]) if start else self._key(one)
            if longer.cell_length + len(GAP) + end.cell_length > width:
                break
            start = longer
        return [split(start, end, width)]

    def _key(self, one: ActiveBinding) -> Content:
        display = self.app.get_key_display(one.binding)
        word = "commands" if _id(one) == "command-palette" else one.binding.description
        return link(keys([(display, word)]), f"app.press({one.binding.key!r})")


def _id(one: ActiveBinding) -> str:
    if one.binding.action.endswith("command_palette"):
        return "command-palette"
    return one.binding.id or ""
