"""Taking files in from the room: cards for the library, conversations of other programs."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events, on, work

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.text import clean, one_line
from chimera_tui.ui.paths import IMPORT_ENDINGS, dropped_path, typed_path
from chimera_tui.ui.screens.dialog import Choose
from chimera_tui.ui.screens.room_casting import RoomCasting
from chimera_tui.ui.taking_in import take_in, tell_notes
from chimera_tui.ui.widgets.composer import Composer

if TYPE_CHECKING:
    from chimera_tui.chimera import Chimera

CONVERSATIONS = (".jsonl", ".json")
"""How files end that may hold a conversation; other endings are those of cards."""


class RoomImports(RoomCasting):
    """The actions that bring something from outside into the program."""

    async def action_import(self, name: str = "") -> None:
        """Take a persona into the library, or open a conversation, from a file."""
        if name:
            self.take_in(dropped_path(name) or typed_path(name))
            return
        from chimera_tui.ui.screens.pick_file import PickFile  # noqa: PLC0415 - at first use

        def take(path: Path | None) -> None:
            if path:
                self.take_in(path)

        question = "Import which card or conversation?"
        await self.app.push_screen(PickFile(question, IMPORT_ENDINGS, typed_path("~")), take)

    @on(Composer.Dropped)
    @work(exit_on_error=False, group="import")
    async def offer(self, event: Composer.Dropped) -> None:
        """A path was pasted, as terminals do with a file that is dropped on them."""
        if await asyncio.to_thread(event.path.is_file):
            choices = [
                ("import it", "as a persona or a conversation"),
                ("write its path", "into what you say"),
            ]
            question = f"Import {one_line(event.path.name, 40)}?"
            if await self.app.push_screen_wait(Choose(question, choices, 0)) == 0:
                await self._take_in(event.path)
                return
        self.query_one(Composer).field.put(event.text)

    def on_paste(self, event: events.Paste) -> None:
        """Where no text is written: a file was dropped, or words are meant for the composer."""
        event.stop()
        path = dropped_path(event.text)
        field = self.query_one(Composer).field
        if path and path.suffix.lower() in IMPORT_ENDINGS:
            self.take_in(path)
        elif field.focusable:
            field.put(clean(event.text))
            field.focus()
            self.app.tell("Pasted into your line.")
        else:
            self.app.tell("Nothing was pasted: nothing can be said here now.", severity="warning")

    @work(exit_on_error=False, group="import")
    async def take_in(self, path: Path) -> None:
        """Take in what is in a file, and say what was dropped of it."""
        await self._take_in(path)

    async def _take_in(self, path: Path) -> None:
        async with self.telling():
            try:
                found = await self.chimera.studio.read(path)
            except InvalidFileError as error:
                if path.suffix.lower() not in CONVERSATIONS:
                    raise
                await self._open_conversation(path, error)
            else:
                await take_in(self.app, self.chimera.studio, found)

    async def _open_conversation(self, path: Path, no_persona: InvalidFileError) -> None:
        """Take in the conversation in a file that holds no persona, as `no_persona` says."""
        try:
            imported = await self.chimera.import_conversation(path)
        except InvalidFileError as error:
            if path.suffix.lower() == CONVERSATIONS[0]:
                raise
            also = f"Nor is it a conversation: {error.problem}"
            raise InvalidFileError(no_persona.problem, hint=also) from None
        await self.open_saved(self.chimera, imported.id)
        tell_notes(self.app, "It is a conversation of yours now.", imported.notes)

    async def open_saved(self, chimera: "Chimera", conversation_id: int) -> None:
        """Show a saved conversation."""
        raise NotImplementedError
