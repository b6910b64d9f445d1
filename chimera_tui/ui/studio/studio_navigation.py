"""Where a person is in the studio, and how they get about; what commands ask of the screen."""

from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from chimera_tui.ui.kit.closing import close, stands
from chimera_tui.ui.studio.persona_form import PersonaForm
from chimera_tui.ui.studio.persona_list import PersonaList

if TYPE_CHECKING:
    from chimera_tui.ui.studio.studio_screen import StudioScreen

PANES = {"list": "#studio-side", "form": "#studio-page", "try": "#studio-live"}
"""Of which one or two are in sight where there is no room for all."""


class StudioNavigation:
    """Moves the focus, and brings into sight what has it."""

    def __init__(self, screen: "StudioScreen") -> None:
        self._screen = screen
        self._pane = "list"
        self._last_field: Widget | None = None
        """Where in the form the cursor was last."""

    @property
    def _form(self) -> PersonaForm:
        return self._screen.query_one(PersonaForm)

    @property
    def _search(self) -> Input:
        return self._screen.query_one("#studio-search", Input)

    # What is in sight

    def show_pane(self, pane: str) -> None:
        """Bring a pane into sight, if there is no room for all."""
        self._pane = pane
        screen = self._screen
        if not stands(screen):
            return
        panes = screen.query_one("#studio")
        if not (screen.has_class("-wide") or panes.has_class(f"-{pane}")):
            panes.remove_class(*(f"-{name}" for name in PANES))
            panes.add_class(f"-{pane}")

    def lay_out(self) -> None:
        """Show the pane in use: there may be no room for all any more."""
        self.show_pane(self._pane)

    def follow_focus(self, widget: Widget) -> None:
        """Bring into sight what has the focus now."""
        above = widget.ancestors_with_self
        for pane, place in PANES.items():
            if self._screen.query_one(place) in above:
                self.show_pane(pane)
        if self._form in above:
            self._last_field = widget

    # Going somewhere

    def _go_to(self, pane: str, place: Widget) -> None:
        self.show_pane(pane)
        self._screen.call_after_refresh(place.focus)

    def go_to_form(self, key: str) -> None:
        """Put the cursor into a field."""
        self._go_to("form", self._form.field(key).control)

    def go_to_try(self) -> None:
        """Bring into sight what is answered; where that hides the form, go there."""
        self.show_pane("try")
        if not self._screen.has_class("-wide"):
            self._go_to("try", self._screen.query_one("#try-line"))

    def go_to_search(self) -> None:
        """Put the cursor into the search."""
        self._go_to("list", self._search)

    def clear_search(self) -> None:
        """Show everybody."""
        self._search.value = ""

    def step_back(self) -> bool:
        """Go back to the form, to the list, out of the search; False if that is done."""
        screen = self._screen
        persons = screen.query_one(PersonaList)
        if self._pane == "try" and not screen.has_class("-wide") and self._last_field:
            self._go_to("form", self._last_field)
        elif not persons.has_focus:
            if screen.focused is self._search:
                self.clear_search()
            self._go_to("list", persons)
        elif self._search.value:
            self.clear_search()
        else:
            return False
        return True

    def close(self) -> None:
        """Show the room again."""
        close(self._screen)

    # What is written

    @property
    def line(self) -> str:
        """What is written to be answered; empty for what was said last."""
        return self._screen.query_one("#try-line", Input).value.strip()

    def fill(self, key: str, text: str) -> None:
        """Put a value into a field, as if a person had."""
        self._form.set(key, text)
