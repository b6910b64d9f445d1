"""The work of the studio: takes up and keeps edits, lets personas answer, follows the replies."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from chimera_tui.domain.conversation import DEMO, Failure, ModelRef
from chimera_tui.domain.errors import ChimeraError, innermost
from chimera_tui.domain.events import (
    Event,
    MessageCompleted,
    TextReceived,
    TextWithdrawn,
    TurnFailed,
)
from chimera_tui.domain.health import HealthState
from chimera_tui.domain.history import Sketch
from chimera_tui.domain.persona import Persona
from chimera_tui.ui.studio.studio_state import StudioState
from chimera_tui.ui.studio.try_reply import Reply

if TYPE_CHECKING:
    from textual.screen import Screen

    from chimera_tui.core.chimera import Chimera
    from chimera_tui.engine.room import Room
    from chimera_tui.ui.kit.services import Opens
    from chimera_tui.ui.kit.telling import Severity
    from chimera_tui.ui.transcript.entries import Speaker

T = TypeVar("T")

LINE = "Is a joke a kind of knowledge?"
"""What is answered where nothing was said and nothing is written."""


class ShowsReply(Protocol):
    """Where one reply is shown."""

    def begin(self, reply: Reply, speaker: "Speaker") -> None:
        """Show a reply of which nothing was said yet."""

    def tell(self, reply: Reply | None) -> None:
        """Show how far it is."""

    def hear(self, text: str) -> None:
        """Show more of its words."""

    def withdraw(self, reply: Reply) -> None:
        """Show nothing of its words: what was heard was none of it."""

    def end(self, reply: Reply, text: str) -> None:
        """Show all of it."""

    def fail(self, reply: Reply, failure: Failure) -> None:
        """Show why there is none, under what had been said."""

    def clear(self) -> None:
        """Show nothing."""


class ShowsStudio(Protocol):
    """What a session asks of the screen it is on."""

    @property
    def before(self) -> ShowsReply:
        """Where the saved persona, or an older version of it, answers."""

    @property
    def after(self) -> ShowsReply:
        """Where the persona answers as it stands in the form."""

    async def lay_out_replies(self, *, are_two: bool) -> None:
        """Bring one or both of them into sight; return when they have a width."""

    def clear_replies(self) -> None:
        """Show nothing that was said."""

    def draw_library(self) -> None:
        """Draw all of it anew: the library has changed, or what is known of it."""

    def draw_entry(self) -> None:
        """Draw anew how the list shows who is in the form; the form stays."""

    def draw_edited(self) -> None:
        """Draw what is wrong in the form, and all that depends on it."""

    def draw_edit(self) -> None:
        """Draw what depends on the form, and on who answers."""


class StudioServices(Protocol):
    """What session and commands ask of the app."""

    def tell(self, text: str, *, severity: "Severity" = "information") -> None:
        """Show a short message over the screen."""

    def tell_error(self, error: ChimeraError) -> None:
        """Show what is wrong, and what to do."""

    def write_crash(self, error: BaseException) -> str:
        """Write down where a mistake of ours happened; returns where, in words."""

    async def ask(self, dialog: "Screen[T]") -> T | None:
        """Show a dialog, and return what it gives back; None: nothing is to change."""

    def key_of(self, name: str) -> str:
        """The key that does a command, as it is bound now and shown: `u`, `^s`."""

    @property
    def open(self) -> "Opens":
        """Opens screens, and knows those that are open."""


class Try(NamedTuple):
    """One of the replies that are asked for at the same time."""

    side: ShowsReply
    reply: Reply
    said: AsyncGenerator[Event]


class StudioSession:
    """Keeps what is edited, and lets who is in the form answer.

    Args:
        chimera: Knows personas, providers and what is kept.
        state: What is known; this changes it.
        view: Where it is shown.
        app: What else is open, and whom errors are told.
    """

    def __init__(
        self, chimera: "Chimera", state: StudioState, view: ShowsStudio, app: StudioServices
    ) -> None:
        self.chimera = chimera
        self.state = state
        self._studio = chimera.studio
        self._view = view
        self._app = app
        self._chosen: tuple[ModelRef | None] | None = None
        """The model that was chosen for tries (None in it: automatic); None: not chosen."""
        self._trying: asyncio.Task[None] | None = None
        self._keeping = set[asyncio.Task[None]]()

    # Edits

    async def learn(self) -> None:
        """Ask what was being edited, and how often each persona has spoken."""
        try:
            self.state.book.take_up(await self._studio.sketches())
            self.state.uses = await self._studio.uses()
        except ChimeraError as error:
            self._app.tell_error(error)
        self.state.is_learned = True
        self._view.draw_library()

    def edit(self, key: str, text: str) -> None:
        """Take in what was changed in the form."""
        state = self.state
        if not (slug := state.slug):
            return
        was_edited = state.is_edited
        sketch = state.book.write(slug, key, text)
        self.keep(slug, sketch)
        is_listed = key in {"name", "emoji", "category"} and sketch and not sketch.base
        if was_edited != (sketch is not None) or is_listed:
            self._view.draw_entry()
        self._view.draw_edited()

    def keep(self, slug: str, sketch: Sketch | None) -> None:
        """Keep an edit where a crash does not reach it; None: forget it."""
        keeping = asyncio.create_task(self._keep(slug, sketch))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)

    async def _keep(self, slug: str, sketch: Sketch | None) -> None:
        try:
            if sketch:
                await self._studio.keep_sketch(sketch)
            else:
                await self._studio.drop_sketch(slug)
        except ChimeraError as error:
            self._app.tell_error(error)

    async def leave(self) -> None:
        """Stop who speaks, and keep all that was written."""
        self.stop()
        await asyncio.gather(*self._keeping, return_exceptions=True)  # all is kept once more
        try:
            for sketch in [*self.state.book.sketches.values()]:
                await self._studio.keep_sketch(sketch)
        except ChimeraError as error:
            self._app.tell_error(error)

    def draft(self) -> Persona:
        """Return the persona as it stands in the form, which must be sound."""
        state = self.state
        slug, sketch = state.slug, state.book.sketches.get(state.slug)
        if state.saved is None and not (sketch and sketch.base):
            return state.book.persona(slug, own_slug=self._studio.free_slug(state.fields["name"]))
        return state.book.persona(slug)

    async def show_saved(self, saved: Persona) -> None:
        """Show what the library holds now, and let it hold in the rooms that are open."""
        for room in self._app.open.live_rooms():
            await room.cast.recast(saved)
        self.state.slug = saved.slug
        self._view.draw_library()

    # Trying

    @property
    def room(self) -> "Room | None":
        """The room behind the studio, if anything was said there."""
        return next((room for room in self._app.open.live_rooms() if room.tree.path), None)

    @property
    def model(self) -> ModelRef | None:
        """What plays it: as chosen here, in the room, in the form; else automatic, or the demo."""
        if self._chosen:
            return self._chosen[0]
        for room in self._app.open.live_rooms():
            for one in room.conversation.cast:
                if one.persona.original == self.state.slug and one.model:
                    return one.model
        hinted = self.state.hinted_model
        if hinted and hinted.provider in self.chimera.health:
            return hinted
        states = {health.state for health in self.chimera.health.values()}
        return None if states & {HealthState.UP, HealthState.SLOW} else DEMO

    def choose_model(self, model: ModelRef | None) -> None:
        """Let this model play whoever is tried from now on; None: automatic."""
        self._chosen = (model,)
        self._view.draw_edit()

    @property
    def is_trying(self) -> bool:
        """Whether somebody speaks."""
        return self._trying is not None and not self._trying.done()

    def begin_trying(self, line: str) -> None:
        """Let the persona answer `line`, else what was said last in the room.

        It answers as it stands in the form, and beside that as it was before, if it was different.
        """
        self.stop()
        state, room, now = self.state, self.room, self.draft()
        line = line or ("" if room else LINE)
        earlier = state.earlier(now)
        title = "after" if earlier else "says"
        of = "this draft" if earlier or state.saved is None else "as it is saved"
        ask = partial(self._studio.preview, model=self.model, line=line, room=room)
        tries = [Try(self._view.after, Reply(title=title, of=of), ask(now))]
        if earlier:
            name, persona = earlier
            tries.insert(0, Try(self._view.before, Reply(title="before", of=name), ask(persona)))
        self._trying = asyncio.create_task(self._try(tries))
        self._view.draw_edit()

    def stop(self) -> bool:
        """Stop who speaks; say whether somebody did."""
        if self._trying is None or self._trying.done():
            return False
        self._trying.cancel()
        self._trying = None
        self._view.draw_edit()
        return True

    def forget_replies(self) -> None:
        """Show nothing that somebody else has said."""
        self.stop()
        self._view.clear_replies()

    async def _try(self, tries: list[Try]) -> None:
        """Ask once, or twice at the same time."""
        try:
            await self._view.lay_out_replies(are_two=len(tries) > 1)
            if len(tries) == 1:
                self._view.before.clear()
            for one in tries:
                one.side.begin(one.reply, self.state.speaker)
            async with asyncio.TaskGroup() as following:
                for one in tries:
                    following.create_task(_follow(*one))
        except Exception as error:  # noqa: BLE001 - the edge: a mistake ends the try, not the app
            path = self._app.write_crash(innermost(error))
            self._app.tell(f"A mistake in Chimera stopped it. Details: {path}", severity="error")
        self._trying = None
        self._view.draw_edit()


async def _follow(side: ShowsReply, reply: Reply, said: AsyncGenerator[Event]) -> None:
    """Show what happens in one of the two."""
    async with aclosing(said) as events:
        async for event in events:
            reply = _shown(side, reply, event)
    if not reply.is_over:
        side.tell(replace(reply, is_over=True))


def _shown(side: ShowsReply, reply: Reply, event: Event) -> Reply:
    """Show what happened; return the reply as it is now."""
    match event:
        case TextReceived(text=text):
            if reply.note:
                reply = replace(reply, note="")
                side.tell(reply)
            side.hear(text)
        case TextWithdrawn():
            reply = replace(reply, note="thinking …")
            side.withdraw(reply)
        case MessageCompleted(message=message):
            reply = reply.told(message)
            side.end(reply, message.text)
        case TurnFailed(failure=failure):
            reply = replace(reply, is_over=True, note="", words=0)
            side.fail(reply, failure)
        case _:
            reply = reply.after(event)
            side.tell(reply)
    return reply
