"""Every command of the studio, without a terminal: over a real Chimera, a person answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from textual.screen import Screen

from chimera_tui.core.chimera import Chimera, open_chimera
from chimera_tui.domain.conversation import DEMO, Failure, ModelRef
from chimera_tui.domain.errors import ChimeraError, InvalidFileError
from chimera_tui.engine.room import Room
from chimera_tui.library.library import Origin
from chimera_tui.settings.settings import Settings
from chimera_tui.ui.room.model_picker import Picked
from chimera_tui.ui.studio.commands import COMMANDS, choose_value, import_file
from chimera_tui.ui.studio.persona_versions import Chosen
from chimera_tui.ui.studio.studio_context import StudioContext
from chimera_tui.ui.studio.studio_session import LINE, StudioSession
from chimera_tui.ui.studio.studio_state import StudioState
from chimera_tui.ui.studio.try_reply import Reply, compared
from chimera_tui.ui.transcript.entries import Speaker
from tests.cards.corpus import v2
from tests.fault_server import refused_address

OTHER = ModelRef("ollama", "small")


class Person:
    """Answers what is asked, in order, and remembers what was told."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[str] = []
        self.told: list[str] = []
        self.helped = 0
        self.rooms: list[Room] = []

    def tell(self, text: str, *, severity: str = "information") -> None:
        self.told.append(text)

    def tell_error(self, error: ChimeraError) -> None:
        self.told.append(error.problem)

    def write_crash(self, error: BaseException) -> str:
        return f"crash of {type(error).__name__}"

    async def ask(self, dialog: Screen[Any]) -> Any:
        self.asked.append(type(dialog).__name__)
        return self.answers.pop(0) if self.answers else None

    def key_of(self, name: str) -> str:
        return f"<{name}>"

    @property
    def open(self) -> Any:
        return self

    def live_rooms(self) -> list[Room]:
        return self.rooms

    async def help(self) -> None:
        self.helped += 1


class Side:
    """Where one reply would be shown."""

    def __init__(self) -> None:
        self.reply: Reply | None = None
        self.text = ""
        self.failure: Failure | None = None

    def begin(self, reply: Reply, speaker: Speaker) -> None:
        self.withdraw(reply)

    def tell(self, reply: Reply | None) -> None:
        self.reply = reply

    def hear(self, text: str) -> None:
        self.text += text

    def withdraw(self, reply: Reply) -> None:
        self.reply, self.text = reply, ""

    def end(self, reply: Reply, text: str) -> None:
        self.reply, self.text = reply, text

    def fail(self, reply: Reply, failure: Failure) -> None:
        self.reply, self.failure = reply, failure

    def clear(self) -> None:
        self.reply, self.text = None, ""


@dataclass
class NoPanes:
    """Panes that nobody sees; as in the list, somebody is always under the cursor."""

    state: StudioState
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    are_two: bool = False

    async def lay_out_replies(self, *, are_two: bool) -> None:
        self.are_two = are_two

    def clear_replies(self) -> None:
        self.before.clear()
        self.after.clear()

    def draw_library(self) -> None:
        entries = {entry.slug: entry for entry in self.state.entries()}
        self.state.show(entries.get(self.state.slug) or next(iter(entries.values())))

    def draw_entry(self) -> None:
        pass

    def draw_edited(self) -> None:
        pass

    def draw_edit(self) -> None:
        pass


class NoTerminal:
    """A screen of which only what is written is real."""

    def __init__(self, session: StudioSession) -> None:
        self.line = ""
        self.done: list[object] = []
        self.steps_back = 0
        """So often there is something to go back from."""
        self._session = session

    def go_to_form(self, key: str) -> None:
        self.done.append(("form", key))

    def go_to_try(self) -> None:
        self.done.append("try")

    def go_to_search(self) -> None:
        self.done.append("search")

    def clear_search(self) -> None:
        self.done.append("everybody")

    def step_back(self) -> bool:
        self.steps_back -= 1
        return self.steps_back >= 0

    def fill(self, key: str, text: str) -> None:
        self._session.edit(key, text)

    def close(self) -> None:
        self.done.append("closed")


@dataclass
class Desk:
    """A person in the studio, the Comedian in the form."""

    context: StudioContext
    person: Person
    view: NoTerminal
    panes: NoPanes
    chimera: Chimera

    @property
    def state(self) -> StudioState:
        return self.context.state

    @property
    def words(self) -> str:
        return self.state.fields["words"]

    def write(self, key: str, text: str) -> None:
        """Write into a field of the form."""
        self.context.session.edit(key, text)

    def show(self, slug: str) -> None:
        """Put the cursor of the list on somebody."""
        self.state.slug = slug
        self.panes.draw_library()

    def can(self, name: str) -> bool:
        return COMMANDS.by_name[name].is_available(self.context)

    async def do(self, name: str) -> None:
        assert self.can(name), f"{name} has nothing to act on"
        await COMMANDS.by_name[name].run(self.context, "")

    async def answered(self, name: str = "studio.try") -> None:
        """Do a command after which somebody answers, and wait for the end of it."""
        await self.do(name)
        await until(lambda: not self.context.session.is_trying)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    nowhere = refused_address()
    environ = {"LM_STUDIO_URL": nowhere, "OLLAMA_HOST": nowhere}
    own, db = tmp_path / "personas", tmp_path / "chimera.db"
    async with open_chimera(Settings(), db=db, personas=own, environ=environ) as chimera:
        state = StudioState(chimera.studio.library, "comedian")
        person, panes = Person(), NoPanes(state)
        session = StudioSession(chimera, state, panes, cast("Any", person))
        view = NoTerminal(session)
        context = StudioContext(cast("Any", person), view, panes, session)
        await session.learn()
        session.choose_model(DEMO)
        yield Desk(context, person, view, panes, chimera)
        await session.leave()


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so, with a generous guard against a hang."""
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


# Saving


async def test_save_writes_a_file_and_forgets_the_edit(desk: Desk) -> None:
    assert not desk.can("studio.save")
    desk.write("words", "60")
    await desk.do("studio.save")
    assert desk.chimera.library.get("comedian").words == 60
    assert desk.person.told == ["The Comedian is saved."]
    assert not desk.state.is_edited
    await desk.context.session.leave()
    assert await desk.chimera.studio.sketches() == []


async def test_save_says_that_it_holds_in_the_room_that_is_open(desk: Desk) -> None:
    saved = await desk.chimera.new_conversation(
        topic="Tea?", cast=["comedian", "poet"], pace=0, demo=True, seed=3
    )
    async with desk.chimera.room(saved) as room:
        desk.person.rooms = [room]
        desk.write("words", "60")
        await desk.do("studio.save")
        assert room.conversation.assignment("comedian").persona.words == 60
    assert "In the room it speaks so from its next turn on." in desk.person.told[-1]


@pytest.mark.parametrize("name", ["save", "try", "export", "versions"])
async def test_what_needs_a_sound_form_goes_to_what_is_wrong_in_it(desk: Desk, name: str) -> None:
    desk.write("words", "800")
    await desk.do(f"studio.{name}")
    assert desk.view.done == [("form", "words")]
    assert desk.person.asked == []
    assert desk.chimera.library.origin("comedian") is Origin.BUILTIN


@pytest.mark.parametrize(
    ("answer", "words", "is_edited"), [(0, 60, False), (1, 70, False), (None, 70, True)]
)
async def test_save_asks_about_what_another_program_wrote(
    desk: Desk, answer: int | None, words: int, *, is_edited: bool
) -> None:
    library = desk.chimera.library
    desk.write("words", "60")
    await asyncio.to_thread(library.save, replace(library.get("comedian"), words=70))
    desk.person.answers = [answer]
    await desk.do("studio.save")
    assert desk.person.asked == ["Choose"]
    assert library.get("comedian").words == words
    assert desk.state.is_edited is is_edited
    if answer == 1:
        await desk.do("studio.undo")
        assert desk.words == "60"


# Making


async def test_new_begins_a_persona_that_gets_a_file_of_its_name(desk: Desk) -> None:
    await desk.do("studio.new")
    assert desk.view.done == ["everybody", ("form", "name")]
    assert not desk.can("studio.versions")
    desk.write("name", "The Clown")
    await desk.do("studio.save")
    assert desk.state.slug == "clown"
    assert "clown" in desk.chimera.library.personas


async def test_duplicate_begins_one_that_is_like_this_one(desk: Desk) -> None:
    prompt = desk.state.fields["prompt"]
    await desk.do("studio.duplicate")
    assert desk.state.slug != "comedian"
    assert desk.state.fields["name"] == "The Comedian 2"
    assert desk.state.fields["prompt"] == prompt


# Taking away


async def test_revert_drops_the_edits_and_undo_brings_them_back(desk: Desk) -> None:
    assert not desk.can("studio.revert")
    assert not desk.can("studio.undo")
    desk.write("words", "61")
    await desk.do("studio.revert")
    assert desk.words == "80"
    assert desk.person.told == ["The edits are dropped: <studio.undo> brings them back."]
    await desk.do("studio.undo")
    assert desk.words == "61"
    assert desk.person.told[-1] == "The edits are back."
    assert not desk.can("studio.undo")


async def test_delete_of_what_was_never_saved_is_undone(desk: Desk) -> None:
    assert not desk.can("studio.delete"), "what is built in stays"
    await desk.do("studio.new")
    slug = desk.state.slug
    await desk.do("studio.delete")
    assert desk.state.slug != slug
    assert desk.person.told == ["It is dropped: <studio.undo> brings it back."]
    await desk.do("studio.undo")
    assert desk.state.slug == slug


async def test_delete_of_a_persona_with_edits_is_undone_step_by_step(desk: Desk) -> None:
    await desk.do("studio.new")
    desk.write("name", "Clown")
    await desk.do("studio.save")
    desk.write("words", "61")
    await desk.do("studio.delete")
    assert "clown" not in desk.chimera.library.personas
    assert desk.person.told[-1] == "Clown is deleted: <studio.undo> undoes that."
    await desk.do("studio.undo")
    await desk.do("studio.undo")
    assert "clown" in desk.chimera.library.personas
    desk.show("clown")
    assert desk.words == "61"


async def test_delete_takes_away_a_file_that_cannot_be_read(desk: Desk) -> None:
    library = desk.chimera.library
    path = library.own_file("bob")
    path.parent.mkdir(exist_ok=True)
    path.write_text("words = 'few'\n")
    library.reload_changed()
    desk.show(str(path))
    assert (desk.state.broken, desk.state.slug) == (path, "")
    assert not desk.can("studio.try")
    await desk.do("studio.delete")
    assert not path.exists()
    await desk.do("studio.undo")
    assert path.exists()


async def test_reset_lets_the_built_in_persona_stand_again(desk: Desk) -> None:
    assert not desk.can("studio.reset")
    desk.write("words", "60")
    await desk.do("studio.save")
    await desk.do("studio.reset")
    assert desk.chimera.library.get("comedian").words == 80
    assert desk.person.told[-1].startswith("The Comedian is as it was built in: <studio.undo>")
    await desk.do("studio.undo")
    assert desk.chimera.library.get("comedian").words == 60


async def test_undo_says_why_it_cannot_and_is_not_in_the_way_of_the_step_before(
    desk: Desk,
) -> None:
    desk.write("words", "61")
    await desk.do("studio.save")
    desk.write("words", "62")
    await desk.do("studio.revert")
    path = desk.chimera.library.file("comedian")
    await desk.do("studio.delete")
    path.write_text("name = 'Somebody else'\n")
    with pytest.raises(ChimeraError, match="again"):
        await desk.do("studio.undo")
    await desk.do("studio.undo")
    assert desk.words == "62"


# Trying


async def test_try_lets_the_saved_persona_answer_alone(desk: Desk) -> None:
    await desk.answered()
    reply, text = desk.panes.after.reply, desk.panes.after.text
    assert reply
    assert (reply.title, reply.of, reply.model) == ("says", "as it is saved", DEMO)
    assert reply.words == len(text.split()) > 0
    assert (desk.panes.are_two, desk.panes.before.reply) == (False, None)


async def test_try_lets_the_edited_one_answer_beside_the_saved_one(desk: Desk) -> None:
    desk.view.line = "Is tea wet?"
    desk.write("words", "30")
    await desk.answered()
    before, after = desk.panes.before.reply, desk.panes.after.reply
    assert before
    assert after
    assert (before.of, after.of, desk.panes.are_two) == ("saved", "this draft", True)
    assert compared(before, after)
    assert await desk.chimera.conversations() == [], "what is tried is in no conversation"


async def test_try_says_why_there_is_no_answer(desk: Desk) -> None:
    desk.context.session.choose_model(OTHER)
    await desk.answered()
    assert desk.panes.after.failure
    assert desk.panes.after.failure.problem
    assert desk.panes.after.reply
    assert desk.panes.after.reply.is_over


async def test_a_mistake_of_ours_ends_the_try_alone_and_says_where_it_is_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> AsyncIterator[object]:
        for number in (0,):
            yield 1 / number

    monkeypatch.setattr(desk.context.studio, "preview", broken)
    await desk.answered()
    assert desk.person.told == [
        "A mistake in Chimera stopped it. Details: crash of ZeroDivisionError"
    ]


async def test_somebody_else_in_the_form_has_said_nothing(desk: Desk) -> None:
    await desk.answered()
    assert desk.state.show(next(e for e in desk.state.entries() if e.slug == "poet"))
    desk.context.session.forget_replies()
    assert desk.panes.after.reply is None


async def test_back_stops_who_speaks_before_it_goes_anywhere(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(*_: object, **__: object) -> AsyncIterator[object]:
        yield await asyncio.Event().wait()

    monkeypatch.setattr(desk.context.studio, "preview", endless)
    await desk.do("studio.try")
    await desk.do("back")
    assert desk.view.done == ["try"], "it went nowhere"
    assert not desk.context.session.is_trying
    await desk.do("back")
    assert desk.view.done == ["try", "closed"]


async def test_what_is_answered_is_what_is_written_else_said_else_proposed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, object]] = []

    async def silent(*_: object, line: str, room: object, **__: object) -> AsyncIterator[Any]:
        asked.append((line, room))
        for event in list[Any]():
            yield event

    monkeypatch.setattr(desk.context.studio, "preview", silent)
    await desk.answered()
    saved = await desk.chimera.new_conversation(
        topic="Tea?", cast=["comedian", "poet"], pace=0, demo=True, seed=3
    )
    async with desk.chimera.room(saved) as room:
        desk.person.rooms = [room]
        await room.say("Well?")
        await desk.answered()
        desk.view.line = "Why?"
        await desk.answered()
    assert asked == [(LINE, None), ("", room), ("Why?", room)]


async def test_model_is_chosen_for_tries_alone(desk: Desk) -> None:
    desk.person.answers = [Picked("comedian", OTHER, ()), Picked("comedian", None, ()), None]
    for model in (OTHER, None, None):
        await desk.do("studio.model")
        assert desk.context.session.model == model
    assert desk.person.asked == ["ModelPicker"] * 3
    assert not desk.state.is_edited


async def test_emoji_and_model_of_the_form_are_chosen_from_lists(desk: Desk) -> None:
    desk.person.answers = ["🐙", Picked("comedian", OTHER, ())]
    await choose_value(desk.context, "emoji")
    await choose_value(desk.context, "model")
    assert desk.person.asked == ["EmojiPicker", "ModelPicker"]
    assert desk.state.fields["emoji"] == "🐙"
    assert desk.state.fields["model"] == str(OTHER)
    desk.person.answers = [Picked("comedian", None, ())]
    await choose_value(desk.context, "model")
    assert desk.state.fields["model"] == ""
    for key in ("emoji", "model"):
        await choose_value(desk.context, key)  # the person thinks better of it
    assert desk.state.fields["emoji"] == "🐙"


async def test_versions_brings_an_older_one_into_the_form(desk: Desk) -> None:
    older = replace(desk.chimera.library.get("comedian"), words=44)
    desk.person.answers = [Chosen(older, "3 Nov", is_compared=False)]
    await desk.do("studio.versions")
    assert desk.person.asked == ["PersonaVersions"]
    assert desk.words == "44"
    assert desk.person.told == ["It stands in the form: <studio.save> saves it."]


async def test_versions_tries_an_older_one_beside_the_form(desk: Desk) -> None:
    older = replace(desk.chimera.library.get("comedian"), words=44)
    desk.person.answers = [Chosen(older, "3 Nov", is_compared=True)]
    await desk.answered("studio.versions")
    assert desk.panes.before.reply
    assert desk.panes.before.reply.of == "3 Nov"
    assert desk.words == "80"


# Files


async def test_import_takes_a_card_in(desk: Desk, tmp_path: Path) -> None:
    card = tmp_path / "clown.json"
    card.write_text(json.dumps(v2(name="Clown", description="Honks.")))
    desk.person.answers = [card]
    await desk.do("studio.import")
    assert desk.state.slug == "clown"
    assert desk.person.told[0].startswith("Clown is in the library now.")
    desk.person.answers = [card, 0]
    await desk.do("studio.import")
    assert desk.person.asked == ["PickFile", "PickFile", "Choose"]
    assert desk.state.slug == "clown-2"
    with pytest.raises(InvalidFileError):
        await import_file(desk.context, tmp_path / "nothing.json")


async def test_export_writes_what_stands_in_the_form(desk: Desk, tmp_path: Path) -> None:
    desk.write("words", "61")
    path = tmp_path / "out.toml"
    desk.person.answers = [0, str(path)]
    await desk.do("studio.export")
    assert desk.person.asked == ["Choose", "AskText"]
    assert "words = 61" in path.read_text()
    assert desk.person.told == [f"Written to {path}."]
    desk.person.answers = [0, str(path)]
    with pytest.raises(ChimeraError, match="already"):
        await desk.do("studio.export")


@pytest.mark.parametrize("name", ["model", "versions", "import", "export"])
async def test_a_question_that_is_cancelled_changes_nothing(desk: Desk, name: str) -> None:
    before = desk.state.fields
    await desk.do(f"studio.{name}")
    assert len(desk.person.asked) == 1
    assert desk.state.fields == before
    assert (desk.state.is_edited, desk.person.told) == (False, [])


# Moving about


async def test_search_and_help(desk: Desk) -> None:
    await desk.do("studio.search")
    assert desk.view.done == ["search"]
    await desk.do("help")
    assert desk.person.helped == 1


async def test_back_leaves_when_there_is_nothing_to_go_back_from(desk: Desk) -> None:
    desk.view.steps_back = 1
    desk.write("words", "61")
    await desk.do("back")
    assert desk.view.done == []
    await desk.do("back")
    assert desk.view.done == ["closed"]
    assert desk.person.told == ["1 edit is not saved, and kept: the studio shows it."]
    assert [sketch.slug for sketch in await desk.chimera.studio.sketches()] == ["comedian"]


def test_every_command_has_a_key_and_a_name_of_its_own() -> None:
    assert all(command.keys and command.words for command in COMMANDS.by_name.values())
    keys = [key for command in COMMANDS.by_name.values() for key in command.keys.split(",")]
    assert len(keys) == len({*keys})
