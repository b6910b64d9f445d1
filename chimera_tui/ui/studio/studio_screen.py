"""The studio: where personas are looked at, edited, tried, made and taken away."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import WorkerCancelled, WorkerFailed

from chimera_tui.core.studio import Removed
from chimera_tui.domain.errors import ChangedElsewhereError, ChimeraError
from chimera_tui.domain.history import Sketch
from chimera_tui.domain.persona import Persona
from chimera_tui.library.library import Origin
from chimera_tui.ui.kit.closing import close
from chimera_tui.ui.kit.dialog import Choose
from chimera_tui.ui.kit.palette import ScreenPalette
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.studio.studio_files import StudioFiles
from chimera_tui.ui.studio.studio_lines import PANES

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera

MOST_UNDONE = 20
"""Acts that can be undone."""


class StudioScreen(StudioFiles):
    """All personas at the left, one of them in a form, its card and what it says at the right."""

    CSS_PATH = "studio.tcss"
    COMMANDS = {ScreenPalette}  # noqa: RUF012 - Textual declares it so
    AUTO_FOCUS = "#studio-list"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", id="studio.save", priority=True),
        Binding("ctrl+t", "try", "try it", id="studio.try", priority=True),
        Binding("ctrl+n,n", "new", "new", id="studio.new", key_display="^n"),
        Binding("d", "duplicate", "duplicate", id="studio.duplicate"),
        Binding("v", "versions", "versions", id="studio.versions"),
        Binding("delete", "remove", "delete", id="studio.delete"),
        Binding("u", "undo", "undo", id="studio.undo"),
        Binding("i,ctrl+o", "import", "import", id="studio.import", key_display="i"),
        Binding("x", "export", "export", id="studio.export"),
        Binding("b", "reset", "back to the built-in one", show=False, id="studio.reset"),
        Binding("z", "revert", "drop the edits", show=False, id="studio.revert"),
        Binding(
            "f6", "model", "choose what plays it", show=False, id="studio.model", priority=True
        ),
        Binding("slash", "search", "search", show=False, id="studio.search"),
        Binding("escape", "back", "back", key_display="esc", id="back"),
        Binding("question_mark,f1", "help", "help", show=False, id="help"),
    ]

    def __init__(self, chimera: "Chimera", slug: str = "") -> None:
        super().__init__(chimera, slug)
        self._undone: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        """What can be undone: in words, and how."""
        self._last_field: Widget | None = None
        """Where in the form the cursor was last."""

    # Moving about

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """What has the focus is in sight."""
        for pane, place in zip(
            PANES, ("#studio-side", "#studio-page", "#studio-live"), strict=True
        ):
            if self.query_one(place) in event.widget.ancestors_with_self:
                self.show_pane(pane)
        if self.form in event.widget.ancestors_with_self:
            self._last_field = event.widget
        self.query_one("#studio-actions").refresh()

    @on(Rows.Chosen, "#studio-list")
    def edit_current(self) -> None:
        """Enter goes to the form."""
        if self.slug:
            self._go_to("form", self.form.field("name").control)

    def _go_to(self, pane: str, place: Widget) -> None:
        self.show_pane(pane)
        self.call_after_refresh(place.focus)

    @on(Input.Submitted, "#studio-search")
    def leave_search(self) -> None:
        """Enter goes to those that were found."""
        self.persons.focus()

    def action_search(self) -> None:
        """Look for somebody."""
        self._go_to("list", self.query_one("#studio-search"))

    def action_try(self) -> None:
        """Let the persona answer, as it is saved and as it stands in the form."""
        super().action_try()
        if self._is_trying and not self.has_class("-wide"):
            self._go_to("try", self.query_one("#try-line"))

    def action_back(self) -> None:
        """Stop who speaks; else back to the form, to the list, out of the search, to the room."""
        search = self.query_one("#studio-search", Input)
        if self.stop_trying():
            return
        if self._pane == "try" and not self.has_class("-wide") and self._last_field:
            self._go_to("form", self._last_field)
        elif not self.persons.has_focus:
            if self.focused is search:
                search.value = ""
            self._go_to("list", self.persons)
        elif search.value:
            search.value = ""
        else:
            self._leave()

    @work(exit_on_error=False)
    async def _leave(self) -> None:
        await self.leave()
        close(self)
        if count := len(self.book.sketches):
            edits = f"{count} edit{'s are' if count > 1 else ' is'} not saved, and kept"
            how_long = "" if self._studio.keeps_sketches else " until Chimera ends"
            self.app.tell(f"{edits}{how_long}: the studio shows {'them' if count > 1 else 'it'}.")

    async def leave(self) -> None:
        """Keep all that was written, before this screen or the program ends."""
        for keeping in [worker for worker in self.workers if worker.group == "keep"]:
            with suppress(WorkerFailed, WorkerCancelled):
                await keeping.wait()
        try:
            for sketch in self.book.sketches.values():
                await self._studio.keep_sketch(sketch)
        except ChimeraError as error:
            self.app.tell_error(error)

    async def action_help(self) -> None:
        """Show the keys."""
        await self.app.open.help()

    # Saving

    def action_save(self) -> None:
        """Save what stands in the form: it holds from the next turn on wherever it is cast."""
        if self.slug in self.book.sketches:
            if problems := self.book.problems(self.slug):
                self._go_to_problem(problems)
            else:
                self._save(self.slug)

    @work(exit_on_error=False, group="save")
    async def _save(self, slug: str) -> None:
        name = self.book.fields(slug)["name"]
        own_slug = slug if self.book.saved(slug) or self.book.sketches[slug].base else ""
        persona = self.book.persona(slug, own_slug=own_slug or self._studio.free_slug(name))
        over = self.book.base(slug)
        try:
            try:
                saved = await self._studio.save(persona, over)
            except ChangedElsewhereError as error:
                if not await self._asked_to_keep_mine(slug, error):
                    return
                saved = await self._studio.save(persona, self.book.saved(slug), anyway=True)
        except ChimeraError as error:
            self.app.tell_error(error)
            return
        self.book.drop(slug)
        self.keep(slug, None)
        await self.after_saving(saved)
        self.app.tell(f"{saved.name} is saved.{self._where(saved)}")

    async def _asked_to_keep_mine(self, slug: str, error: ChimeraError) -> bool:
        """Ask which definition is to hold; say whether it is the one in the form."""
        choices = [
            ("keep mine", "theirs stays among the versions"),
            ("take theirs", "u brings my edits back"),
        ]
        index = await self.app.push_screen_wait(Choose(error.problem, choices, 0))
        if index == 1:
            self._throw_away(slug)
        self.draw_library()
        return index == 0

    async def after_saving(self, saved: Persona) -> None:
        """Show what is saved now, and let it hold in the rooms that are open."""
        for room in self.app.open.live_rooms():
            await room.cast.recast(saved)
        self.slug = saved.slug
        self.draw_library()

    def _where(self, saved: Persona) -> str:
        """In which open room it holds."""
        for room in self.app.open.live_rooms():
            if any(one.persona.original == saved.slug for one in room.conversation.cast):
                return " In the room it speaks so from its next turn on."
        return ""

    # Making

    def action_new(self) -> None:
        """Begin a new persona."""
        self._begin(self.book.begin())

    def action_duplicate(self) -> None:
        """Begin one that is like this one."""
        if self.slug:
            fields = self.book.fields(self.slug)
            self._begin(self.book.begin({**fields, "name": f"{fields['name']} 2"}))

    def _begin(self, sketch: Sketch) -> None:
        self.query_one("#studio-search", Input).value = ""
        self.keep(sketch.slug, sketch)
        self.slug = sketch.slug
        self.draw_library()
        self._go_to("form", self.form.field("name").control)

    # Taking away

    def action_revert(self) -> None:
        """Drop the edits: what is saved stands again."""
        if self.slug in self.book.sketches:
            self._throw_away(self.slug)
            self.app.tell("The edits are dropped: u brings them back.")

    def _throw_away(self, slug: str) -> None:
        sketch = self.book.drop(slug)
        self.keep(slug, None)
        if sketch:

            async def take_up() -> None:
                self.book.put(sketch)
                self.keep(slug, sketch)
                self.slug = slug

            self._can_undo("The edits are back.", take_up)
        self.draw_library()

    async def action_remove(self) -> None:
        """Take the persona, or a file that cannot be read, out of the library."""
        if self._broken and self._broken.path:
            await self._remove(self._broken.slug)
        elif self.slug in self.book.sketches and not self.book.saved(self.slug):
            self._throw_away(self.slug)
            self.app.tell("It is dropped: u brings it back.")
        elif self.slug and self._library.origin(self.slug) is Origin.BUILTIN:
            what = "What is built in stays. Edit it: yours takes its place."
            self.app.tell(what, severity="warning")
        elif self.slug:
            await self._remove(self.slug)

    async def action_reset(self) -> None:
        """Let the built-in persona stand again in the place of the person's own."""
        if self.check_action("reset", ()):
            await self._remove(self.slug)

    async def _remove(self, slug: str) -> None:
        """Remove a file; it can be brought back."""
        broken = self._broken.path if self._broken else None
        try:
            removed = await self._studio.remove(broken or self._library.file(slug))
        except ChimeraError as error:
            self.app.tell_error(error)
            return

        async def bring_back() -> None:
            await self._studio.bring_back(removed)
            await self._after_removal(removed)

        self._can_undo(f"{removed.name} is back.", bring_back)
        self._throw_away_of(removed.slug)
        await self._after_removal(removed)
        is_built_in = removed.slug in self._library.personas
        what = "is as it was built in" if is_built_in else "is deleted"
        self.app.tell(f"{removed.name} {what}: u undoes that.")

    def _throw_away_of(self, slug: str) -> None:
        if slug in self.book.sketches:
            self._throw_away(slug)

    async def _after_removal(self, removed: Removed) -> None:
        """Show and cast what the library holds now."""
        if saved := self._library.personas.get(removed.slug):
            await self.after_saving(saved)
        else:
            self.draw_library()

    # Undoing

    def _can_undo(self, words: str, how: Callable[[], Awaitable[None]]) -> None:
        self._undone = [*self._undone[1 - MOST_UNDONE :], (words, how)]
        self.refresh_bindings()

    async def action_undo(self) -> None:
        """Undo the last removal, or bring the edits back that were dropped last."""
        if not self._undone:
            return
        words, undo = self._undone.pop()
        try:
            await undo()
        except ChimeraError as error:
            self.app.tell_error(error)
            return
        self.draw_library()
        self.app.tell(words)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say which actions there are now; the footer and the palette show only those."""
        if (available := AVAILABLE.get(action)) is not None:
            return available(self)
        return super().check_action(action, parameters)

    @property
    def is_edited(self) -> bool:
        """Whether something stands in the form that is not saved."""
        return self.slug in self.book.sketches

    def is_own(self, *origins: Origin) -> bool:
        """Whether the persona lies in a file of the person's, of one of these origins."""
        saved = self.book.saved(self.slug)
        return saved is not None and self._library.origin(self.slug) in origins

    @property
    def is_removable(self) -> bool:
        """Whether there is something to delete."""
        is_new = self.is_edited and self.book.saved(self.slug) is None
        return is_new or self._broken is not None or self.is_own(Origin.OWN, Origin.CHANGED)

    @property
    def can_undo(self) -> bool:
        """Whether anything was done that can be undone."""
        return bool(self._undone)


AVAILABLE: dict[str, Callable[[StudioScreen], bool]] = {
    **dict.fromkeys(("save", "revert"), lambda screen: screen.is_edited),
    **dict.fromkeys(("try", "duplicate", "export", "model"), lambda screen: bool(screen.slug)),
    "versions": lambda screen: screen.book.saved(screen.slug) is not None,
    "reset": lambda screen: screen.is_own(Origin.CHANGED),
    "undo": lambda screen: screen.can_undo,
    "remove": lambda screen: screen.is_removable,
}
"""When there is something to do for an action; one that is not here can always be done."""
