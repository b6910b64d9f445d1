"""Trying a persona: it answers as it is saved, and as it stands in the form, side by side."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work
from textual.content import Content
from textual.widgets import Input
from textual.worker import Worker

from chimera_tui.domain.conversation import DEMO, ModelRef
from chimera_tui.domain.errors import UnknownError, innermost
from chimera_tui.domain.events import (
    Event,
    MessageCompleted,
    TextReceived,
    TextWithdrawn,
    TurnFailed,
)
from chimera_tui.domain.health import HealthState
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Part, crop, fit, line, link, split
from chimera_tui.ui.kit.closing import stands
from chimera_tui.ui.kit.costs import usual_usage
from chimera_tui.ui.room.room_header import DEMO_CHIP
from chimera_tui.ui.room.room_state import CastRow
from chimera_tui.ui.studio.persona_form import PersonaForm
from chimera_tui.ui.studio.studio_view import StudioView
from chimera_tui.ui.studio.try_pane import Reply, TrySide, compared

if TYPE_CHECKING:
    from collections.abc import Callable

    from chimera_tui.engine.room import Room
    from chimera_tui.ui.room.model_picker import Picked

    Use = Callable[[Picked | None], None]

LINE = "Is a joke a kind of knowledge?"
"""What is answered where nothing was said and nothing is written."""


class StudioTry(StudioView):
    """The part of the studio that lets personas answer."""

    _trying: Worker[None] | None = None
    _model: ModelRef | None = None
    """What was chosen to play it; None: automatic."""
    _is_model_chosen = False
    _compared_with: tuple[str, Persona] | None = None
    """An older version to try instead of the saved one, and what it is called."""

    # What it answers, and what plays it

    def _room(self) -> "Room | None":
        """The room behind the studio, if anything was said there."""
        rooms = [room for room in self.app.live_rooms() if room.tree.path]
        return rooms[0] if rooms else None

    @property
    def model(self) -> ModelRef | None:
        """What plays it: as chosen here, in the room, in the form; else automatic, or the demo."""
        if self._is_model_chosen:
            return self._model
        for room in self.app.live_rooms():
            for one in room.conversation.cast:
                if one.persona.original == self.slug and one.model:
                    return one.model
        try:
            hinted = ModelRef.parse(self.book.fields(self.slug)["model"])
        except UnknownError:
            hinted = None
        if hinted and hinted.provider in self._chimera.health:
            return hinted
        states = {health.state for health in self._chimera.health.values()}
        return None if states & {HealthState.UP, HealthState.SLOW} else DEMO

    def draw_edit(self) -> None:
        """Draw what depends on what stands in the form, and on what was said in the room."""
        room, field = self._room(), self.query_one("#try-line", Input)
        tip = room.tree.tip if room else None
        said = one_line(tip.text, 200) if tip else LINE
        field.placeholder = one_line(fit(f"to: {said}", field.content_size.width or len(said)))
        super().draw_edit()

    def _try_title(self, width: int) -> list[Content]:
        shown: list[Part] = [("Try it", "bold"), ("  on ", "$muted")]
        model = self.model if self.slug else None
        if model == DEMO:
            shown.append(DEMO_CHIP)
        else:
            shown.append((one_line(model.model, 80) if model else "automatic", "$muted"))
        change = link(line(("f6", "bold"), (" change", "$muted")), "screen.model")
        stop = link(line(("esc", "bold"), (" stop", "$muted")), "screen.back")
        return [split(line(*shown), stop if self._is_trying else change, width)]

    def _try_foot(self, width: int) -> list[Content]:
        return [crop(line((compared(self._before.reply, self._after.reply), "$muted")), width)]

    @property
    def _before(self) -> TrySide:
        return self.query_one("#try-before", TrySide)

    @property
    def _after(self) -> TrySide:
        return self.query_one("#try-after", TrySide)

    @property
    def _is_trying(self) -> bool:
        return self._trying is not None and self._trying.is_running

    # Trying

    @on(Input.Submitted, "#try-line")
    def try_line(self) -> None:
        """Enter asks."""
        self.action_try()

    def action_try(self) -> None:
        """Let the persona answer, as it is saved and as it stands in the form."""
        if not self.slug:
            return
        self.show_pane("try")
        if problems := self.book.problems(self.slug):
            self._go_to_problem(problems)
            return
        own_slug = "" if self.book.saved(self.slug) else self._studio.free_slug(self.speaker().name)
        now = self.book.persona(self.slug, own_slug=own_slug)
        self.stop_trying()
        self._trying = self._try(now, self._earlier(now))
        self.draw_edit()

    def _earlier(self, now: Persona) -> tuple[str, Persona] | None:
        """What to compare it with: an older version, else what is saved if that is different."""
        if self._compared_with and self._compared_with[1].slug == now.slug:
            return self._compared_with
        saved = self.book.saved(self.slug)
        return ("saved", saved) if saved and saved != now else None

    @work(exit_on_error=False, group="try")
    async def _try(self, now: Persona, earlier: tuple[str, Persona] | None) -> None:
        """Ask once, or twice at the same time."""
        line_, room, model = (
            self.query_one("#try-line", Input).value.strip(),
            self._room(),
            self.model,
        )
        if not line_ and room is None:
            line_ = LINE
        title, of = ("after", "this draft") if earlier else ("says", "as it is saved")
        if not self.book.saved(self.slug):
            title, of = "says", "this draft"
        self.query_one("#try-sides").set_class(earlier is None, "-one")
        is_laid_out = asyncio.Event()  # what comes into sight has a width only then
        self.call_after_refresh(is_laid_out.set)
        await is_laid_out.wait()
        sides = [(self._after, Reply(title=title, of=of), now)]
        if earlier:
            sides.insert(0, (self._before, Reply(title="before", of=earlier[0]), earlier[1]))
        else:
            self._before.clear()
        try:
            async with asyncio.TaskGroup() as tries:
                for side, reply, persona in sides:
                    side.begin(reply, self.speaker())
                    said = self._studio.preview(persona, model, line_, room)
                    tries.create_task(self._follow(side, said))
        except Exception as error:  # noqa: BLE001 - the edge: a mistake ends the try, not the app
            path = self.app.write_crash(innermost(error))
            self.app.tell(f"A mistake in Chimera stopped it. Details: {path}", severity="error")
        self._trying = None
        if stands(self):
            self.draw_edit()

    async def _follow(self, side: TrySide, said: AsyncGenerator[Event]) -> None:
        """Show what happens in one of the two."""
        async with aclosing(said) as events:
            async for event in events:
                if side.is_attached and side.reply:
                    self._show_event(side, side.reply, event)
        if side.is_attached and side.reply and not side.reply.is_over:
            side.tell(replace(side.reply, is_over=True))

    def _show_event(self, side: TrySide, reply: Reply, event: Event) -> None:
        match event:
            case TextReceived(text=text):
                if reply.note:
                    side.tell(replace(reply, note=""))
                side.hear(text)
            case TextWithdrawn():
                side.withdraw(replace(reply, note="thinking …"))
            case MessageCompleted(message=message):
                side.end(reply.told(message), message.text)
            case TurnFailed(failure=failure):
                side.fail(reply, failure)
            case _:
                side.tell(reply.after(event))

    def stop_trying(self) -> bool:
        """Stop who speaks; say whether somebody did."""
        trying, self._trying = self._trying, None
        if trying is None or not trying.is_running:
            return False
        trying.cancel()
        self.draw_edit()
        return True

    def forget_try(self) -> None:
        """Show nothing that somebody else has said."""
        self.stop_trying()
        self._compared_with = None
        self.query_one("#try-sides").add_class("-one")
        for side in (self._before, self._after):
            side.clear()

    def _go_to_problem(self, problems: dict[str, str]) -> None:
        """Put the cursor where something is wrong, and say what."""
        key = next(iter(problems))
        self.show_pane("form")
        self.call_after_refresh(self.form.field(key).control.focus)

    # Which model

    async def action_model(self) -> None:
        """Choose what plays the persona while it is tried."""

        def use(picked: "Picked | None") -> None:
            if picked:
                self._is_model_chosen, self._model = True, picked.model
                self.draw_edit()

        await self._pick_model(self.model, use)

    @on(PersonaForm.Asked)
    async def choose_value(self, event: PersonaForm.Asked) -> None:
        """A field is filled from a list."""
        if event.key == "emoji":
            from chimera_tui.ui.studio.emoji_picker import EmojiPicker  # noqa: PLC0415 - at first use

            def take(emoji: str | None) -> None:
                if emoji:
                    self.form.set("emoji", emoji)

            name, character = self.speaker().name, self.book.fields(self.slug)["emoji"]
            await self.app.push_screen(EmojiPicker(name, character), take)
            return

        def use(picked: "Picked | None") -> None:
            if picked:
                self.form.set("model", str(picked.model) if picked.model else "")

        try:
            now = ModelRef.parse(self.book.fields(self.slug)["model"])
        except UnknownError:
            now = None
        await self._pick_model(now, use)

    async def _pick_model(self, now: ModelRef | None, use: "Use") -> None:
        from chimera_tui.ui.room.model_picker import ModelPicker  # noqa: PLC0415 - at first use

        if not self.slug:
            return
        row = CastRow(
            slug=self.slug,
            speaker=self.speaker(),
            state="waiting",
            model=one_line(str(now), 80) if now else "automatic",
            share=0,
            assigned=now,
        )
        room = self._room()
        picker = ModelPicker(
            [row],
            list(self._chimera.health.values()),
            self.slug,
            is_local=lambda provider: self._chimera.connections.is_free(ModelRef(provider, "")),
            usual=usual_usage(room.tree.path if room else ()),
        )
        await self.app.push_screen(picker, use)
