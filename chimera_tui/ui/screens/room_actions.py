"""What a person can do in a room: one method for each command of the table."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chimera_tui.domain.conversation import HUMAN, Message, ModelRef
from chimera_tui.domain.errors import ChimeraError, UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.domain.text import one_line
from chimera_tui.engine.turn_taking import MODES
from chimera_tui.ui.adapter import Remedy, key_of, remedies
from chimera_tui.ui.commands import Command
from chimera_tui.ui.screens.dialog import AskText, Choose
from chimera_tui.ui.screens.model_picker import ModelPicker
from chimera_tui.ui.screens.room_view import RoomView

if TYPE_CHECKING:
    from chimera_tui.chimera import Chimera
    from chimera_tui.engine.room import Room

MODE_WORDS = {
    "random": "whoever likes to talk, nobody twice running",
    "round_robin": "everyone in turn",
}
"""What each mode means; one without words here is shown by its name alone."""
PACES = (("instant", 0.0), ("quick", 0.5), ("human", 1.0), ("slow", 2.0))


class RoomActions(RoomView):
    """The actions of the room screen; they call the room, and the room's events draw."""

    chimera: "Chimera"
    room: "Room | None" = None

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Show an error of ours as what it is: a sentence, and what to do."""
        try:
            yield
        except ChimeraError as error:
            self.app.tell_error(error)

    async def perform(self, command: Command, argument: str) -> None:
        """Do a `/` command."""
        if self.check_action(command.action, ()) is False:
            self.app.tell(f"`/{command.name}` has nothing to act on now.", severity="warning")
        elif argument and command.argument:
            async with self.telling():
                await getattr(self, f"action_{command.action}")(argument)
        else:
            await self.run_action(command.action)

    # The course of the room

    async def action_pause(self) -> None:
        """Begin no more turns."""
        if self.room:
            async with self.telling():
                await self.room.pause()

    async def action_resume(self) -> None:
        """Go on."""
        if self.room:
            async with self.telling():
                await self.room.resume()

    def action_next(self) -> None:
        """Let the next one speak, even when paused."""
        if self.room:
            self.room.next()

    async def action_again(self) -> None:
        """Ask for another answer in place of the focused message, or of the last."""
        if self.room and (message := self.focused_message()):
            if self.scene and message == self.scene.tree.tip:
                self.transcript.jump_to_end()
            async with self.telling():
                await self.room.retry(message.id)

    async def action_retry(self) -> None:
        """Take the failed turn again."""
        if self.room:
            async with self.telling():
                await self.room.retry()

    async def action_skip(self) -> None:
        """Go on without the failed turn."""
        if self.room:
            async with self.telling():
                await self.room.skip()

    async def action_keep(self) -> None:
        """Keep the part that was said."""
        if self.room:
            async with self.telling():
                await self.room.keep()

    async def action_remedy(self, number: int) -> None:
        """Choose a remedy by its number."""
        failure = self.scene.failure if self.scene else None
        if failure is None or number > len(choices := remedies(failure)):
            return
        match choices[number - 1]:
            case Remedy.RETRY:
                await self.action_retry()
            case Remedy.SKIP:
                await self.action_skip()
            case Remedy.KEEP:
                await self.action_keep()
            case Remedy.MODEL:
                await self._pick_model(failure.turn.speaker, then_retry=True)

    async def action_older(self) -> None:
        """Show the answer before this one; the column before those in sight."""
        await self._choose_answer(-1)

    async def action_newer(self) -> None:
        """Show the answer after this one; the column after those in sight."""
        await self._choose_answer(1)

    async def _choose_answer(self, by: int) -> None:
        if columns := self.columns:
            columns.move(by)
            return
        if self.room is None or (message := self.focused_message()) is None:
            return
        answers = self.room.tree.alternatives(message)
        place = answers.index(message.id) + by
        if 0 <= place < len(answers):
            async with self.telling():
                await self.room.choose(answers[place])

    # The room itself

    async def action_rename(self, title: str = "") -> None:
        """Give the conversation another title."""
        if title:
            await self._rename(title)
        elif self.scene:
            question = AskText(
                "What is this room called?",
                self.scene.conversation.title,
                note="The topic stays what it was.",
                done="rename",
            )
            await self.app.push_screen(question, self._rename)

    async def _rename(self, title: str | None) -> None:
        if title and self.room:
            async with self.telling():
                await self.room.rename(title)

    async def action_mode(self, name: str = "") -> None:
        """Choose who speaks next, and how."""
        if self.room is None:
            return
        if name:
            async with self.telling():
                await self.room.set_mode(name.replace(" ", "_").casefold())
            return
        names = list(MODES)
        choices = [(name.replace("_", " "), MODE_WORDS.get(name, "")) for name in names]
        current = names.index(self.room.conversation.mode)

        async def use(index: int | None) -> None:
            if index is not None:
                await self.action_mode(names[index])

        await self.app.push_screen(Choose("Who speaks next?", choices, current), use)

    async def action_pace(self, pace: str = "") -> None:
        """Choose how fast they speak."""
        if self.room is None:
            return
        if pace:
            async with self.telling():
                await self.room.set_pace(_pace(pace))
            return
        now = self.room.conversation.pace
        nearest_to_now = min(range(len(PACES)), key=lambda index: abs(PACES[index][1] - now))

        async def use(index: int | None) -> None:
            if index is not None:
                await self.action_pace(str(PACES[index][1]))

        choices = [(name, f"{factor:g} of a human's pauses") for name, factor in PACES]
        await self.app.push_screen(Choose("How fast?", choices, nearest_to_now), use)

    async def action_models(self, argument: str = "") -> None:
        """Choose who plays a persona; `@persona provider/model` does it at once."""
        if self.room is None:
            return
        who, _, model = argument.strip().rpartition(" ")
        if argument and "/" in model:
            async with self.telling():
                await self.room.assign(self._persona(who), ModelRef.parse(model))
        elif argument:
            async with self.telling():
                await self._pick_model(self._persona(argument))
        else:
            message = self.focused_message()
            await self._pick_model(message.turn.speaker if message else "")

    def _persona(self, name: str) -> str:
        """The slug of the persona of this room called `name`."""
        cast = [one.persona for one in self.scene.conversation.cast] if self.scene else []
        wanted = name.strip().removeprefix("@").casefold()
        for persona in cast:
            if wanted in {persona.slug, persona.name.casefold(), persona.short_name.casefold()}:
                return persona.slug
        slugs = [persona.slug for persona in cast]
        raise UnknownError(f"`{name}` is not in this room.", hint=nearest(wanted, slugs))

    async def _pick_model(self, slug: str, *, then_retry: bool = False) -> None:
        room, scene = self.room, self.scene
        if room is None or scene is None:
            return
        known = [row.slug for row in scene.cast_rows()]
        picker = ModelPicker(
            scene.cast_rows(),
            list(self.chimera.health.values()),
            slug if slug in known else known[0],
        )

        async def use(choice: tuple[str, ModelRef | None] | None) -> None:
            if choice is None:
                return
            async with self.telling():
                await room.assign(*choice)
                if then_retry:
                    await room.retry()

        await self.app.push_screen(picker, use)

    async def action_new_room(self) -> None:
        """Choose topic and people for another room."""
        cast = self.scene.conversation.cast if self.scene else ()
        await self.app.new_room(slugs=tuple(one.persona.slug for one in cast))

    def action_providers(self) -> None:
        """Ask the providers how they are."""
        self.app.look_again()

    # What was said

    def focused_message(self) -> Message | None:
        """The message under the cursor of the transcript, else the last one of a persona."""
        if self.scene is None:
            return None
        path = self.scene.tree.path
        focused = self.transcript.focused_key
        for message in path:
            if key_of(message.turn) == focused:
                return message
        last = path[-1] if path else None
        return last if last and last.turn.speaker != HUMAN else None

    def action_copy(self) -> None:
        """Copy the focused message, or the last one, as it was written."""
        focused = self.transcript.focused_key
        if focused is None and self.scene and self.scene.tree.tip:
            focused = key_of(self.scene.tree.tip.turn)
        if focused is not None and (text := self.stage.source_of(focused)):
            self.app.copy(text, "the message")

    def action_copy_all(self) -> None:
        """Copy the whole conversation as plain text with names."""
        if self.scene and self.scene.tree.path:
            conversation = self.scene.conversation
            said = (
                f"{conversation.name_of(message.turn.speaker)}:\n{message.text}"
                for message in self.scene.tree.path
            )
            self.app.copy("\n\n".join(said), f"{len(self.scene.tree.path)} messages")

    async def action_export(self, name: str = "") -> None:
        """Write the conversation to a file."""
        if self.scene is None:
            return
        if name:
            await self._export(name)
            return
        title = "".join(c if c.isalnum() else "-" for c in self.scene.conversation.title.casefold())
        proposed = "-".join(part for part in title.split("-") if part)[:60] or "conversation"
        question = AskText(
            "Write the conversation to which file?",
            f"{proposed}.md",
            note="Ends in .md for reading, in .json for programs.",
            done="write",
        )
        await self.app.push_screen(question, self._export)

    async def _export(self, name: str | None) -> None:
        from chimera_tui.formats import format_of  # noqa: PLC0415 - not before the first paint

        if name and self.scene:
            path = _path(name)
            async with self.telling():
                await self.chimera.export(self.scene.conversation.id, format_of(path), path)
                self.app.tell(f"Written to {path}.")

    async def action_help(self) -> None:
        """Show the keys of the focused pane, and all others."""
        await self.app.show_help()

    async def action_theme(self, name: str = "") -> None:
        """Choose the colours."""
        if name:
            self.app.choose_theme(name)
        else:
            await self.app.search_themes()


def _path(name: str) -> Path:
    return Path(os.path.expanduser(name)).absolute()  # noqa: PTH111 - Path's raises for no home


def _pace(text: str) -> float:
    names = dict(PACES)
    try:
        return names[text] if text in names else float(text)
    except ValueError:
        raise UnknownError(
            f"`{one_line(text)}` is no pace.", hint="0 is instant, 1 human, 2 slow."
        ) from None
