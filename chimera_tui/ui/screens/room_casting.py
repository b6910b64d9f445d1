"""What a person can change of a cast while the room runs: who is there, who may speak, in order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from chimera_tui.domain.conversation import Conversation, ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.ui.adapter import emoji_of
from chimera_tui.ui.blocks import fit, line
from chimera_tui.ui.screens.dialog import AskText, Choose
from chimera_tui.ui.screens.room_arranging import RoomArranging
from chimera_tui.ui.widgets.composer import Completion, Composer
from chimera_tui.ui.widgets.side import CastList

if TYPE_CHECKING:
    from chimera_tui.engine.room import Room

NEEDS_ROOM = (
    *("again", "rename", "mode", "pace", "budget", "helper", "models", "stop"),
    *("whisper", "narrate", "topic", "edit", "delete", "branch", "sent"),
    *("invite", "remove", "mute", "solo", "order", "speak", "template", "move_cast"),
)
"""The actions that need a live room."""
MOST_COMPLETIONS = 50
"""So many personas of the library are offered at once."""

Deed = Callable[["Room", str], Awaitable[object]]
"""Something to do with a persona of the room."""


class RoomCasting(RoomArranging):
    """The actions that change the cast; the room itself tells who comes and goes."""

    # Coming and going

    async def action_invite(self, argument: str = "") -> None:
        """Let a persona join; one that is here is joined by a twin."""
        if self.room is None:
            return
        if argument:
            name, model = _split_model(argument)
            async with self.telling():
                await self.room.cast.invite(self._of_library(name), model)
            return
        from chimera_tui.ui.screens.invite import Invite  # noqa: PLC0415 - not before the paint

        async def invite(slug: str | None) -> None:
            if slug:
                await self.action_invite(slug)

        here = {one.persona.original for one in self.room.conversation.cast}
        await self.app.push_screen(Invite(list(self.chimera.library), here), invite)

    async def action_remove(self, who: str = "") -> None:
        """Let a persona go."""
        await self._with(who, "Who leaves?", lambda room, slug: room.cast.remove(slug))

    async def _duplicate(self, room: "Room", slug: str) -> None:
        """Let a twin of a persona join, on the same model at first."""
        seat = room.conversation.assignment(slug)
        original = self.chimera.library.personas.get(seat.persona.original, seat.persona)
        await room.cast.invite(original, seat.model)

    # Who speaks

    async def action_mute(self, who: str = "") -> None:
        """Let a persona speak only when it is called, or let it speak again."""
        await self._with(who, "Who is muted, or heard again?", _mute)

    async def action_solo(self, who: str = "") -> None:
        """Let only one persona speak unasked, or all again."""
        if self.room and not who and (solo := self.room.conversation.solo):
            who = solo
        await self._with(who, "Who alone speaks?", _solo)

    async def action_speak(self, who: str = "") -> None:
        """Let a persona speak next."""
        await self._with(who, "Who speaks next?", _speak)

    async def action_order(self, names: str = "") -> None:
        """Put the cast in another order: those named come first."""
        if self.room is None:
            return
        if names:
            async with self.telling():
                await self.room.cast.reorder([self._persona(name) for name in _names(names)])
            return
        order = " ".join(f"@{one.persona.short_name}" for one in self.room.conversation.cast)
        question = AskText(
            "In which order do they sit?",
            order,
            note="Who is not named comes behind. In the cast panel ⇧↑ and ⇧↓ move one.",
            done="sit so",
        )
        await self.app.push_screen(question, self._reorder)

    async def _reorder(self, names: str | None) -> None:
        if names:
            await self.action_order(names)

    async def action_move_cast(self, by: int) -> None:
        """Let the persona under the cursor of the cast come earlier or later."""
        panel = self.query_one(CastList)
        if self.room and panel.cast:
            await self._move(self.room, panel.cast[panel.cursor].slug, by)
            panel.cursor = max(0, min(len(panel.cast) - 1, panel.cursor + by))

    async def _move(self, room: "Room", slug: str, by: int) -> None:
        slugs = [one.persona.slug for one in room.conversation.cast]
        to = max(0, min(len(slugs) - 1, slugs.index(slug) + by))
        slugs.remove(slug)
        slugs.insert(to, slug)
        async with self.telling():
            await room.cast.reorder(slugs)

    # Choosing

    async def cast_menu(self, slug: str) -> None:
        """Offer all that can be done with a persona of the cast."""
        if (room := self.room) is None or (scene := self.scene) is None:
            return
        deeds = self._deeds(room, slug)

        async def do(index: int | None) -> None:
            if index is not None:
                async with self.telling():
                    await deeds[index][2](room, slug)

        speaker = scene.speakers[slug]
        choices = [(name, meaning) for name, meaning, _ in deeds]
        await self.app.push_screen(Choose(f"{speaker.emoji} {speaker.name}", choices, 0), do)

    def _deeds(self, room: "Room", slug: str) -> list[tuple[str, str, Deed]]:
        """What can be done with a persona now: the name, what it means, how it is done."""
        conversation = room.conversation
        seat = conversation.assignment(slug)
        place, last = conversation.cast.index(seat), len(conversation.cast) - 1
        model = one_line(str(seat.model), 40) if seat.model else "automatic"
        deeds: list[tuple[str, str, Deed]] = [
            ("model", f"now {model}", lambda _room, slug: self.pick_model(slug)),
            ("speak next", "takes the next turn", _speak),
            ("unmute", "speaks again by itself", _mute)
            if seat.is_muted
            else ("mute", "speaks only when called", _mute),
            ("end solo", "all speak again", _solo)
            if conversation.solo == slug
            else ("solo", "nobody else speaks unasked", _solo),
        ]
        deeds.append(("edit", "in the studio", lambda _room, slug: self.action_studio(slug)))
        if place > 0:
            deeds.append(("move up", "sits earlier", lambda room, slug: self._move(room, slug, -1)))
        if place < last:
            deeds.append(("move down", "sits later", lambda room, slug: self._move(room, slug, 1)))
        deeds.append(("duplicate", "a twin joins; give it another model", self._duplicate))
        if last:
            deeds.append(
                ("remove", "leaves; what it said stays", lambda r, slug: r.cast.remove(slug))
            )
        return deeds

    async def _with(self, who: str, question: str, deed: Deed) -> None:
        """Do something with the persona that is named, or under the cursor of the cast, or ask."""
        if (room := self.room) is None:
            return
        panel = self.query_one(CastList)
        if not who and panel.has_focus and panel.cast:
            who = panel.cast[panel.cursor].slug
        if who:
            async with self.telling():
                await deed(room, self._persona(who))
            return
        rows = self.scene.cast_rows() if self.scene else []

        async def do(index: int | None) -> None:
            if index is not None:
                async with self.telling():
                    await deed(room, rows[index].slug)

        choices = [(f"{fit(row.speaker.emoji, 3)}{row.speaker.name}", row.state) for row in rows]
        await self.app.push_screen(Choose(question, choices, 0), do)

    def _of_library(self, name: str) -> Persona:
        """The persona of the library that is called so, by slug or by name."""
        wanted = name.strip().removeprefix("@").strip().casefold()
        for persona in self.chimera.library:
            if wanted in {persona.slug, persona.name.casefold(), persona.short_name.casefold()}:
                return persona
        slugs = [persona.slug for persona in self.chimera.library]
        problem = f"There is no persona `{one_line(name, 40)}`."
        raise UnknownError(problem, hint=nearest(wanted, slugs))

    def complete(self, sign: str, word: str) -> list[Completion]:
        """Behind `/invite`, `@` finds everybody."""
        if sign != "@" or not self.query_one(Composer).text.startswith("/invite "):
            return super().complete(sign, word)
        word, is_plain = word.casefold(), self.app.has_plain_emoji
        found = (
            persona
            for persona in self.chimera.library
            if persona.slug.startswith(word) or persona.short_name.casefold().startswith(word)
        )
        return [
            Completion(
                f"@{one_line(persona.short_name)} ",
                line(
                    fit(emoji_of(persona, is_plain=is_plain), 3),
                    one_line(persona.short_name, 30),
                    (f"  {one_line(persona.one_line)}", "$muted"),
                ),
            )
            for persona, _ in zip(found, range(MOST_COMPLETIONS), strict=False)
        ]

    # Keeping the room

    async def action_template(self, title: str = "") -> None:
        """Keep cast, mode, pace and topic as a ready-made room of one's own."""
        if self.room is None:
            return
        if title:
            await self._keep_room(title, self.room.conversation)
            return
        question = AskText(
            "What is this room called?",
            one_line(self.room.conversation.title, 60),
            note="It stands among the ready-made rooms of ^n, without what was said.",
            done="keep",
        )
        await self.app.push_screen(question, self._use_title)

    async def _use_title(self, title: str | None) -> None:
        if title:
            await self.action_template(title)

    async def _keep_room(self, title: str, conversation: Conversation) -> None:
        from chimera_tui.library.rooms import RoomTemplate  # noqa: PLC0415 - see above
        from chimera_tui.library.slugs import free_slug  # noqa: PLC0415 - see above

        library = self.chimera.library
        room = RoomTemplate.of(conversation, slug=free_slug(title, library.rooms), title=title)
        if missing := [slug for slug in room.cast if slug not in library.personas]:
            names = ", ".join(one_line(slug, 40) for slug in missing)
            self.app.tell(f"Not in the library any more: {names}.", severity="warning")
        async with self.telling():
            await asyncio.to_thread(library.save_room, room)
            self.app.tell(f"“{room.title}” is among your rooms: ^n begins another like it.")


async def _mute(room: "Room", slug: str) -> None:
    await room.cast.mute(slug, is_muted=not room.conversation.assignment(slug).is_muted)


async def _solo(room: "Room", slug: str) -> None:
    await room.cast.solo("" if room.conversation.solo == slug else slug)


async def _speak(room: "Room", slug: str) -> None:
    room.next(slug)


def _split_model(text: str) -> tuple[str, ModelRef | None]:
    """A name, and the model behind it if one is named."""
    name, _, model = text.strip().rpartition(" ")
    return (name, ModelRef.parse(model)) if name and "/" in model else (text.strip(), None)


def _names(text: str) -> Sequence[str]:
    """The names in `@Scientist @Marine Biologist`, or in `scientist, comedian`."""
    parts = text.split("@") if "@" in text else text.replace(",", " ").split()
    return [name for part in parts if (name := part.strip(" ,"))]
