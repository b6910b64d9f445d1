"""The transcript as a reader meets it: it follows, stands still, and does what it is told."""

import time
from dataclasses import replace
from typing import Any

import pytest
from textual.events import MouseUp
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from chimera_tui.ui.kit.glyphs import ASCII
from chimera_tui.ui.transcript.entries import FailureEntry, MessageEntry, NoticeEntry
from chimera_tui.ui.transcript.transcript import Transcript
from chimera_tui.ui.transcript.transcript_stream import HIDDEN, LOCAL, REMOTE
from tests.corpus import CORPUS
from tests.ui.transcript_app import (
    HUES,
    SCIENTIST,
    TranscriptApp,
    a_message,
    a_talk,
    the_failure,
    the_joke,
)


async def drained(pilot: Pilot[None], transcript: Transcript) -> None:
    """Wait until all streamed text is shown."""
    while transcript.is_streaming:
        await pilot.pause()
    await pilot.pause()


def focus_of(app: TranscriptApp) -> object:
    return app.transcript.focused_key


def live(key: int, text: str = "") -> MessageEntry:
    return MessageEntry(key=key, speaker=SCIENTIST, time="12:00", text=text, is_live=True)


# Following and standing still.


async def test_it_opens_at_the_end_and_follows_it() -> None:
    app = TranscriptApp(a_talk(50))
    async with app.run_test(size=(60, 20)) as pilot:
        assert "Message 49." in "\n".join(app.screen_text())

        app.transcript.add(a_message(50, "The newest."))
        await pilot.pause()

        assert app.screen_text()[-2].endswith("The newest.")
        assert app.transcript.new_count == 0


async def test_a_reader_who_went_up_is_left_alone_and_told_what_is_new() -> None:
    app = TranscriptApp(a_talk(50))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("pageup")
        before = app.screen_text()

        app.transcript.add(a_message(50))
        app.transcript.add(live(51))
        app.transcript.stream(51, "a long reply\n\n" * 20)
        await drained(pilot, app.transcript)

        assert app.screen_text() == before
        assert app.transcript.new_count == 2
        counts = [said.count for said in app.said if isinstance(said, Transcript.NewCount)]
        assert counts == [1, 2]


async def test_coming_back_to_the_end_follows_again() -> None:
    app = TranscriptApp(a_talk(50))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("pageup")
        app.transcript.add(a_message(50))
        await pilot.press("pagedown", "pagedown")
        assert app.transcript.new_count == 0

        app.transcript.add(a_message(51, "The newest."))
        await pilot.pause()
        assert app.screen_text()[-2].endswith("The newest.")


async def test_jumping_to_the_end_settles_the_count() -> None:
    app = TranscriptApp(a_talk(50))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("g")
        app.transcript.add(a_message(50, "The newest."))
        app.transcript.jump_to_end()
        await pilot.pause()

        assert app.transcript.new_count == 0
        assert "The newest." in "\n".join(app.screen_text())


async def test_no_line_jumps_while_heights_become_exact() -> None:
    app = TranscriptApp(a_talk(300))
    async with app.run_test(size=(60, 20)) as pilot:
        for _ in range(60):
            before = app.screen_text()
            app.transcript.scroll_relative(y=-7, animate=False)
            await pilot.pause()
            assert app.screen_text()[7:] == before[:-7]


async def test_it_can_be_read_from_the_first_line_to_the_last() -> None:
    app = TranscriptApp(a_talk(14))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("g")
        seen = app.screen_text()
        while app.transcript.scroll_y < app.transcript.max_scroll_y:
            app.transcript.scroll_relative(y=1, animate=False)
            await pilot.pause()
            seen.append(app.screen_text()[-1])

        heads = [line.split()[-1] for line in seen if "Message" in line]
        assert heads == [f"{number}." for number in range(14)]


async def test_a_reply_that_grows_above_the_view_moves_nothing() -> None:
    app = TranscriptApp([live(0), *a_talk(30, first=1)])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("pageup")
        before = app.screen_text()

        app.transcript.stream(0, "more\n\n" * 30)
        await drained(pilot, app.transcript)

        assert app.screen_text() == before


# Entries.


async def test_entries_are_replaced_and_taken_out_in_their_place() -> None:
    app = TranscriptApp(a_talk(10))
    async with app.run_test(size=(60, 40)) as pilot:
        app.transcript.replace(8, a_message(80, "Another answer."))
        app.transcript.discard(9)
        await pilot.pause()

        assert app.transcript.keys == [0, 1, 2, 3, 4, 5, 6, 7, 80]
        assert app.transcript.source_of(80) == "Another answer."
        assert app.screen_text()[-2].endswith("Another answer.")


async def test_taking_out_what_is_above_leaves_the_reader_where_he_is() -> None:
    app = TranscriptApp(a_talk(50))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("pageup")
        before = app.screen_text()
        app.transcript.discard(0)
        app.transcript.replace(3, a_message(3, "longer\n\n" * 9))
        await pilot.pause()

        assert app.screen_text() == before


async def test_streamed_text_is_shown_and_is_there_at_once_for_copying() -> None:
    app = TranscriptApp([live(1)])
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.stream(1, "Half a ")
        app.transcript.stream(1, "**sentence**")
        assert app.transcript.source_of(1) == "Half a **sentence**"

        await drained(pilot, app.transcript)
        assert app.screen_text()[2] == "  │  Half a sentence█"


async def test_a_message_that_is_done_has_no_cursor_and_no_late_text() -> None:
    app = TranscriptApp([live(1)])
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.stream(1, "Not all")
        app.transcript.replace(1, replace(live(1, "All of it."), is_live=False))
        await drained(pilot, app.transcript)

        assert app.screen_text()[2] == "  │  All of it."
        assert app.transcript.source_of(1) == "All of it."


async def test_streaming_to_what_is_not_there_is_an_error() -> None:
    app = TranscriptApp([live(1)])
    async with app.run_test():
        with pytest.raises(KeyError):
            app.transcript.stream(2, "lost")


async def test_loading_forgets_what_was_there() -> None:
    app = TranscriptApp([live(1)])
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.focused_key = 1
        app.transcript.stream(1, "lost")
        app.transcript.load([a_message(2, "Here.")])
        await drained(pilot, app.transcript)

        assert app.transcript.keys == [2]
        assert focus_of(app) is None
        assert app.screen_text()[2] == "  │  Here."


async def test_a_transcript_may_be_empty() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("j", "k", "g", "G", "pageup", "ctrl+d")
        await pilot.click(Transcript, offset=(5, 5))
        assert set(app.screen_text()) == {""}


# Heads.


async def test_a_head_short_of_columns_gives_up_the_model_then_chips_never_name_or_time() -> None:
    (joke,) = (entry for entry in the_joke() if entry.key == 3)
    app = TranscriptApp([joke])
    async with app.run_test(size=(64, 40)) as pilot:
        heads = []
        for width in (64, 46, 38, 28):
            await pilot.resize_terminal(width, 40)
            while app.transcript.virtual_size.width != width - 1:
                await pilot.pause()
            heads.append(" ".join(app.screen_text()[1].split()))

    assert heads == [
        "🦉 Philosopher claude-sonnet-4.5 ★ 4 ‹ 2/3 › 12:02",
        "🦉 Philosopher ★ 4 ‹ 2/3 › 12:02",
        "🦉 Philosopher ‹ 2/3 › 12:02",
        "🦉 Philosopher 12:02",
    ]


async def test_no_text_can_look_like_a_head() -> None:
    forged = a_message(1, "🦉 Philosopher  claude   12:02\n\n▌  You\n\n│ text")
    app = TranscriptApp([forged])
    async with app.run_test(size=(60, 20)):
        assert all(line.startswith("  │") for line in app.screen_text()[2:6])


async def test_columns_have_no_heads() -> None:
    app = TranscriptApp(
        [a_message(1, "- one"), a_message(2, "two")], transcript=Transcript(heads=False)
    )
    async with app.run_test(size=(30, 8)):
        assert app.screen_text()[:5] == ["", "  • one", "", "  two", ""]


async def test_every_mark_has_an_ascii_form() -> None:
    entries = [*the_joke(), *the_failure()[1:]]
    app = TranscriptApp(entries, transcript=Transcript(glyphs=ASCII))
    async with app.run_test(size=(60, 60)):
        text = "\n".join(app.screen_text())
    for foreign in ("🎭", "🔬", "🦉", "👵", "★", "‹", "›", "▸", "\u00a0"):
        text = text.replace(foreign, "")
    assert text.isascii()


# The focus.


async def test_keys_move_the_focus_and_adds_no_rows() -> None:
    app = TranscriptApp(the_joke())
    async with app.run_test(size=(80, 40)) as pilot:
        before = app.screen_text()
        await pilot.press("g", "j", "j")
        assert focus_of(app) == 3

        after = app.screen_text()
        changed = [new for old, new in zip(before, after, strict=True) if old != new]
        assert all(line.startswith("▌") for line in changed)
        assert changed[-1].endswith("r again   ‹› answers   y copy")
        assert len(changed) == len(range(9, 21))


async def test_the_focus_passes_over_notices() -> None:
    app = TranscriptApp(the_joke())
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press("G", "k")
        assert focus_of(app) == 4
        await pilot.press("j")
        assert focus_of(app) == 6
        await pilot.press("j")
        assert focus_of(app) == 6


async def test_focusing_an_older_message_holds_the_view_and_the_last_one_follows() -> None:
    app = TranscriptApp(a_talk(50))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("k", "k")
        before = app.screen_text()
        app.transcript.add(a_message(50))
        await pilot.pause()
        assert app.screen_text()[:-1] == before[:-1]
        assert app.transcript.new_count == 1

        await pilot.press("G")
        assert focus_of(app) == 50
        assert app.transcript.new_count == 0


async def test_the_whole_focused_message_comes_into_view() -> None:
    app = TranscriptApp(a_talk(200))
    async with app.run_test(size=(60, 24)) as pilot:
        for _ in range(30):
            await pilot.press("k")
            text = "\n".join(app.screen_text())
            assert f"Message {app.transcript.focused_key}." in text
            assert "answers" in text
        await pilot.press("g")
        assert "Message 0." in "\n".join(app.screen_text())


async def test_a_removed_message_takes_its_focus_with_it_and_a_replaced_one_keeps_it() -> None:
    app = TranscriptApp(a_talk(5))
    async with app.run_test(size=(60, 40)) as pilot:
        app.transcript.focused_key = 2
        app.transcript.replace(2, a_message(20))
        assert focus_of(app) == 20
        app.transcript.discard(20)
        await pilot.pause()

        assert focus_of(app) is None
        focused = [said.key for said in app.said if isinstance(said, Transcript.Focused)]
        assert focused == [2, 20, None]


# The mouse.


async def test_a_click_focuses_a_message_and_then_chooses_an_action() -> None:
    app = TranscriptApp(the_joke())
    async with app.run_test(size=(80, 40)) as pilot:
        row = next(n for n, line in enumerate(app.screen_text()) if "that it is funny" in line)
        await pilot.click(Transcript, offset=(12, row))
        assert focus_of(app) == 3

        row = next(n for n, line in enumerate(app.screen_text()) if "answers" in line)
        await pilot.click(Transcript, offset=(app.screen_text()[row].index("again"), row))
        chosen = [said for said in app.said if isinstance(said, Transcript.ActionChosen)]
        assert [(said.key, said.action) for said in chosen] == [(3, "again")]


async def test_a_click_on_a_remedy_chooses_it() -> None:
    app = TranscriptApp(the_failure())
    async with app.run_test(size=(80, 30)) as pilot:
        row = next(n for n, line in enumerate(app.screen_text()) if "skip the turn" in line)
        await pilot.click(Transcript, offset=(40, row))
        chosen = [said for said in app.said if isinstance(said, Transcript.RemedyChosen)]
        assert [(said.key, said.number) for said in chosen] == [(8, 3)]


async def test_text_is_selected_by_the_mouse_and_copied_without_gutters() -> None:
    app = TranscriptApp(the_joke())
    async with app.run_test(size=(80, 40)) as pilot:
        first = next(n for n, line in enumerate(app.screen_text()) if "I know a joke" in line)
        await pilot.mouse_down(Transcript, offset=(9, first))
        await pilot.hover(Transcript, offset=(7, first + 1))
        await pilot._post_mouse_events([MouseUp], Transcript, offset=(7, first + 1), button=1)
        await pilot.pause()

        assert app.screen.get_selected_text() == (
            "ow a joke the way I know my landlord: we have never been introduced,\nand"
        )
        assert focus_of(app) is None


async def test_all_of_it_can_be_selected() -> None:
    app = TranscriptApp(a_talk(3))
    async with app.run_test(size=(60, 20)):
        text, _ = app.transcript.get_selection(Selection(None, None)) or ("", "")
        assert "Comedian  llama3.2" in text
        assert "│" not in text
        assert "• a point made at some length, twice over" in text


async def test_a_selection_whose_text_moved_is_given_up() -> None:
    app = TranscriptApp(a_talk(5))
    async with app.run_test(size=(60, 40)) as pilot:
        chosen = Selection(Offset(5, 12), Offset(9, 12))
        app.screen.selections = {app.transcript: chosen}
        app.transcript.replace(4, a_message(4, "x\n\ny"))
        await pilot.pause()
        assert app.transcript.text_selection == chosen

        app.transcript.replace(0, a_message(0, "x\n\ny"))
        await pilot.pause()
        assert app.transcript.text_selection is None


# What it must survive.


async def test_a_storm_of_sizes_down_to_one_cell() -> None:
    app = TranscriptApp([*the_joke(), *the_failure()[1:]])
    async with app.run_test(size=(100, 30)) as pilot:
        for size in ((1, 1), (200, 60), (2, 40), (60, 2), (7, 7), (1, 30), (160, 1), (80, 24)):
            await pilot.resize_terminal(*size)
            app.transcript.stream(6, "and ")
            await pilot.press("k")
            await drained(pilot, app.transcript)
        await pilot.press("G")
        assert "openai stopped answering" in "\n".join(app.screen_text())


async def test_the_reader_keeps_his_place_when_the_width_changes() -> None:
    app = TranscriptApp(a_talk(80))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("pageup", "pageup", "pageup")
        first = next(line for line in app.screen_text() if "Message" in line)
        await pilot.resize_terminal(100, 20)
        assert first.split()[-1] in "\n".join(app.screen_text()).split()


@pytest.mark.parametrize("theme", ["chimera-light", "ansi-dark", "nord"])
async def test_another_theme_draws_everything_anew(theme: str) -> None:
    app = TranscriptApp(the_joke())
    async with app.run_test(size=(80, 40)) as pilot:
        before = app.screen_text()
        colours = str(app.transcript.render_line(2))
        app.theme = theme
        await pilot.pause()
        await pilot.pause()
        assert app.screen_text() == before
        assert str(app.transcript.render_line(2)) != colours


async def test_no_nasty_string_reaches_a_drawn_line() -> None:
    app = TranscriptApp()
    async with app.run_test(size=(70, 30)) as pilot:
        for specimen in CORPUS:
            text = specimen.text[:30_000]
            app.transcript.load(
                [
                    a_message(1, text, replace(SCIENTIST, name=text, emoji=text)),
                    replace(live(2, text), model=text, time=text),
                    NoticeEntry(key=3, text=text),
                    FailureEntry(key=4, title=text, lines=(text,), remedies=((text, text),)),
                ]
            )
            app.transcript.hues = {text[:60]: 1}
            for row in range(min(60, app.transcript.virtual_size.height)):
                drawn: Any = app.transcript._line(row).text
                assert not any(
                    ord(c) < 32 or 127 <= ord(c) < 160 or "\u202a" <= c <= "\u202e" for c in drawn
                ), specimen.id
        await pilot.pause()


async def test_emoji_are_plain_where_the_terminal_measures_them_otherwise() -> None:
    for environ, shown in (({"TMUX": "x"}, "👨 👍"), ({}, "👨‍👩‍👧 👍🏽")):
        transcript = Transcript(environ=environ)
        app = TranscriptApp([a_message(1, "👨‍👩‍👧 👍🏽")], transcript=transcript)
        async with app.run_test(size=(60, 20)):
            assert app.screen_text()[2] == f"  │  {shown}"


async def test_names_are_coloured_where_they_are_mentioned() -> None:
    app = TranscriptApp([a_message(1, "Ask @Scientist.")])
    async with app.run_test(size=(60, 20)):
        segments = list(app.transcript.render_line(2))
        (name,) = (piece for piece in segments if piece.text == "@Scientist")
        assert name.style
        assert name.style.color
        assert name.style.color.name == app.theme_variables[f"persona-{HUES['Scientist']}"]


async def test_text_is_painted_less_often_over_ssh_and_least_where_nobody_sees_it() -> None:
    for environ, is_shown, interval in (
        ({}, True, LOCAL),
        ({"SSH_CONNECTION": "1 2 3 4"}, True, REMOTE),
        ({}, False, HIDDEN),
    ):
        app = TranscriptApp([live(1)], transcript=Transcript(environ=environ))
        async with app.run_test(size=(60, 20)) as pilot:
            app.transcript.display = is_shown
            await pilot.pause()
            app.transcript.stream(1, "text")
            before = time.monotonic()
            await drained(pilot, app.transcript)
            assert app.transcript._flusher._next >= before + interval
