"""Every command of a room, without a terminal: over a real Chimera, with a person who answers."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from textual.screen import Screen

from chimera_tui.core.chimera import Chimera, open_chimera
from chimera_tui.domain.conversation import Budget, ModelRef
from chimera_tui.domain.errors import ChimeraError, UnknownError
from chimera_tui.domain.events import Event, PauseReason
from chimera_tui.domain.saved import ConversationSummary
from chimera_tui.engine.room import Room
from chimera_tui.library.persona_file import write_persona
from chimera_tui.settings.settings import Settings
from chimera_tui.ui.room.commands import COMMANDS
from chimera_tui.ui.room.commands.cast_commands import _actions, cast_menu
from chimera_tui.ui.room.commands.message_commands import actions_on
from chimera_tui.ui.room.commands.turn_commands import choose_remedy
from chimera_tui.ui.room.deleting import finish_all
from chimera_tui.ui.room.model_picker import Picked
from chimera_tui.ui.room.room_context import RoomContext
from chimera_tui.ui.room.room_state import RoomState
from chimera_tui.ui.transcript.conversation_entries import Remedy, key_of, path_items, remedies
from chimera_tui.ui.transcript.entries import MessageEntry
from chimera_tui.ui.transcript.transcript_group import Stage

CAST = ["scientist", "comedian", "poet"]


class Person:
    """Answers what is asked, in order, and remembers what was told."""

    has_plain_emoji = False

    def __init__(self) -> None:
        self.open = self.checks = self.preferences = self
        self.answers: list[Any] = []
        self.asked: list[str] = []
        self.told: list[str] = []
        self.shown: list[tuple[str, object]] = []
        self.copied: list[str] = []

    def tell(self, text: str, *, severity: str = "information") -> None:
        self.told.append(text)

    async def ask(self, dialog: Screen[Any]) -> Any:
        self.asked.append(type(dialog).__name__)
        return self.answers.pop(0) if self.answers else None

    def tell_error(self, error: ChimeraError) -> None:
        self.told.append(str(error))

    def copy(self, text: str, what: str) -> None:
        self.copied.append(text)

    def key_of(self, command: str) -> str:
        return f"<{command}>"

    async def end(self) -> None:
        self.shown.append(("quit", None))

    def live_rooms(self) -> list[Room]:
        return []

    async def help(self) -> None:
        self.shown.append(("help", None))

    async def providers(self, provider: str = "") -> None:
        self.shown.append(("providers", provider))

    async def studio(self, slug: str = "") -> None:
        self.shown.append(("studio", slug))

    async def new_room(self, topic: str = "", slugs: tuple[str, ...] = ()) -> None:
        self.shown.append(("new", slugs))

    async def key(self, provider: str) -> bool:
        self.shown.append(("key", provider))
        return bool(self.answers.pop(0))

    def choose_theme(self, name: str) -> None:
        self.shown.append(("theme", name))

    async def themes(self) -> None:
        self.shown.append(("themes", None))

    async def first_run(self) -> None:
        self.shown.append(("first run", None))

    def look_again(self) -> None:
        self.shown.append(("look again", None))


class NoTerminal:
    """A screen of which only the cursor is real."""

    def __init__(self) -> None:
        self.stage = Stage(cast("Any", Silent()))
        self.focused_key: Hashable | None = None
        self.focused_persona = ""
        self.focused_room: ConversationSummary | None = None
        self.has_columns = self.has_hidden_panels = self.is_covered = False
        self.done: list[object] = []
        self.aimed_at = ""

    def focus_entry(self, key: Hashable) -> None:
        self.focused_key = key

    def jump_to_end(self) -> None:
        self.done.append("end")

    def begin_writing(self, text: str = "") -> None:
        self.done.append(("write", text))

    def aim(self, slug: str) -> None:
        self.aimed_at = slug

    def close_overlay(self) -> bool:
        was_covered, self.is_covered = self.is_covered, False
        return was_covered

    async def toggle_columns(self) -> None:
        self.has_columns = not self.has_columns

    def move_columns(self, by: int) -> None:
        self.done.append(("columns", by))

    def toggle_panels(self) -> None:
        self.done.append("panels")

    def toggle_rooms(self) -> None:
        self.done.append("rooms")

    def redraw_rooms(self) -> None:
        self.done.append("redraw")


class Silent:
    """A transcript that nobody sees."""

    def source_of(self, key: Hashable) -> str:
        return f"source of {key}"

    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_options: None


@dataclass
class Session:
    """The conversation that is open, and those that were opened after it."""

    chimera: Chimera
    room: Room | None
    state: RoomState | None
    opened: list[int] = field(default_factory=list)

    async def open_saved(self, conversation_id: int) -> None:
        self.opened.append(conversation_id)

    async def leave(self) -> None:
        self.room = None


@dataclass
class Desk:
    """A person at a room."""

    context: RoomContext
    person: Person
    view: NoTerminal
    session: Session
    room: Room

    async def do(self, text: str) -> None:
        """Do a command as it is written behind `/`; then the screen knows what happened."""
        command, argument = COMMANDS.find(text)
        await self.perform(command.name, argument)

    async def perform(self, name: str, argument: str = "") -> None:
        command = COMMANDS.by_name[name]
        assert command.is_available(self.context), f"{name} has nothing to act on"
        await command.run(self.context, argument)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        saved = self.room.state
        state = self.session.state
        if state:
            items = path_items(saved.tree, saved.notices, saved.failure, state.speakers)
            self.view.stage.load(list(items))

    def can(self, name: str) -> bool:
        return COMMANDS.by_name[name].is_available(self.context)

    @property
    def said(self) -> list[str]:
        return [message.text for message in self.room.tree.path]


@asynccontextmanager
async def a_desk(tmp_path: Path, *, said: int = 2) -> AsyncIterator[Desk]:
    """A paused demo room in which some turns were taken."""
    db, own = tmp_path / "chimera.db", tmp_path / "personas"
    async with open_chimera(Settings(), db=db, personas=own, environ={}) as chimera:
        saved = await chimera.new_conversation(
            topic="Tea?", cast=CAST, pace=0, demo=True, seed=3, mode="round_robin"
        )
        async with chimera.room(saved) as room:
            state = RoomState(saved)
            events = room.events()
            following = asyncio.create_task(_follow(state, events))
            for count in range(1, said + 1):
                room.next()
                await until(lambda count=count: len(room.tree.path) == count)
            session, person, view = Session(chimera, room, state), Person(), NoTerminal()
            context = RoomContext(person, cast("Any", view), cast("Any", session))
            desk = Desk(context, person, view, session, room)
            await desk.settle()
            yield desk
            await finish_all(context)
        await following


async def _follow(state: RoomState, events: AsyncIterator[Event]) -> None:
    async for event in events:
        state.note(event)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_desk(tmp_path) as desk:
        yield desk


# Turns


async def test_pause_and_resume(desk: Desk) -> None:
    assert not desk.can("pause")
    await desk.do("/resume")
    assert desk.room.paused is None
    assert not desk.can("resume")
    await desk.do("/pause")
    assert desk.room.paused is PauseReason.ASKED


async def test_next_and_speak_take_one_turn(desk: Desk) -> None:
    await desk.do("/next")
    await until(lambda: len(desk.said) == 3)
    await desk.do("/speak @Comedian")
    await until(lambda: len(desk.said) == 4)
    assert desk.room.tree.path[-1].turn.speaker == "comedian"
    desk.view.focused_persona = "poet"
    await desk.do("/speak")
    await until(lambda: desk.room.tree.path[-1].turn.speaker == "poet")
    desk.view.focused_persona = ""
    desk.person.answers = [0]
    await desk.do("/speak")
    await until(lambda: desk.room.tree.path[-1].turn.speaker == "scientist")
    with pytest.raises(UnknownError, match="`@Nobody` is not in this room"):
        await desk.do("/speak @Nobody")


async def test_stop_closes_what_is_open_first(desk: Desk) -> None:
    desk.view.is_covered = desk.view.has_columns = True
    await desk.do("/stop")
    assert (desk.view.is_covered, desk.view.has_columns) == (False, True)
    await desk.do("/stop")
    assert not desk.view.has_columns
    await desk.do("/stop")


async def test_again_older_newer_and_answers(desk: Desk) -> None:
    first = desk.said[-1]
    await desk.do("/answers")
    assert desk.person.told == ["There is one answer. <again> asks for another."]
    await desk.do("/again")
    await until(lambda: desk.said[-1:] not in ([], [first]) and len(desk.said) == 2)
    await desk.settle()
    second = desk.said[-1]
    await desk.perform("older")
    assert desk.said[-1] == first
    await desk.perform("older")
    assert desk.said[-1] == first, "there is none before the first"
    await desk.perform("newer")
    assert desk.said[-1] == second
    desk.person.answers = [0]
    await desk.do("/answers")
    assert desk.said[-1] == first
    desk.view.has_columns = True
    await desk.perform("newer")
    assert desk.view.done[-1] == ("columns", 1)


async def test_remedies(tmp_path: Path) -> None:
    async with a_desk(tmp_path, said=0) as desk:
        for name in ("retry", "skip", "keep"):
            assert not desk.can(name)
        state = desk.context.known
        await desk.room.cast.assign("scientist", ModelRef("ollama", "none"))
        desk.room.next()
        await until(lambda: state.failure)
        await desk.settle()
        assert desk.can("retry")
        assert not desk.can("keep"), "nothing was said"
        await choose_remedy(desk.context, 99)
        assert desk.room.failure is not None, "there is no such remedy"
        await desk.do("/skip")
        await until(lambda: state.failure is None)
        desk.room.pause()
        desk.room.next("scientist")
        await until(lambda: state.failure)
        assert state.failure
        choices = remedies(state.failure)
        desk.person.answers = [Picked("scientist", ModelRef("demo", "demo"), ())]
        await choose_remedy(desk.context, 1 + choices.index(Remedy.MODEL))
        assert desk.person.asked == ["ModelPicker"]
        await until(lambda: any(m.turn.speaker == "scientist" for m in desk.room.tree.path))


# Messages


async def test_whisper(desk: Desk) -> None:
    await desk.do("/whisper @The Comedian, psst")
    assert (desk.room.tree.path[2].text, desk.room.tree.path[2].to) == ("psst", "comedian")
    await desk.do("/whisper @poet")
    assert desk.view.aimed_at == "poet"
    desk.person.answers = [1]
    await desk.do("/whisper")
    assert desk.view.aimed_at == "comedian"
    assert desk.view.done[-1] == ("write", "")


async def test_narrate(desk: Desk) -> None:
    await desk.do("/narrate The lights go out.")
    assert desk.room.tree.path[2].is_narration
    await desk.do("/narrate")
    assert desk.view.aimed_at == "*"


async def test_edit_delete_and_undo_say_which_key_is_bound(desk: Desk) -> None:
    words, name = desk.said[-1], desk.context.name_of(desk.room.tree.path[-1].turn.speaker)
    assert not desk.can("undo")
    desk.person.answers = ["Other words."]
    await desk.do("/edit")
    assert desk.said[-1] == "Other words."
    await desk.do("/delete")
    assert len(desk.said) == 1
    assert desk.person.told == [f"{name}'s message is deleted. <undo> brings it back."]
    await desk.do("/undo")
    await desk.do("/undo")
    assert desk.said[-1] == words
    assert not desk.can("undo")
    await desk.do("/edit")  # the person thinks better of it
    assert desk.said[-1] == words


async def test_the_cursor_moves_on_from_what_is_deleted(desk: Desk) -> None:
    first, second = desk.room.tree.path
    desk.view.focused_key = key_of(first.turn)
    await desk.do("/delete")
    assert desk.view.focused_key == key_of(second.turn)
    await desk.do("/delete")
    assert desk.said == []


async def test_branch_and_branches(desk: Desk) -> None:
    first, second = desk.room.tree.path
    desk.view.focused_key = key_of(first.turn)
    await desk.do("/branch")
    assert desk.said == [first.text]
    assert "<branches> shows all of them" in desk.person.told[-1]
    desk.person.answers = [second.id]
    await desk.do("/branches")
    assert desk.said == [first.text, second.text]


async def test_what_is_still_being_said_cannot_be_changed(desk: Desk) -> None:
    desk.view.stage.shown["live"] = MessageEntry(key="live", speaker=cast("Any", None))
    desk.view.focused_key = "live"
    with pytest.raises(UnknownError, match="still being said"):
        await COMMANDS.by_name["edit"].run(desk.context, "")


async def test_copying(desk: Desk) -> None:
    await desk.do("/copy")
    key = key_of(desk.room.tree.path[-1].turn)
    assert desk.person.copied == [f"source of {key}"]
    await desk.do("/copy-all")
    assert all(words in desk.person.copied[1] for words in desk.said)


async def test_thoughts_that_did_not_come_are_said_to_be_missing(desk: Desk) -> None:
    await desk.do("/thought")
    assert desk.person.told == ["No thoughts came with this message."]


# Cast


async def test_invite_by_name_and_from_the_list(desk: Desk) -> None:
    await desk.do("/invite @Stoic demo/demo")
    assert desk.room.conversation.cast[-1].persona.slug == "stoic"
    assert desk.room.conversation.cast[-1].model == ModelRef("demo", "demo")
    desk.person.answers = ["philosopher"]
    await desk.do("/invite")
    assert desk.room.conversation.cast[-1].persona.slug == "philosopher"
    with pytest.raises(UnknownError, match="not in the library"):
        await desk.do("/invite @Nobody")


async def test_remove_mute_and_solo_say_what_they_did(desk: Desk) -> None:
    await desk.do("/mute @comedian")
    assert desk.room.conversation.assignment("comedian").is_muted
    await desk.do("/mute @comedian")
    await desk.do("/solo @poet")
    assert desk.room.conversation.solo == "poet"
    await desk.do("/solo")
    assert desk.room.conversation.solo == ""
    assert desk.person.told == [
        "Comedian speaks only when called.",
        "Comedian speaks by itself again.",
        "Only Poet speaks unasked.",
        "All speak again.",
    ]
    await desk.do("/remove @poet")
    assert [one.slug for one in desk.context.cast] == ["scientist", "comedian"]


async def test_order(desk: Desk) -> None:
    await desk.do("/order @Poet, @The Comedian")
    assert [one.slug for one in desk.context.cast] == ["poet", "comedian", "scientist"]
    desk.person.answers = ["scientist poet"]
    await desk.do("/order")
    assert [one.slug for one in desk.context.cast] == ["scientist", "poet", "comedian"]


async def test_model_by_name_and_from_the_picker(desk: Desk) -> None:
    await desk.do("/model @Comedian ollama/small")
    assert desk.room.conversation.assignment("comedian").model == ModelRef("ollama", "small")
    with pytest.raises(UnknownError, match="no provider `nowhere`"):
        await desk.do("/model @Comedian nowhere/x")
    desk.person.answers = [Picked("poet", None, ())]
    await desk.do("/model @poet")
    assert desk.room.conversation.assignment("poet").model is None


@pytest.mark.parametrize("what", ["speak next", "mute", "solo", "move up", "duplicate", "remove"])
async def test_the_menu_of_a_persona_does_what_it_says(desk: Desk, what: str) -> None:
    names = [name for name, _, _ in _actions(desk.context, "comedian")]
    before = desk.room.conversation
    desk.person.answers = [names.index(what)]
    await cast_menu(desk.context, "comedian")
    if what == "speak next":
        await until(lambda: len(desk.said) == 3)
    else:
        assert desk.room.conversation != before


# Rules


async def test_rename_and_topic(desk: Desk) -> None:
    await desk.do("/rename Cups")
    desk.person.answers = ["Mugs", "Coffee?"]
    await desk.do("/rename")
    await desk.do("/topic")
    conversation = desk.room.conversation
    assert (conversation.title, conversation.current_topic) == ("Mugs", "Coffee?")
    await desk.do("/topic Cocoa?")
    assert desk.room.conversation.current_topic == "Cocoa?"


async def test_mode_pace_budget_and_helper_say_what_they_did(desk: Desk) -> None:
    await desk.do("/mode Pooled")
    await desk.do("/pace slow")
    await desk.do("/budget 1.00 200k")
    await desk.do("/helper ollama/small")
    conversation = desk.room.conversation
    assert (conversation.mode, conversation.pace) == ("pooled", 2.0)
    assert conversation.budget == Budget(cost=1_000_000, tokens=200_000, minutes=60)
    assert conversation.rules.helper == "ollama/small"
    assert desk.person.told == [
        "Mode: pooled, each once after your word, then it waits for you.",
        "Pace: slow.",
        "Budget: $1.00, 200k tok, 60 min.",
        "ollama/small helps this room now.",
    ]
    await desk.do("/budget 5min")
    assert desk.room.conversation.budget == Budget(cost=1_000_000, tokens=200_000, minutes=5)
    desk.person.answers = [0, 0.5, "off", "off"]
    for command in ("/mode", "/pace", "/budget", "/helper"):
        await desk.do(command)
    conversation = desk.room.conversation
    assert (conversation.mode, conversation.pace) == ("natural", 0.5)
    assert conversation.budget == Budget()
    assert conversation.rules.helper == ""
    for wrong in ("/mode sideways", "/pace 9", "/budget lots", "/helper nowhere/x"):
        with pytest.raises(UnknownError):
            await desk.do(wrong)


@pytest.mark.parametrize("name", ["rename", "topic", "mode", "pace", "budget", "helper", "order"])
async def test_a_question_that_is_cancelled_changes_nothing(desk: Desk, name: str) -> None:
    before = desk.room.conversation
    await desk.do(f"/{name}")
    assert desk.person.asked
    assert desk.room.conversation == before


# Files


async def test_save(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "out.md"
    await desk.do(f"/save {path}")
    assert desk.said[0] in path.read_text()
    assert desk.person.told == [f"Written to {path}."]
    desk.person.answers = [str(tmp_path / "out.json")]
    await desk.do("/save")
    assert (tmp_path / "out.json").exists()


async def test_import_a_conversation_and_a_persona(desk: Desk, tmp_path: Path) -> None:
    await desk.do(f"/save {tmp_path / 'out.json'}")
    await desk.do(f"/import {tmp_path / 'out.json'}")
    assert len(desk.session.opened) == 1
    persona = tmp_path / "stoic.toml"
    stoic = desk.session.chimera.library.get("stoic")
    persona.write_text(write_persona(replace(stoic, name="The Calm")))
    desk.person.answers = [persona, 0]
    await desk.do("/import")
    assert desk.person.told[-1] == "The Calm is in the library now."


async def test_template(desk: Desk) -> None:
    await desk.do("/template Tea for three")
    assert "tea-for-three" in desk.session.chimera.library.rooms
    assert "<new> begins another like it" in desk.person.told[-1]


async def test_a_deleted_room_can_be_brought_back(desk: Desk) -> None:
    id_ = desk.room.conversation.id
    await desk.perform("remove-room")
    assert "<undo> brings it back" in desk.person.told[-1]
    assert desk.person.shown == [("first run", None), ("look again", None)]
    await desk.perform("undo")
    assert desk.session.opened == [id_]
    assert [one.id for one in await desk.session.chimera.conversations()] == [id_]


async def test_new_and_reopen(desk: Desk) -> None:
    await desk.do("/new")
    assert desk.person.shown == [("new", tuple(CAST))]
    assert not desk.can("reopen")
    desk.session.room = None
    await desk.do("/reopen")
    assert desk.session.opened == [desk.room.conversation.id]


# Panes


async def test_panes_and_other_screens(desk: Desk) -> None:
    assert not desk.can("panels")
    desk.view.has_hidden_panels = True
    for name in ("panels", "rooms", "columns", "write"):
        await desk.perform(name)
    assert desk.view.done == ["panels", "rooms", ("write", "/")]
    assert desk.view.has_columns
    for name in ("vitals", "sent"):
        await desk.perform(name)
    assert desk.person.asked == ["VitalsScreen", "SentScreen"]
    for text in ("/providers ollama", "/studio @poet", "/studio", "/theme nord", "/theme", "/help"):
        await desk.do(text)
    speaker = desk.room.tree.path[-1].turn.speaker
    assert desk.person.shown == [
        ("providers", "ollama"),
        ("studio", "poet"),
        ("studio", speaker),
        ("theme", "nord"),
        ("themes", None),
        ("help", None),
    ]
    await desk.do("/quit")
    assert desk.person.shown[-1] == ("quit", None)


# The table


def test_every_command_has_a_test_here() -> None:
    tests = Path(__file__).read_text()
    missing = [
        name for name in COMMANDS.by_name if f"/{name}" not in tests and f'"{name}"' not in tests
    ]
    assert missing == []


def test_names_and_keys_are_said_once() -> None:
    names = [command.name for command in COMMANDS.by_name.values()]
    assert len(names) == len(set(names)) == len(COMMANDS.by_name)
    keys = [key for one in COMMANDS.by_name.values() for key in one.keys.split(",") if key]
    assert [key for key in set(keys) if keys.count(key) > 1] == ["space"], "pause and resume"


def test_what_stands_under_a_message_are_commands() -> None:
    entry = MessageEntry(key="x", speaker=cast("Any", type("S", (), {"hue": 1})()), thinking="Hm.")
    assert {name for name, _ in actions_on(entry)} <= set(COMMANDS.by_name)


def test_an_unknown_command_names_the_nearest() -> None:
    with pytest.raises(UnknownError) as caught:
        COMMANDS.find("/pauze")
    assert caught.value.hint == "Did you mean `pause`?"


async def test_without_a_room_only_what_needs_none_can_be_done(desk: Desk) -> None:
    desk.session.room = desk.session.state = None
    can = {name for name in COMMANDS.by_name if desk.can(name)}
    assert can == {
        "rooms", "new", "remove-room", "providers", "studio", "import", "write", "theme", "help",
        "quit",
    }  # fmt: skip


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)
