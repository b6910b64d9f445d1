"""What a person does to what was said: to whom it is said, edit, delete, branch, choose."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from textual import work

from chimera_tui.domain.conversation import Message
from chimera_tui.domain.text import one_line
from chimera_tui.ui.adapter import key_of, message_entry
from chimera_tui.ui.blocks import Part, line
from chimera_tui.ui.measures import Measures
from chimera_tui.ui.screens.dialog import Choose
from chimera_tui.ui.screens.room_imports import RoomImports
from chimera_tui.ui.widgets.composer import Composer
from chimera_tui.ui.widgets.side import VitalsPanel

NARRATION = "*"
"""Stands for everybody where words are told as nobody's; no slug is written so."""
MOST_UNDONE = 100
"""Steps that can be taken back."""


@dataclass(frozen=True, slots=True)
class Undo:
    """A step that can be taken back."""

    done: str
    """What is so again then, a sentence."""
    room: object
    """The room it was done in; another one cannot take it back."""
    back: Callable[[], Awaitable[object]]


class RoomAmending(RoomImports):
    """The actions on messages; they call the room, and the room's events draw."""

    def __init__(self) -> None:
        super().__init__()
        self._aim = ""
        """Who alone is to know what is written next: a slug, `NARRATION`, or all."""
        self._undone: list[Undo] = []

    # To whom

    async def speak(self, text: str) -> None:
        """Say what was written to whom it is meant; then everybody hears again."""
        if self.room is None:
            return
        if self._aim == NARRATION:
            await self.room.narrate(text)
        else:
            await self.room.say(text, to=self._aim)
        self.aim("")
        self.transcript.jump_to_end()

    def aim(self, slug: str) -> None:
        """Let what is written next be for one persona alone, for nobody (`NARRATION`), for all."""
        self._aim = slug
        parts: list[Part] = []
        if slug == NARRATION:
            parts = [("narrate ", "italic $muted")]
        elif slug and self.scene:
            speaker = self.scene.speakers[slug]
            name = (speaker.name, f"bold $persona-{speaker.hue}")
            parts = [("to ", "$muted"), name, (" alone ", "$muted")]
        self.query_one(Composer).address(line(*parts))

    def close_overlay(self) -> bool:
        """Close what lies over the transcript; then let what is written be for all again."""
        if super().close_overlay():
            return True
        if self._aim:
            self.aim("")
            return True
        return False

    async def action_whisper(self, argument: str = "") -> None:
        """Tell one persona alone: `@persona text`; without a text, what is written next."""
        if self.room is None or self.scene is None:
            return
        if argument:
            slug, text = self._addressee(argument)
            if text:
                await self.room.say(text, to=slug)
            else:
                self._write_to(slug)
            return
        message = self.focused_message()
        cast = self.scene.cast_rows()
        focused = message.turn.speaker if message else ""
        current = next((i for i, row in enumerate(cast) if row.slug == focused), 0)

        async def use(index: int | None) -> None:
            if index is not None:
                self._write_to(cast[index].slug)

        choices = [(row.speaker.name, row.model) for row in cast]
        await self.app.push_screen(Choose("Who alone is to know?", choices, current), use)

    async def action_narrate(self, text: str = "") -> None:
        """Tell what happens, as nobody in particular; without a text, what is written next."""
        if self.room is None:
            return
        if text:
            async with self.telling():
                await self.room.narrate(text)
        else:
            self._write_to(NARRATION)

    def _write_to(self, slug: str) -> None:
        self.aim(slug)
        self.query_one(Composer).field.focus()

    def _addressee(self, argument: str) -> tuple[str, str]:
        """Whom `@persona text` names, by the longest name that fits, and the text.

        Raises:
            UnknownError: If nobody here is called so.
        """
        written = argument.strip().removeprefix("@")
        found: tuple[int, str] = (0, "")
        for one in self.scene.conversation.cast if self.scene else ():
            persona = one.persona
            for name in (persona.name, persona.short_name, persona.slug):
                begins = written[: len(name)].casefold() == name.casefold()
                ends = not written[len(name) : len(name) + 1].isalnum()
                if name and begins and ends:
                    found = max(found, (len(name), persona.slug))
        if not found[1]:
            return self._persona(written.partition(" ")[0]), ""
        return found[1], written[found[0] :].lstrip(" ,:").strip()

    # The message under the cursor

    def _message(self) -> Message | None:
        """The message under the cursor, else the last one. What is still being said is none."""
        if self.scene is None:
            return None
        focused = self.transcript.focused_key
        for message in self.scene.tree.path:
            if key_of(message.turn) == focused:
                return message
        if focused is not None and focused in self.stage.shown:
            self.app.tell("It is still being said. Esc stops it; then it can be changed.")
            return None
        return self.scene.tree.tip

    async def action_edit(self) -> None:
        """Put other words in the place of a message's."""
        if self.room is None or self.scene is None or (message := self._message()) is None:
            return
        from chimera_tui.ui.screens.hand_dialogs import EditText  # noqa: PLC0415 - not needed at first

        room = self.room

        async def use(text: str | None) -> None:
            if text is not None:
                async with self.telling():
                    await room.edit(message.id, text)
                    back = f"{name}'s former words are back."
                    self._can_undo(Undo(back, room, lambda: room.edit(message.id, message.text)))

        name = self._name_of(message)
        await self.app.push_screen(EditText(name, message.text), use)

    async def action_delete(self) -> None:
        """Take a message out; `u` brings it back."""
        if (
            (room := self.room) is None
            or self.scene is None
            or (message := self._message()) is None
        ):
            return
        self._focus_beside(message)
        name = self._name_of(message)
        async with self.telling():
            await room.delete(message.id)
            back = f"{name}'s message is back."
            self._can_undo(Undo(back, room, lambda: room.restore(message.id)))
            self.app.tell(f"{name}'s message is deleted. u brings it back.")

    def _focus_beside(self, message: Message) -> None:
        """Let the cursor go to what follows the message, or to what stands before it."""
        path = self.scene.tree.path if self.scene else []
        at = next((i for i, one in enumerate(path) if one.id == message.id), None)
        if at is None or self.transcript.focused_key != key_of(message.turn):
            return
        for one in (*path[at + 1 : at + 2], *path[max(0, at - 1) : at]):
            with suppress(KeyError):  # deleted, too, a moment ago: it is drawn no more
                self.transcript.focus_entry(key_of(one.turn))
                return

    def _can_undo(self, step: Undo) -> None:
        self._undone = [*self._undone[1 - MOST_UNDONE :], step]
        self.refresh_bindings()

    @property
    def can_undo(self) -> bool:
        """Whether the last step can be taken back here."""
        return any(step.room in (None, self.room) for step in self._undone)

    async def action_undo(self) -> None:
        """Take the last deletion or edit back."""
        here = [step for step in self._undone if step.room in (None, self.room)]
        if not here:
            self.app.tell("There is nothing to take back here.")
            return
        self._undone.remove(here[-1])
        async with self.telling():
            await here[-1].back()
            self.app.tell(here[-1].done)
        self.refresh_bindings()

    def _name_of(self, message: Message) -> str:
        assert self.scene is not None  # noqa: S101 - who asks has looked
        return self.scene.speakers[message.turn.speaker].name

    # Branches

    async def action_branch(self) -> None:
        """Go back to a message, to go on from there another way."""
        if self.room is None or (message := self._message()) is None:
            return
        async with self.telling():
            await self.room.branch(message.id)
            self.transcript.jump_to_end()
            self.app.tell("What came after it is a branch of its own: B shows all of them.")
        self.query_one(Composer).field.focus()

    async def action_branches(self) -> None:
        """Show the branches, and go to one."""
        if self.scene is None:
            return
        from chimera_tui.ui.branches import branch_rows  # noqa: PLC0415 - not needed at first
        from chimera_tui.ui.screens.branches import Branches  # noqa: PLC0415 - see above

        async def use(message_id: int | None) -> None:
            if message_id is not None and self.room:
                async with self.telling():
                    await self.room.choose(message_id)
                self.transcript.jump_to_end()

        screen = Branches(branch_rows(self.scene.tree), self.scene.speakers)
        await self.app.push_screen(screen, use)

    async def action_answers(self) -> None:
        """Show all answers of a turn side by side, and choose one.

        The turn is that of the focused message; with none in focus, the last that has several.
        """
        if (scene := self.scene) is None:
            return
        path = reversed(scene.tree.path)
        several = (one for one in path if len(scene.tree.alternatives(one)) > 1)
        has_focus = self.transcript.focused_key is not None
        message = self.focused_message() if has_focus else next(several, None)
        ids = scene.tree.alternatives(message) if message else []
        if message is None or len(ids) == 1:
            self.app.tell("There is one answer. r asks for another.")
            return
        from chimera_tui.ui.screens.answers import Answers  # noqa: PLC0415 - not needed at first

        messages = [scene.tree.messages[id_] for id_ in ids]
        entries = [message_entry(one, scene.speakers, [one.id]) for one in messages]
        before = scene.tree.messages.get(message.parent_id or 0)
        asked = line((one_line(scene.conversation.current_topic), "$muted"))
        if before:
            name = scene.speakers[before.turn.speaker].name
            asked = line((f"to {name}: ", "$muted"), (one_line(before.text, 300), "$muted"))

        async def use(place: int | None) -> None:
            if place is not None and ids[place] != message.id and self.room:
                async with self.telling():
                    await self.room.choose(ids[place])

        await self.app.push_screen(Answers(entries, ids.index(message.id), asked), use)

    # Topic and pace

    async def action_topic(self, topic: str = "") -> None:
        """Let them talk about something else."""
        if self.room is None:
            return
        if topic:
            async with self.telling():
                await self.room.shift_topic(topic)
            return
        from chimera_tui.library.starters import draw  # noqa: PLC0415 - not needed at first
        from chimera_tui.ui.screens.hand_dialogs import AskTopic  # noqa: PLC0415 - see above

        conversation = self.room.conversation
        rng = conversation.rng(len(self.room.tree.path))
        cast = [one.persona for one in conversation.cast]
        seen = {conversation.current_topic}
        offered = [self.room.offered_topic] if self.room.offered_topic else []

        def proposal() -> str:
            topic = offered.pop() if offered else draw(cast, rng, avoid=seen).text
            seen.add(topic)
            return topic

        async def use(topic: str | None) -> None:
            if topic:
                await self.action_topic(topic)

        await self.app.push_screen(AskTopic(conversation.current_topic, proposal), use)

    # What is measured, what is sent

    @work(exclusive=True, group="measure", exit_on_error=False)
    async def measure(self) -> None:
        """Take in how the conversation is doing; done once a turn, never while a word comes."""
        if (scene := self.scene) is None:
            return
        if self.room:
            vitals = await self.room.measured()
        else:
            from chimera_tui.quality.vitals import Vitals  # noqa: PLC0415 - not before the paint

            vitals = Vitals()
            await asyncio.to_thread(vitals.follow, scene.conversation, list(scene.tree.path))
        scene.measures = Measures.of(vitals)
        if scene is self.scene:
            self.query_one(VitalsPanel).show(scene)

    async def action_vitals(self) -> None:
        """Show the score with its parts, and who agrees with whom."""
        if self.scene is None:
            return
        from chimera_tui.ui.screens.vitals import VitalsScreen  # noqa: PLC0415 - not needed at first

        cast = [(row.slug, row.speaker) for row in self.scene.cast_rows()]
        await self.app.push_screen(VitalsScreen(self.scene.measures, cast))

    async def action_sent(self, argument: str = "") -> None:
        """Show what the next speaker, or another, will be sent."""
        if self.room is None or self.scene is None:
            return
        from chimera_tui.ui.screens.sent import SentScreen  # noqa: PLC0415 - not needed at first

        slug = self._persona(argument) if argument else ""
        await self.app.push_screen(SentScreen(self.room, self.scene.cast_rows(), slug))
