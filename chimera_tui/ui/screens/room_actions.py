"""What a person can do in a room: one method for each command of the table."""

import os
from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path

from textual import on

from chimera_tui.domain.conversation import Conversation, Failure, Message
from chimera_tui.ui.adapter import Remedy, key_of, remedies
from chimera_tui.ui.commands import COMMANDS, Command
from chimera_tui.ui.entries import MessageEntry, Unseen
from chimera_tui.ui.screens.dialog import AskText
from chimera_tui.ui.screens.room_deleting import RoomDeleting
from chimera_tui.ui.widgets.transcript import Transcript

BY_KEY = {key: command.action for command in COMMANDS for key in command.key.split(",")}
"""The actions of the keys that stand under a message."""


class RoomActions(RoomDeleting):
    """The actions of the room screen; they call the room, and the room's events draw."""

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
                await self.pick_model(failure.turn.speaker, then_retry=True)
            case Remedy.KEY:
                await self._set_key(failure)
            case Remedy.LOOK:
                await self.action_providers(_provider_of(failure))

    async def _set_key(self, failure: Failure) -> None:
        """Set a key for who failed; where it is taken, the turn is taken again."""

        async def again(is_taken: bool | None) -> None:  # noqa: FBT001 - what a dialog gives back
            if is_taken and self.scene and self.scene.failure == failure:
                await self.action_retry()

        await self.app.ask_key(_provider_of(failure), again)

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

    # What was said

    def action_thought(self, key: Hashable = None) -> None:
        """Show what was thought before the focused message, or the last; or fold it again."""
        if key is None and (message := self.focused_message()):
            key = key_of(message.turn)
        item = self.stage.shown.get(key)
        entry = item.made() if isinstance(item, Unseen) else item
        if not isinstance(entry, MessageEntry) or not entry.thinking:
            self.app.tell("No thoughts came with this message.")
            return
        self.stage.put(replace(entry, is_unfolded=not entry.is_unfolded))
        self.transcript.focus_entry(key)

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
                f"{_who(message, conversation)}:\n{message.text}"
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

    @on(Transcript.ActionChosen)
    async def act_on_entry(self, event: Transcript.ActionChosen) -> None:
        """An action under a message was clicked: its key acts on that message."""
        self.transcript.focus_entry(event.key)
        if event.action == "t":
            self.action_thought(event.key)
        else:
            await self.run_action(BY_KEY[event.action])

    async def action_help(self) -> None:
        """Show the keys of the focused pane, and all others."""
        await self.app.show_help()

    async def action_theme(self, name: str = "") -> None:
        """Choose the colours."""
        if name:
            self.app.choose_theme(name)
        else:
            await self.app.search_themes()


def _who(message: Message, conversation: Conversation) -> str:
    """Who said it, and to whom if not to all."""
    name = conversation.name_of(message.turn.speaker)
    if message.is_narration:
        return f"{name} (narration)"
    return f"{name} (to {conversation.name_of(message.to)} alone)" if message.to else name


def _path(name: str) -> Path:
    return Path(os.path.expanduser(name)).absolute()  # noqa: PTH111 - Path's raises for no home


def _provider_of(failure: Failure) -> str:
    return failure.model.provider if failure.model else ""
