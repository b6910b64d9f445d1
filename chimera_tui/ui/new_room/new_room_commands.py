"""What a person can do while a room is being opened: one table, and what the lists call."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chimera_tui.domain.arguments import PACES, parse_budget
from chimera_tui.domain.casting import MOST_CAST
from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.text import one_line
from chimera_tui.engine.turn_taking import MODES
from chimera_tui.ui.kit.command import Command, Commands
from chimera_tui.ui.kit.costs import budget_text, usual_usage
from chimera_tui.ui.kit.dialog import AskText, Choose
from chimera_tui.ui.kit.services import Services
from chimera_tui.ui.new_room.room_draft import RoomDraft, RoomPlan
from chimera_tui.ui.new_room.room_drafts import RoomDrafts, title_of
from chimera_tui.ui.new_room.room_words import MODE_WORDS, mode_name, nearest_pace

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.ui.room.model_picker import Picked
    from chimera_tui.ui.room.room_state import CastRow

MODE, PACE, BUDGET, VOICES = range(4)
"""The rows of how it is to go."""


class NewRoomView(Protocol):
    """What commands ask of the screen that opens a room."""

    topic: str
    """What is written about what; empty: what is proposed holds."""

    def draw(self) -> None:
        """Draw all that depends on the draft."""

    def seats(self) -> "list[CastRow]":
        """Return the cast, with what plays each as far as is known."""

    def go_on(self, by: int) -> None:
        """Go to the next list or field, or to the one before."""

    def go_to_people(self) -> None:
        """Go to the people."""

    def show_all(self) -> bool:
        """Show all people again; False if all are shown."""

    def finish(self, plan: RoomPlan | None) -> None:
        """Close the screen, and give the plan back."""


@dataclass(slots=True)
class NewRoomContext:
    """What the commands act on."""

    app: Services
    chimera: "Chimera"
    drafts: RoomDrafts
    view: NewRoomView

    @property
    def draft(self) -> RoomDraft:
        """The room that is looked at."""
        return self.drafts.draft

    @property
    def plan(self) -> RoomPlan:
        """What Enter would open."""
        return self.drafts.plan(self.view.topic)


# Going about


async def _go_on(context: NewRoomContext, _: str) -> None:
    context.view.go_on(1)


async def _go_back(context: NewRoomContext, _: str) -> None:
    context.view.go_on(-1)


async def talk(context: NewRoomContext, _: str = "") -> None:
    """Give the plan back, if somebody is in it."""
    if not context.draft.cast:
        context.view.go_to_people()
    elif not context.chimera.read_only:
        context.view.finish(context.plan)


async def _leave(context: NewRoomContext, _: str) -> None:
    if not context.view.show_all():
        context.view.finish(None)


async def _help(context: NewRoomContext, _: str) -> None:
    await context.app.open.help()


# What about


async def another_topic(context: NewRoomContext, _: str = "") -> None:
    """Propose another topic."""
    context.draft.topics.another(context.draft.people)
    _propose(context)


async def topic_before(context: NewRoomContext) -> None:
    """Propose the topic before this one again."""
    context.draft.topics.before()
    _propose(context)


async def _next_category(context: NewRoomContext, _: str) -> None:
    context.draft.topics.next_category(context.draft.people)
    _propose(context)


def _propose(context: NewRoomContext) -> None:
    """Let the proposal take the place of what was written."""
    context.view.topic = ""
    context.view.draw()


# Who


def change_cast(context: NewRoomContext, slug: str, by: int) -> None:
    """Take one more of a persona in (1), let one go (-1), or all go if it is in (0)."""
    draft, places = context.draft, context.draft.places(slug)
    if by < 0 and places:
        draft.drop(places[-1])
    elif by == 0 and places:
        draft.toggle(slug)
    elif by >= 0:
        take_in(context, slug)
    context.view.draw()


def take_in(context: NewRoomContext, slug: str) -> None:
    """Take one more of a persona in; a full room says so."""
    if context.draft.is_full:
        context.app.tell(f"{MOST_CAST} are here already.", severity="warning")
    context.draft.add(slug)
    context.view.draw()


async def choose_model(context: NewRoomContext, place: int) -> None:
    """Choose what plays the one at this place."""
    from chimera_tui.ui.room.model_picker import ModelPicker  # noqa: PLC0415 - needed rarely

    connections, seats = context.chimera.connections, context.view.seats()
    picker = ModelPicker(
        seats,
        list(context.chimera.health.values()),
        seats[place].slug,
        is_local=lambda provider: connections.is_free(ModelRef(provider, "")),
        usual=usual_usage(()),
    )
    picked: Picked | None = await context.app.ask(picker)
    if picked is not None:
        context.drafts.assign(picked.slug, picked.model, picked.fallbacks)
        context.view.draw()


# How


async def _choose_mode(context: NewRoomContext, _: str) -> None:
    names = list(MODES)
    choices = [(mode_name(name), MODE_WORDS.get(name, "")) for name in names]
    current = names.index(context.draft.mode)
    if (index := await context.app.ask(Choose("Who speaks next?", choices, current))) is not None:
        context.draft.mode = names[index]
        context.view.draw()


async def _set_budget(context: NewRoomContext) -> None:
    question = AskText(
        "What may this room use up?",
        budget_text(context.draft.budget),
        note="Dollars, then tokens if you like: 1.00 200k. Or off.",
        done="set",
    )
    if text := await context.app.ask(question):
        context.draft.budget = parse_budget(text)
        context.view.draw()


async def _change_voices(context: NewRoomContext, _: str = "") -> None:
    """Live voices, or those of the demo; live only where somebody answers."""
    if context.chimera.connections.automatic() is None:
        context.app.tell("No provider answers: the demo plays all without a model of their own.")
        return
    context.draft.is_demo = not context.plan.is_demo
    context.view.draw()


async def step(context: NewRoomContext, row: int, by: int) -> None:
    """Choose the next mode, pace or kind of voices, or the one before."""
    draft = context.draft
    if row == MODE:
        names = list(MODES)
        draft.mode = names[(names.index(draft.mode) + by) % len(names)]
    elif row == PACE:
        paces = tuple(PACES.values())
        draft.pace = paces[(nearest_pace(draft.pace) + by) % len(paces)]
    elif row == VOICES:
        await _change_voices(context)
    context.view.draw()


async def change_how(context: NewRoomContext, row: int) -> None:
    """Choose another of what is in a row of how it is to go."""
    if row == MODE:
        await _choose_mode(context, "")
    elif row == BUDGET:
        await _set_budget(context)
    else:
        await step(context, row, 1)


# Rooms of one's own


async def _keep(context: NewRoomContext, _: str) -> None:
    if not context.draft.cast:
        return
    question = AskText(
        "What is this room called?",
        title_of(context.drafts, context.view.topic),
        note="It stands among the ready-made rooms, marked yours.",
        done="keep",
    )
    if title := await context.app.ask(question):
        title = one_line(title, 60)
        await context.drafts.keep(title, context.view.topic)
        context.view.draw()
        context.app.tell(f"“{title}” is among your rooms.")


async def delete_room(context: NewRoomContext) -> None:
    """Delete the room of one's own that is looked at."""
    room = await context.drafts.delete()
    context.view.draw()
    key = context.app.key_of("rooms.undo")
    context.app.tell(f"“{one_line(room.title)}” is deleted. {key} brings it back.")


async def undo_delete(context: NewRoomContext) -> None:
    """Bring back the room that was deleted last."""
    await context.drafts.undo()
    context.view.draw()


COMMANDS = Commands(
    (
        Command(
            name="new.next",
            words="next",
            run=_go_on,
            keys="tab",
            is_written=False,
            shown_key="⇥",
            short="next",
        ),
        Command(name="new.before", words="back", run=_go_back, keys="shift+tab", is_written=False),
        Command(name="new.talk", words="start talking", run=talk, keys="f2", is_written=False),
        Command(name="new.mode", words="mode", run=_choose_mode, keys="f3", is_written=False),
        Command(
            name="new.voices", words="live or demo", run=_change_voices, keys="f4", is_written=False
        ),
        Command(
            name="new.topic",
            words="another topic",
            run=another_topic,
            keys="ctrl+t",
            is_written=False,
            is_first=True,
        ),
        Command(
            name="new.category",
            words="topics from",
            run=_next_category,
            keys="ctrl+g",
            is_written=False,
        ),
        Command(
            name="new.save", words="keep as a room", run=_keep, keys="ctrl+s", is_written=False
        ),
        Command(
            name="back", words="room", run=_leave, keys="escape", is_written=False, short="room"
        ),
        Command(name="help", words="help", run=_help, keys="question_mark,f1", is_written=False),
    )
)
"""Everything; the order is that of the footer and of the help."""
