"""What a person can change of a room: its title, rules, budget and cast."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from chimera_tui.domain.conversation import HUMAN, Message, ModelRef
from chimera_tui.domain.errors import ChimeraError, UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.domain.persona import TWIN
from chimera_tui.domain.text import one_line
from chimera_tui.ui.adapter import key_of
from chimera_tui.ui.costs import budget_text, parse_budget, usual_usage
from chimera_tui.ui.room_words import MODE_WORDS, PACES, SLOWEST, mode_name
from chimera_tui.ui.screens.dialog import AskText, Choose
from chimera_tui.ui.screens.room_view import RoomView
from chimera_tui.ui.widgets.side import CastList

if TYPE_CHECKING:
    from chimera_tui.chimera import Chimera
    from chimera_tui.engine.room import Room
    from chimera_tui.ui.screens.model_picker import Picked


class RoomArranging(RoomView):
    """The actions that change what the room goes by, from the next turn on."""

    chimera: "Chimera"
    room: "Room | None" = None

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Show an error of ours as what it is: a sentence, and what to do."""
        try:
            yield
        except ChimeraError as error:
            self.app.tell_error(error)

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
                await self.room.settings.rename(title)

    async def action_mode(self, name: str = "") -> None:
        """Choose who speaks next, and how."""
        if self.room is None:
            return
        if name:
            async with self.telling():
                await self.room.settings.set_mode(name.replace(" ", "_").casefold())
            return
        from chimera_tui.engine.turn_taking import MODES  # noqa: PLC0415 - not before the paint

        names = list(MODES)
        choices = [(mode_name(name), MODE_WORDS.get(name, "")) for name in names]
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
                await self.room.settings.set_pace(_pace(pace))
            return
        from chimera_tui.ui.screens.hand_dialogs import AskPace  # noqa: PLC0415 - not needed at first

        async def use(pace: float | None) -> None:
            if pace is not None:
                await self.action_pace(str(pace))

        await self.app.push_screen(AskPace(self.room.conversation.pace), use)

    async def action_models(self, argument: str = "") -> None:
        """Choose who plays a persona; `@persona provider/model` does it at once."""
        if self.room is None:
            return
        who, _, model = argument.strip().rpartition(" ")
        if argument and "/" in model:
            async with self.telling():
                await self.room.cast.assign(self._persona(who), ModelRef.parse(model))
        elif argument:
            async with self.telling():
                await self.pick_model(self._persona(argument))
        else:
            panel, message = self.query_one(CastList), self.focused_message()
            if panel.has_focus and panel.cast:
                await self.pick_model(panel.cast[panel.cursor].slug)
            else:
                await self.pick_model(message.turn.speaker if message else "")

    def _persona(self, name: str) -> str:
        """The slug of the persona of this room called `name`."""
        cast = [one.persona for one in self.scene.conversation.cast] if self.scene else []
        wanted = name.strip().removeprefix("@").casefold()
        for persona in cast:
            if wanted in {persona.slug, persona.name.casefold(), persona.short_name.casefold()}:
                return persona.slug
        slugs = [persona.slug for persona in cast]
        raise UnknownError(f"`{name}` is not in this room.", hint=nearest(wanted, slugs))

    async def pick_model(self, slug: str, *, then_retry: bool = False) -> None:
        """Ask which model plays a persona, and who takes over for it."""
        from chimera_tui.ui.screens.model_picker import ModelPicker  # noqa: PLC0415 - not needed at first

        room, scene = self.room, self.scene
        if room is None or scene is None:
            return
        known = [row.slug for row in scene.cast_rows()]
        connections = self.chimera.connections
        picker = ModelPicker(
            scene.cast_rows(),
            list(self.chimera.health.values()),
            slug if slug in known else known[0],
            is_local=lambda provider: connections.is_free(ModelRef(provider, "")),
            usual=usual_usage(scene.tree.path),
        )

        async def use(picked: "Picked | None") -> None:
            if picked is None:
                return
            async with self.telling():
                await room.cast.assign(picked.slug, picked.model, picked.fallbacks)
                if then_retry:
                    await room.retry()

        await self.app.push_screen(picker, use)

    async def action_new_room(self) -> None:
        """Choose topic and people for another room."""
        cast = self.scene.conversation.cast if self.scene else ()
        await self.app.new_room(slugs=tuple(one.persona.original for one in cast))

    async def action_budget(self, text: str = "") -> None:
        """Say what the conversation may use up, or ask; who waited for that goes on."""
        if self.room is None:
            return
        if text:
            async with self.telling():
                await self.room.settings.set_budget(parse_budget(text))
            return
        now = budget_text(self.room.conversation.budget)
        note = "Dollars, then tokens if you like: 1.00 200k. Or off."
        question = AskText("What may this room use up?", now, note=note, done="set")
        await self.app.push_screen(question, self._set_budget)

    async def _set_budget(self, text: str | None) -> None:
        if text:
            await self.action_budget(text)

    async def action_helper(self, model: str = "") -> None:
        """Choose the model that directs, names the room and tells in short what no longer fits."""
        if self.room is None:
            return
        rules = self.room.conversation.rules
        if model:
            async with self.telling():
                helper = "" if model.strip() == "off" else model.strip()
                await self.room.settings.set_rules(helper=helper)
                self.app.tell(f"{one_line(helper, 60) or 'No model'} helps this room now.")
            return
        note = "provider/model, a small and cheap one: it directs, names, sums up. Or off."
        question = AskText("Which model helps?", rules.helper or "off", note=note, done="set")
        await self.app.push_screen(question, self._set_helper)

    async def _set_helper(self, model: str | None) -> None:
        if model:
            await self.action_helper(model)

    async def action_studio(self, who: str = "") -> None:
        """Look at the personas: the one named, under the cursor of the cast, or who spoke."""
        cast = self.query_one(CastList)
        if not who and cast.has_focus and cast.cast:
            who = cast.cast[cast.cursor].slug
        elif not who and (message := self.focused_message()):
            who = message.turn.speaker
        slug = who.removeprefix("@").casefold()
        with suppress(UnknownError):
            slug = self._persona(who)
        await self.app.show_studio(slug.partition(TWIN)[0])

    async def action_providers(self, name: str = "") -> None:
        """Look at the providers: their health, their keys, what was sent and received."""
        await self.app.show_diagnostics(name)


def _pace(text: str) -> float:
    names = dict(PACES)
    try:
        pace = names[text] if text in names else float(text)
    except ValueError:
        pace = math.nan
    if not 0 <= pace <= SLOWEST:
        raise UnknownError(
            f"`{one_line(text)}` is no pace.", hint="0 is instant, 1 human, 2 slow, 3 the slowest."
        )
    return pace
