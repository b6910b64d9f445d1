"""Markdown to lines: nothing lost, nothing wider than the page, streamed as loaded."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment

from chimera_tui.domain.text import clean
from chimera_tui.ui.kit.themes import DARK, variables_of
from chimera_tui.ui.transcript.growing_text import LONGEST_MARKDOWN, GrowingText, text_rows
from chimera_tui.ui.transcript.transcript_look import Look, Mentions
from chimera_tui.ui.transcript.wrapping import Row, wrap
from tests.corpus import CORPUS, HONEST, Specimen

COLOURS = DARK.to_color_system().generate() | variables_of(DARK)
LOOK = Look.of(COLOURS, is_ansi=False)
PLAIN_GROUND = Look.of(COLOURS, is_ansi=True)


def lines(source: str, width: int = 40, look: Look = LOOK) -> list[str]:
    """The text of the lines, no-break spaces as spaces, without what is blank at the ends."""
    return [text_of(row) for row in text_rows(source, width, look, None)]


def text_of(row: Row) -> str:
    return "".join(piece.text for piece in row).replace("\u00a0", " ").rstrip()


def style_of(rows: list[Row], words: str) -> str:
    return next(str(piece.style) for row in rows for piece in row if words in piece.text)


def test_lists_hang_under_their_text() -> None:
    source = (
        "1. First\n2. Second, long enough that it must be wrapped\n   - nested, and it hangs too"
    )
    assert lines(source, 24) == [
        "1. First",
        "2. Second, long enough",
        "   that it must be",
        "   wrapped",
        "   • nested, and it",
        "     hangs too",
    ]


def test_loose_lists_keep_their_empty_lines_and_tight_ones_have_none() -> None:
    assert lines("- a\n- b") == ["• a", "• b"]
    assert lines("- a\n\n- b") == ["• a", "", "• b"]
    assert lines("9. a\n10. b") == ["9. a", "10. b"]


def test_quotes_have_a_bar_on_every_line() -> None:
    assert lines("> one\n>\n> - two") == ["▌ one", "▌", "▌ • two"]


def test_tables_wrap_their_cells_and_align_them() -> None:
    source = "| kind | held |\n|:--|--:|\n| that | in words that anyone can hear |\n| how | 2 |"
    assert lines(source, 24) == [
        "kind                held",
        "────   ─────────────────",
        "that       in words that",
        "         anyone can hear",
        "",
        "how                    2",
    ]


def test_a_table_too_wide_for_the_page_is_shown_as_it_was_written() -> None:
    source = "|" + "column|" * 9 + "\n|" + "-|" * 9
    assert "".join(lines(source, 20)).count("column") == 9


def test_code_keeps_its_indentation_and_wraps_instead_of_hiding() -> None:
    source = "```python\ndef f(x):\n\treturn [1, 2, 3, 4]\n```"
    assert lines(source, 20) == [" def f(x):", "     return [1, 2,", " 3, 4]"]
    assert lines(source, 40, PLAIN_GROUND) == ["  def f(x):", "      return [1, 2, 3, 4]"]


def test_code_is_coloured_if_its_language_is_known() -> None:
    known = text_rows("```python\ndef f(): ...\n```", 40, LOOK, None)
    unknown = text_rows("```nosuch\ndef f(): ...\n```", 40, LOOK, None)

    assert DARK.primary in style_of(known, "def")
    assert DARK.primary not in style_of(unknown, "def")


def test_inline_code_is_never_broken_at_its_spaces() -> None:
    assert lines("Which of these does `laugh(joke) == True` report", 30) == [
        "Which of these does",
        " laugh(joke) == True  report",
    ]


def test_links_say_where_they_lead_unless_their_text_does() -> None:
    assert lines("[paper](https://e.org/x) <https://e.org>", 60) == [
        "paper (https://e.org/x) https://e.org"
    ]
    assert lines("![a cat](https://e.org/cat.png)", 60) == ["[a cat] (https://e.org/cat.png)"]
    assert lines("[x](javascript:alert(1))", 60) == ["[x](javascript:alert(1))"]


@pytest.mark.parametrize(
    "source",
    [
        "Vec<String> and <think>thoughts</think>",
        "<div>text</div>",
        "[^1]: a note that stands alone",
        "[INFO] ok, arr[i], [/] and [link=http://x]",
        "- [x] done",
        "a -- b ... (c)",
    ],
)
def test_nothing_that_looks_like_markup_is_eaten(source: str) -> None:
    assert "".join(lines(source, 60)) == source.replace("- [x]", "• [x]")


def test_a_newline_is_a_line_break() -> None:
    assert lines("roses are red\nviolets too") == ["roses are red", "violets too"]


def test_entities_cannot_bring_controls_back() -> None:
    assert lines("a &#x202e; b &#27; c &#x9b; `&#27;`") == ["a \ufffd b \ufffd c \ufffd  &#27;"]


def test_mentions_have_the_colour_of_their_persona() -> None:
    mentions = Mentions.of({"Ada": 3, "Ada Lovelace": 4}, LOOK)
    rows = text_rows("@Ada Lovelace, @ada, @Adam and `@Ada`", 60, LOOK, mentions)

    assert style_of(rows, "@Ada Lovelace") == str(LOOK.hues[4])
    assert style_of(rows, "@ada") == str(LOOK.hues[3])
    assert "@Adam" in next(piece.text for piece in rows[0] if "@Adam" in piece.text)


def test_mentions_have_their_colour_in_scripts_without_spaces_and_dressed_up() -> None:
    mentions = Mentions.of({"小蝶": 3, "★Mira★": 4}, LOOK)
    rows = text_rows("你好@小蝶你好, @★Mira★ go", 60, LOOK, mentions)
    assert style_of(rows, "@小蝶") == str(LOOK.hues[3])
    assert style_of(rows, "@★Mira★") == str(LOOK.hues[4])


def test_ideographs_break_anywhere_but_before_closing_marks() -> None:
    rows = wrap([Segment("日本語のテキスト、長い行")], 16)
    assert [text_of(row) for row in rows] == ["日本語のテキス", "ト、長い行"]


def test_a_word_longer_than_the_line_is_cut_and_kept_whole() -> None:
    assert lines("see https://example.org/a/very/long/path ok", 16) == [
        "see",
        "https://example.",
        "org/a/very/long/",
        "path ok",
    ]


def test_a_text_beyond_the_limit_is_only_wrapped() -> None:
    source = "**bold** word\n" * (LONGEST_MARKDOWN // 10)
    assert lines(source, 40)[:2] == ["**bold** word", "**bold** word"]


@given(st.text(max_size=300), st.integers(8, 90))
@settings(max_examples=150, deadline=None)
def test_no_line_is_wider_than_the_page(source: str, width: int) -> None:
    rows = wrap([Segment(clean(source))], width)

    assert all(cell_len(text_of(row)) <= width for row in rows)
    assert "".join("".join(p.text for p in row) for row in rows).replace(" ", "") == clean(
        source
    ).replace(" ", "").replace("\n", "")


PIECES = (
    "A paragraph with **bold**, *italic*, `code` and ~~struck~~ words, @Ada.",
    "# Heading",
    "Setext\n---",
    "- item\n- item with\n  a second line\n  - nested\n\n- loose",
    "3. three\n4. four",
    "> quote\n> more\n\n> another",
    "```python\ndef f():\n    return 1\n```",
    "```\nopen fence\n\n- not a list",
    "    indented code\n\n    more",
    "| a | b |\n|---|--:|\n| 1 | 2 |\n| a long cell that wraps | x |",
    "---",
    "--- b",
    "- a\n---",
    "- a\n--- b",
    "text\n- list after text",
    "line\nbreaks\n\n\n\nmany",
    "<b>html</b> &amp; &#x202e; [x](http://y) [^1]: note",
    "漢字かな交じり文、한국어 👨‍👩‍👧‍👦 👍🏽",
    "a\r\nb\rc\u2028d",
    "\x1b[31mred\x1b[0m",
    "* * *",
    "1) paren\n2) two",
    "",
)


def documents() -> Iterator[tuple[int, str]]:
    for seed in range(60):
        rng = random.Random(seed)
        joint = rng.choice(("\n\n", "\n"))
        yield seed, joint.join(rng.choice(PIECES) for _ in range(rng.randint(1, 9)))


@pytest.mark.parametrize(("seed", "source"), documents())
def test_streamed_text_looks_like_loaded_text(seed: int, source: str) -> None:
    rng = random.Random(seed)
    growing = GrowingText(38, LOOK, None)
    rows: list[Row] = []
    end = 0
    while end < len(source):
        end = min(len(source), end + rng.choice((1, 1, 2, 5, 30)))
        before, rows = rows, growing.rows(source[:end])
        assert rows[: growing.unchanged] == before[: growing.unchanged]

    assert [text_of(row) for row in rows] == lines(source, 38)


def test_a_text_that_grows_beyond_the_limit_looks_as_if_loaded() -> None:
    source = ("word **bold** " * 30 + "\n\n") * (LONGEST_MARKDOWN // 400)
    growing = GrowingText(60, LOOK, None)
    rows: list[Row] = []
    for end in range(1000, len(source) + 1000, 1000):
        rows = growing.rows(source[:end])

    assert [text_of(row) for row in rows] == lines(source, 60)


@pytest.mark.parametrize("specimen", CORPUS, ids=lambda specimen: specimen.id)
def test_no_nasty_string_reaches_a_line_raw(specimen: Specimen) -> None:
    text = specimen.text
    quoted = (f"- {text}", f"> {text}", f"`{text}`", f"```\n{text}\n```", f"|{text}|\n|-|")
    for source in (text, *quoted):
        for row in text_rows(source, 40, LOOK, None):
            drawn = "".join(piece.text for piece in row)
            assert drawn == clean(drawn)
            assert "\n" not in drawn
            assert "\t" not in drawn


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_is_drawn_as_it_is(text: str) -> None:
    drawn = "".join(lines(f"```\n{text}\n```", 200)).replace(" ", "")
    assert drawn == text.replace("\n", "").replace("\t", "").replace(" ", "")
