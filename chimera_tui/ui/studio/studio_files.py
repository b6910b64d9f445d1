"""What the studio takes from files and puts into them: cards, TOML, older versions."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events, work

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.history import PersonaVersion
from chimera_tui.domain.persona import Persona
from chimera_tui.ui.kit.dialog import AskText, Choose
from chimera_tui.ui.kit.paths import PERSONA_ENDINGS, dropped_persona, typed_path
from chimera_tui.ui.studio.persona_import import take_in
from chimera_tui.ui.studio.studio_try import StudioTry

if TYPE_CHECKING:
    from chimera_tui.ui.studio.persona_versions import Chosen

FORMATS = (
    ("toml", "a file of Chimera, for the folder of another person", ".toml"),
    ("png", "a picture with the card in it, for most other programs", ".png"),
    ("v2", "a card that nearly every program reads", ".json"),
    ("v3", "a card of the newer kind", ".json"),
    ("charx", "an archive with the newer card in it", ".charx"),
)
"""Names of formats, what each is good for, how its files end."""


class StudioFiles(StudioTry):
    """The part of the studio that imports, exports, and goes back to older versions."""

    # In

    async def action_import(self) -> None:
        """Choose the file of a persona to take in."""
        from chimera_tui.ui.kit.pick_file import PickFile  # noqa: PLC0415 - at first use

        def take(path: Path | None) -> None:
            if path:
                self.take_in(path)

        question = "Import which persona?"
        await self.app.push_screen(PickFile(question, PERSONA_ENDINGS, typed_path("~")), take)

    def on_paste(self, event: events.Paste) -> None:
        """A file was dropped onto the terminal, where no text is written."""
        if path := dropped_persona(event.text):
            event.stop()
            self.take_in(path)

    @work(exit_on_error=False, group="import")
    async def take_in(self, path: Path) -> None:
        """Read a file, and take the persona in it into the library."""
        try:
            found = await self._studio.read(path)
            saved = await take_in(self.app, self._studio, found)
        except ChimeraError as error:
            self.app.tell_error(error)
            return
        if saved:
            await self.after_saving(saved)

    async def after_saving(self, saved: Persona) -> None:
        """Show what is saved now, and let it hold in the rooms that are open."""
        raise NotImplementedError

    # Out

    async def action_export(self) -> None:
        """Write the persona, as it stands in the form, to a file."""
        if not self.slug:
            return
        if problems := self.book.problems(self.slug):
            self._go_to_problem(problems)
            return
        choices = [(f"{name}  {ending}", words) for name, words, ending in FORMATS]
        await self.app.push_screen(Choose("Export as what?", choices, 0), self._ask_where)

    async def _ask_where(self, index: int | None) -> None:
        if index is None:
            return
        name, words, ending = FORMATS[index]
        slug = self._studio.file_name(self.speaker().name)
        question = AskText(
            "Write it to which file?", f"{slug}{ending}", note=f"It is {words}.", done="write"
        )
        await self.app.push_screen(question, partial(self._write_out, name))

    async def _write_out(self, file_format: str, where: str | None) -> None:
        if not where:
            return
        path = typed_path(where)
        try:
            persona = self.book.persona(self.slug)
            await self._studio.export_persona(persona, file_format, path)
        except ChimeraError as error:
            self.app.tell_error(error)
        else:
            self.app.tell(f"Written to {path}.")

    # Back

    async def action_versions(self) -> None:
        """Look at what the persona was, and go back to it."""
        from chimera_tui.ui.studio.persona_versions import PersonaVersions  # noqa: PLC0415 - at first use

        saved = self.book.saved(self.slug)
        if saved is None:
            return
        if problems := self.book.problems(self.slug):
            self._go_to_problem(problems)
            return
        try:
            versions = await self._studio.versions(self.slug)
        except ChimeraError as error:
            self.app.tell_error(error)
            return
        builtin = self._library.builtin(self.slug)
        known = {version.persona for version in versions}
        more = [PersonaVersion(persona=one) for one in (saved, builtin) if one and one not in known]
        dialog = PersonaVersions(
            self.book.persona(self.slug), saved, [*versions, *dict.fromkeys(more)], builtin
        )
        await self.app.push_screen(dialog, self._use_version)

    def _use_version(self, chosen: "Chosen | None") -> None:
        if chosen is None:
            return
        if chosen.is_compared:
            self._compared_with = (chosen.when, chosen.persona)
            self.action_try()
            return
        self.keep(self.slug, self.book.write_all(self.slug, chosen.persona))
        self.draw_library()
        self.app.tell("It stands in the form: ^s saves it.")
