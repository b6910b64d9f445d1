"""All models of one provider: what each reads, costs and ignores."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from chimera_tui.domain.health import Health
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Lines, crop, keys, line, split
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.kit.field import LineField
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.room.model_offers import facts, fitting, listed
from chimera_tui.ui.room.model_picker import ModelRows, titles


class ModelList(Dialog[None]):
    """Shows what a provider lists.

    Args:
        health: The provider.
        is_local: Whether it runs at home.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "move(-8)", show=False, priority=True),
        Binding("pagedown", "move(8)", show=False, priority=True),
    ]

    def __init__(self, health: Health, *, is_local: bool) -> None:
        super().__init__()
        self._provider = one_line(health.provider, 40)
        self._all = listed(health, is_local=is_local)

    def compose(self) -> ComposeResult:
        """Whose, the search, the models, what is known of one."""
        with Vertical(classes="dialog -models"):
            yield Lines(self._head)
            yield LineField(placeholder="part of a name", compact=True)
            yield Lines(self._titles)
            yield ModelRows()
            yield Lines(self._foot, id="list-foot")

    def on_mount(self) -> None:
        """Show all."""
        self._rows.show(self._all)

    @property
    def _rows(self) -> ModelRows:
        return self.query_one(ModelRows)

    def _head(self, width: int) -> list[Content]:
        count = f"{len(self._rows.offers)} of {len(self._all)}"
        title = line(("The models of ", "bold"), (self._provider, "bold $primary"))
        return [split(title, line((count, "$muted")), width), Content("")]

    def _titles(self, width: int) -> list[Content]:
        rows = self._rows
        return [Content(""), titles(rows.row_width if rows.size.width else width)]

    def _foot(self, width: int) -> list[Content]:
        rows = self._rows
        about = line(
            ("It lists none; c asks again." if not self._all else "Nothing fits.", "$muted")
        )
        if rows.offers:
            offer = rows.offers[rows.cursor]
            about = line((offer.name, "bold"), (f"  {facts(offer, (0, 0))}", "$muted"))
        foot = split(Content(""), keys([("esc", "close")]), width)
        return [Content(""), crop(about, width), Content(""), foot]

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Show those that fit."""
        self._rows.show(fitting(self._all, event.value))
        self._rows.cursor = 0
        for block in self.query(Lines):
            block.refresh(layout=True)

    @on(Rows.Moved)
    def draw(self) -> None:
        """Say what there is to know of the one under the cursor."""
        self.query_one("#list-foot", Lines).refresh()

    @on(Input.Submitted)
    def stay(self) -> None:
        """There is nothing to choose here."""

    def action_move(self, by: int) -> None:
        """Move the cursor while the search keeps the focus."""
        self._rows.action_move(by)
