"""Colours: readable everywhere, distinct within a cast, and there for every theme."""

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from chimera_tui.ui.kit.glyphs import ASCII, UNICODE, plain_emoji, wants_plain_emoji
from chimera_tui.ui.kit.themes import (
    DARK,
    HUES,
    LIGHT,
    READABLE,
    THEMES,
    assign_hues,
    contrast,
    hue_colours,
    variables_of,
)
from chimera_tui.ui.transcript.transcript_look import Look

GROUNDS = ("background", "surface", "panel")
VOICES = ("foreground", "primary", "secondary", "accent", "success", "warning", "error", "muted")


def colours_of(theme: Theme) -> dict[str, Color]:
    made = variables_of(theme) | theme.to_color_system().generate()
    return {
        name: Color.parse(value)
        for name, value in made.items()
        if value.startswith("#") and " " not in value
    }


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_and_names_are_readable_on_every_ground(theme: Theme, ground: str) -> None:
    colours = colours_of(theme)
    names = [*VOICES, *(f"persona-{hue}" for hue in HUES)]

    hard = {n: contrast(colours[n], colours[ground]) for n in names}

    assert {n: ratio for n, ratio in hard.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_is_readable_where_it_is_focused_or_filled(theme: Theme) -> None:
    colours = colours_of(theme)

    assert contrast(colours["foreground"], colours["focus-bg"]) > 10
    assert contrast(colours["muted"], colours["focus-bg"]) >= READABLE
    assert contrast(colours["on-primary"], colours["primary"]) >= READABLE
    assert contrast(colours["on-primary"], colours["accent"]) >= READABLE


@pytest.mark.parametrize("theme", BUILTIN_THEMES.values(), ids=lambda theme: theme.name)
def test_every_theme_of_textual_gets_all_our_variables(theme: Theme) -> None:
    ours = {name for name in DARK.variables if not name.startswith(("scrollbar", "block-cursor"))}
    given = set(variables_of(theme)) | set(theme.to_color_system().generate())

    assert ours <= given
    Look.of(
        variables_of(theme) | theme.to_color_system().generate(), is_ansi=theme.ansi
    )  # all of it can be parsed


@pytest.mark.parametrize(
    "theme",
    [theme for theme in (*THEMES, *BUILTIN_THEMES.values()) if not theme.ansi],
    ids=lambda theme: theme.name,
)
def test_every_persona_is_readable_on_every_ground_of_every_theme(theme: Theme) -> None:
    colours = colours_of(theme)
    hues = {hue: Color.parse(colour) for hue, colour in hue_colours(theme).items() if hue}

    hard = {
        (hue, ground): contrast(colour, colours[ground])
        for hue, colour in hues.items()
        for ground in (*GROUNDS, "focus-bg")
    }

    assert len(hues) == 12
    assert {pair: ratio for pair, ratio in hard.items() if ratio < READABLE} == {}


def test_ansi_themes_use_only_the_colours_of_the_terminal() -> None:
    for name in ("ansi-dark", "ansi-light"):
        colours = set(variables_of(BUILTIN_THEMES[name]).values())
        assert all(colour.startswith("ansi_") for colour in colours)


def test_the_human_has_the_primary_colour() -> None:
    assert hue_colours(DARK)[0] == DARK.primary
    assert hue_colours(LIGHT)[1] == "#663aa8"


def test_a_cast_has_distinct_hues_lowest_first() -> None:
    assert assign_hues([1, 2, 3]) == [1, 2, 3]
    assert assign_hues([2, 2, 1, 2]) == [2, 3, 1, 4]
    assert assign_hues([0, 99]) == [1, 2]
    assert sorted(assign_hues([5] * 12)) == list(HUES)
    assert len(assign_hues([5] * 14)) == 14


def test_black_and_white_have_the_greatest_contrast() -> None:
    assert contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("⚠️ 1️⃣", "⚠ 1\u20e3"),
        ("👍🏽!", "👍!"),
        ("👨‍👩‍👧‍👦 🏳️‍🌈", "👨 🏳"),
        ("می‌خواهم", "می‌خواهم"),
        ("क्‍ष", "क्‍ष"),
        ("plain", "plain"),
    ],
)
def test_plain_emoji_are_single_and_other_joiners_stay(text: str, plain: str) -> None:
    assert plain_emoji(text) == plain


def test_multiplexers_and_ssh_get_plain_emoji() -> None:
    assert wants_plain_emoji({"TMUX": "socket"})
    assert wants_plain_emoji({"TERM": "screen-256color"})
    assert wants_plain_emoji({"SSH_CONNECTION": "1 2 3 4"})
    assert not wants_plain_emoji({"TERM": "xterm-256color", "TMUX": ""})


def test_the_ascii_marks_are_ascii() -> None:
    marks = [getattr(ASCII, name) for name in UNICODE.__slots__]
    assert all(mark.isascii() for mark in marks)
