"""The studio: personas are found, edited, tried, saved, taken away and brought back."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from chimera_tui.domain.conversation import DEMO
from chimera_tui.domain.history import PersonaVersion, Sketch, Uses
from chimera_tui.library.library import Library, Origin, builtin_folder
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.settings.settings import Settings
from chimera_tui.ui.help.help_screen import HelpScreen
from chimera_tui.ui.kit.dialog import Choose
from chimera_tui.ui.kit.pick_file import PickFile
from chimera_tui.ui.kit.slider import Slider
from chimera_tui.ui.room.model_picker import ModelPicker
from chimera_tui.ui.room.room_panels import CastList
from chimera_tui.ui.room.room_screen import RoomScreen
from chimera_tui.ui.studio.commands import COMMANDS
from chimera_tui.ui.studio.emoji_picker import EmojiPicker
from chimera_tui.ui.studio.persona_fields import texts_of
from chimera_tui.ui.studio.persona_versions import PersonaVersions
from chimera_tui.ui.studio.studio_screen import StudioScreen
from tests.cards.corpus import v2
from tests.fakes import NOON
from tests.ui.fakes import LMSTUDIO, a_saved
from tests.ui.running import live_room, room_of, running, text_of, until
from tests.ui.studio import StudioChimera, open_studio, studio_of

TALK = (("philosopher", "Is it?"), ("comedian", "It was on Tuesday."))


def a_chimera(**details: Any) -> StudioChimera:
    return StudioChimera(a_saved(*TALK), **details)


async def write(pilot: Pilot[Any], key: str, text: str) -> None:
    """Write into a field, in place of what stands there."""
    field = studio_of(pilot).panes.form.field(key).control
    field.focus()
    await pilot.pause()
    if isinstance(field, Input):
        field.value = text
    elif isinstance(field, TextArea):
        field.text = text
    await until(pilot, lambda: studio_of(pilot).panes.form.fields[key] == text, key)


async def saved(pilot: Pilot[Any], fake: StudioChimera, slug: str) -> None:
    """Save, and wait until nothing is left to be saved."""
    await pilot.press("ctrl+s")
    studio = studio_of(pilot)
    await until(
        pilot, lambda: not studio.state.book.sketches and slug in fake.studio.library.personas
    )


async def test_one_key_in_the_cast_opens_the_studio_and_the_room_goes_on(tmp_path: Path) -> None:
    fake = a_chimera(provider=ScriptedProvider(["Well, ", "yes."]))
    async with running(fake, tmp_path) as pilot:
        cast = room_of(pilot).query_one(CastList)
        cast.focus()
        await pilot.press("down", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, StudioScreen))
        assert studio_of(pilot).state.slug == "comedian"
        before = len(live_room(pilot).tree.path)
        live_room(pilot).next()
        await until(pilot, lambda: len(live_room(pilot).tree.path) > before)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, RoomScreen))
        assert "Well, yes." in text_of(pilot)


async def test_a_command_opens_it_at_a_persona(tmp_path: Path) -> None:
    async with running(a_chimera(), tmp_path) as pilot:
        await pilot.press(*"/studio", "space", *"scientist", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, StudioScreen))
        assert studio_of(pilot).state.slug == "scientist"


async def test_a_search_shows_who_fits_and_says_when_nobody_does(tmp_path: Path) -> None:
    async with running(a_chimera(), tmp_path) as pilot:
        studio = await open_studio(pilot)
        await pilot.press("slash", *"octopus")
        await until(pilot, lambda: studio.state.slug == "marine-biologist")
        assert "Comedian" not in text_of(pilot)
        await pilot.press(*"zzz")
        await until(pilot, lambda: "Nobody is called so." in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "thinkers" in text_of(pilot))


async def test_the_list_says_who_spoke_how_often(tmp_path: Path) -> None:
    fake = a_chimera()
    fake.records.known = {"comedian": Uses(conversations=3, messages=41)}
    async with running(fake, tmp_path) as pilot:
        await open_studio(pilot)
        assert "41 said in 3 rooms" in text_of(pilot)


async def test_a_field_is_checked_while_it_is_filled_in(tmp_path: Path) -> None:
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        await open_studio(pilot)
        await write(pilot, "words", "800")
        await until(pilot, lambda: "✕ 20 to 300" in text_of(pilot))
        assert "✕ a whole number from 20 to 300" in text_of(pilot)
        assert "✕ 1 to mend" in text_of(pilot)
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert fake.library.origin("comedian") is Origin.BUILTIN  # type: ignore[attr-defined]
        await write(pilot, "words", "60")
        await until(pilot, lambda: "edited, not saved" in text_of(pilot))


async def test_saving_holds_from_the_next_turn_of_the_room(tmp_path: Path) -> None:
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        await open_studio(pilot)
        await write(pilot, "prompt", "You are short.")
        await saved(pilot, fake, "comedian")
        cast = live_room(pilot).conversation.cast
        assert [one.persona.prompt for one in cast if one.persona.slug == "comedian"] == [
            "You are short."
        ]
        assert (fake.own / "comedian.toml").is_file()
        await until(pilot, lambda: "✓ saved" in text_of(pilot))


async def test_an_edit_that_is_not_saved_is_there_again(tmp_path: Path) -> None:
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        await open_studio(pilot)
        await write(pilot, "words", "800")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, RoomScreen))
        await until(pilot, lambda: "1 edit is not saved, and kept" in text_of(pilot))
        studio = await open_studio(pilot)
        assert studio.state.book.fields("comedian")["words"] == "800"
    assert fake.records.kept["comedian"].fields["words"] == "800"


async def test_where_it_is_narrow_one_pane_follows_the_other(tmp_path: Path) -> None:
    async with running(a_chimera(), tmp_path, (60, 18)) as pilot:
        studio = await open_studio(pilot)
        assert "thinkers" in text_of(pilot) or "performers" in text_of(pilot)
        assert "Who is it" not in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Who is it" in text_of(pilot))
        await pilot.press("tab", "tab", "right", "ctrl+t")
        await until(pilot, lambda: "as long as before" in text_of(pilot))
        await until(pilot, lambda: studio.focused is studio.query_one("#try-line"))
        await pilot.press("escape")
        await until(pilot, lambda: studio.focused is studio.panes.form.field("colour").control)
        assert "Who is it" in text_of(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: studio.panes.persons.has_focus)


async def test_what_is_written_last_is_kept_when_the_program_ends(tmp_path: Path) -> None:
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await write(pilot, "words", "61")
        fake.records.kept.clear()  # as another program that saves the same persona would
        await studio.leave()
    assert fake.records.kept["comedian"].fields["words"] == "61"


async def test_a_file_dropped_onto_a_line_of_text_is_taken_in(tmp_path: Path) -> None:
    card = tmp_path / "clown.json"
    card.write_text(json.dumps(v2(name="Clown", description="Honks.")))
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        search = studio.query_one("#studio-search", Input)
        search.focus()
        search.post_message(events.Paste(str(card)))
        await until(pilot, lambda: studio.state.slug == "clown")
        assert search.value == ""
        search.post_message(events.Paste("a \x1b[31mword\nmore"))
        await until(pilot, lambda: search.value == "a ␛[31mword more")


async def test_writing_what_was_there_is_no_edit(tmp_path: Path) -> None:
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await write(pilot, "words", "81")
        assert "comedian" in studio.state.book.sketches
        await write(pilot, "words", "80")
        assert studio.state.book.sketches == {}
        await until(pilot, lambda: fake.records.kept == {})


async def test_going_through_the_list_edits_nothing(tmp_path: Path) -> None:
    async with running(a_chimera(), tmp_path) as pilot:
        studio = await open_studio(pilot)
        await pilot.press(*["down"] * 12, *["up"] * 30, "end")
        await until(pilot, lambda: studio.state.slug == "narrator")
        assert studio.state.book.sketches == {}


async def test_numbers_and_hues_are_chosen_by_key_and_mouse(tmp_path: Path) -> None:
    async with running(a_chimera(), tmp_path) as pilot:
        studio = await open_studio(pilot)
        slider = studio.panes.form.field("temperature").control
        assert isinstance(slider, Slider)
        slider.focus()
        await pilot.press("right")
        await until(pilot, lambda: studio.panes.form.fields["temperature"] == "0.95")
        await pilot.press("end")
        await until(pilot, lambda: studio.panes.form.fields["temperature"] == "2")
        await pilot.mouse_down(slider, offset=(2, 0))
        await pilot.mouse_up(slider, offset=(2, 0))
        await until(pilot, lambda: studio.panes.form.fields["temperature"] == "0")
        swatches = studio.panes.form.field("colour").control
        assert isinstance(swatches, Slider)
        swatches.focus()
        await pilot.press("left", "left")
        await until(pilot, lambda: studio.panes.form.fields["colour"] == "12")
        assert "lime" in text_of(pilot)
        await pilot.click(swatches, offset=(2 + 2 * 7, 0))
        await until(pilot, lambda: studio.panes.form.fields["colour"] == "8")


async def test_an_emoji_is_found_by_its_name(tmp_path: Path) -> None:
    async with running(a_chimera(), tmp_path) as pilot:
        studio = await open_studio(pilot)
        studio.panes.form.field("emoji").control.focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EmojiPicker))
        await pilot.press(*"qq")
        await until(pilot, lambda: "Nothing fits" in text_of(pilot))
        await pilot.press("backspace", "backspace", *"octopus", "enter")
        await until(pilot, lambda: studio.panes.form.fields["emoji"] == "🐙")


async def test_the_unsaved_persona_answers_beside_the_saved_one(tmp_path: Path) -> None:
    fake = a_chimera(said=ScriptedProvider(["A joke ", "walks in."]))
    async with running(fake, tmp_path) as pilot:
        await open_studio(pilot)
        await write(pilot, "words", "60")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: text_of(pilot).count("4 words") == 2)
        assert "before" in text_of(pilot)
        assert "this draft" in text_of(pilot)
        assert "as long as before" in text_of(pilot)
        assert len(fake.records.told) == 2
        assert [m.text for m in live_room(pilot).tree.path] == [text for _, text in TALK]


async def test_it_answers_a_line_of_yours_on_a_model_of_your_choice(tmp_path: Path) -> None:
    asked = ScriptedProvider(["Who?"])
    fake = a_chimera(said=asked)
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelPicker))
        await pilot.press(*"demo", "enter")
        await until(pilot, lambda: studio.session.model == DEMO)
        assert "DEMO" in text_of(pilot)
        studio.query_one("#try-line").focus()
        await pilot.press(*"Knock", "enter")
        await until(pilot, lambda: studio.query_one("#try-after").reply)  # type: ignore[attr-defined]
        await until(pilot, lambda: asked.requests and "1 words" in text_of(pilot))
        assert "[Human]: Knock" in asked.requests[0].messages[0].text
        assert text_of(pilot).count(" DEMO ") == 2


async def test_without_a_provider_the_demo_is_proposed(tmp_path: Path) -> None:
    fake = StudioChimera(a_saved(*TALK, cast=("philosopher",)), healths=[LMSTUDIO])
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot, "chef")
        assert studio.session.model == DEMO


async def test_a_new_persona_gets_a_file_of_its_name(tmp_path: Path) -> None:
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await pilot.press("n")
        await until(pilot, lambda: "✕ 1 to mend" in text_of(pilot))
        await write(pilot, "name", "The Clown")
        await until(pilot, lambda: "Clown" in text_of(pilot))
        await saved(pilot, fake, "clown")
        assert (fake.own / "clown.toml").is_file()
        await pilot.press("escape", "d")
        await until(pilot, lambda: studio.panes.form.fields["name"] == "The Clown 2")
        await saved(pilot, fake, "clown-2")
        await until(pilot, lambda: studio.state.slug == "clown-2")


async def test_a_deletion_is_undone(tmp_path: Path) -> None:
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await write(pilot, "words", "60")
        await saved(pilot, fake, "comedian")
        await pilot.press("escape", "b")
        await until(pilot, lambda: fake.library.get("comedian").words == 80)
        assert live_room(pilot).conversation.assignment("comedian").persona.words == 80
        await pilot.press("u")
        await until(pilot, lambda: fake.library.get("comedian").words == 60)
        await until(pilot, lambda: studio.panes.form.fields["words"] == "60")


async def test_what_is_built_in_is_not_deleted(tmp_path: Path) -> None:
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await pilot.press("delete")
        await pilot.pause()
        assert "comedian" in fake.studio.library.personas
        assert not studio.check_action("do", ("studio.delete",))


async def test_dropped_edits_come_back(tmp_path: Path) -> None:
    async with running(a_chimera(), tmp_path) as pilot:
        studio = await open_studio(pilot)
        await write(pilot, "words", "61")
        await pilot.press("escape", "z")
        await until(pilot, lambda: studio.panes.form.fields["words"] == "80")
        await pilot.press("u")
        await until(pilot, lambda: studio.panes.form.fields["words"] == "61")


@pytest.mark.parametrize(("keys", "words"), [(("enter",), 60), (("down", "enter"), 70)])
async def test_what_another_program_wrote_is_asked_about(
    tmp_path: Path, keys: tuple[str, ...], words: int
) -> None:
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await write(pilot, "words", "60")
        other = Library.load(builtin_folder(), fake.own)
        theirs = (
            (builtin_folder() / "comedian.toml").read_text().replace("words = 80", "words = 70")
        )
        (other.folders[-1] / "comedian.toml").write_text(theirs)
        fake.changes = fake.studio.library.reload_changed()
        await pilot.app.checks.look_for_files().wait()  # type: ignore[attr-defined]
        await until(pilot, lambda: "Changed by another program" in text_of(pilot))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press(*keys)
        await until(pilot, lambda: not studio.state.book.sketches)
        assert Library.load(fake.own).get("comedian").words == words
        await until(pilot, lambda: studio.panes.form.fields["words"] == str(words))


async def test_an_older_version_comes_back_into_the_form(tmp_path: Path) -> None:
    fake = a_chimera()
    old = fake.library.get("comedian")
    fake.records.old["comedian"] = [
        PersonaVersion(persona=replace(old, words=44), saved_at=NOON, messages=7)
    ]
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, PersonaVersions))
        assert "20 Nov 2026" in text_of(pilot)
        assert "7 messages" in text_of(pilot)
        assert "- 44" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: studio.panes.form.fields["words"] == "44")
        assert "comedian" in studio.state.book.sketches


async def test_a_file_that_cannot_be_read_is_listed_with_its_problem(tmp_path: Path) -> None:
    fake = a_chimera()
    (fake.own / "bob.toml").write_text("words = 'few'\n")
    fake.studio.library.reload_changed()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await pilot.press("end")
        await until(pilot, lambda: "`words`" in text_of(pilot))
        assert "bob.toml" in text_of(pilot)
        await pilot.press("delete")
        await until(pilot, lambda: not studio.app.chimera.library.broken)  # type: ignore[union-attr]
        await pilot.press("u")
        await until(pilot, (fake.own / "bob.toml").exists)


async def test_a_card_is_dropped_in_and_what_was_dropped_is_said(tmp_path: Path) -> None:
    card = tmp_path / "my clown.json"
    card.write_text(json.dumps(v2(name="Clown", description="Honks. " * 900)))
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        studio.post_message(events.Paste(f"'{card}'"))
        await until(pilot, lambda: studio.state.slug == "clown")
        assert "is in the library now" in text_of(pilot)
        assert (fake.own / "clown.card.json").is_file()


async def test_a_file_is_found_folder_by_folder(tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    card = tmp_path / "cards" / "clown.json"
    card.write_text(json.dumps(v2(name="Clown", description="Honks.")))
    fake = a_chimera()
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickFile))
        pilot.app.screen.query_one(Input).value = f"{tmp_path}/"
        await until(pilot, lambda: "cards/" in text_of(pilot))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "clown.json" in text_of(pilot))
        await pilot.press("down", "enter")
        await until(pilot, lambda: studio.state.slug == "clown")


async def test_a_persona_is_written_to_a_file(tmp_path: Path) -> None:
    async with running(a_chimera(), tmp_path) as pilot:
        await open_studio(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("down", "enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Choose))
        pilot.app.screen.query_one(Input).value = str(tmp_path / "out.png")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "out.png").exists)
        await until(pilot, lambda: "Written to" in text_of(pilot))


async def test_an_edit_whose_persona_is_gone_is_not_shown(tmp_path: Path) -> None:
    fake = a_chimera()
    fields = texts_of(fake.library.get("comedian"))
    fake.records.kept["gone"] = Sketch(slug="gone", fields=fields, base="1" * 12)
    fake.records.kept["broken"] = Sketch(slug="comedian", fields={"name": "x"}, base="")
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        assert studio.state.book.sketches == {}


async def test_the_palette_offers_what_can_be_done_now(tmp_path: Path) -> None:
    async with running(a_chimera(), tmp_path) as pilot:
        studio = await open_studio(pilot)
        offered = [(words, how) for words, how, _ in studio.palette_entries()]
        assert ("Try it", "^t") in offered
        assert "Save" not in dict(offered)
        await write(pilot, "words", "61")
        assert "Save" in [words for words, _, _ in studio.palette_entries()]
        do = next(do for words, _, do in studio.palette_entries() if words == "Drop the edits")
        studio.call_later(do)
        await until(pilot, lambda: not studio.state.is_edited)


async def test_the_help_tells_of_every_command_once(tmp_path: Path) -> None:
    settings = Settings(keys={"studio.undo": "f5"})
    async with running(a_chimera(), tmp_path, settings=settings) as pilot:
        await open_studio(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        shown = pilot.app.screen
        assert isinstance(shown, HelpScreen)
        words = [words for _, words in shown._own]
        assert words == [command.words for command in COMMANDS.by_name.values()]
        keys = {words: keys for keys, words in shown._own}
        assert (keys["New"], keys["Undo"], keys["Back"]) == ("^n n", "f5", "esc")


async def test_hints_name_the_keys_that_are_bound(tmp_path: Path) -> None:
    settings = Settings(keys={"studio.undo": "f5", "studio.save": "f2"})
    async with running(a_chimera(), tmp_path, settings=settings) as pilot:
        studio = await open_studio(pilot)
        await write(pilot, "words", "61")
        assert "f2 save" in text_of(pilot)
        await pilot.press("escape", "z")
        await until(pilot, lambda: "f5 brings them back" in text_of(pilot))
        await pilot.press("f5")
        await until(pilot, lambda: studio.panes.form.fields["words"] == "61")
        await pilot.press("f2")
        await until(pilot, lambda: not studio.state.is_edited)


async def test_a_screen_that_is_closed_while_somebody_speaks_ends_nothing(tmp_path: Path) -> None:
    fake = a_chimera(said=ScriptedProvider(["A joke ", asyncio.Event()]))
    async with running(fake, tmp_path) as pilot:
        studio = await open_studio(pilot)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: studio.panes.after.reply)
        assert studio.session.is_trying
        await pilot.app.pop_screen()
        await until(pilot, lambda: not studio.session.is_trying)
        assert pilot.app.screen is room_of(pilot)
