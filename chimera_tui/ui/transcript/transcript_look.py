"""The styles in which a transcript is drawn, resolved from the variables of a theme."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from rich.style import Style
from textual.color import Color

from chimera_tui.ui.kit.glyphs import UNICODE, Glyphs
from chimera_tui.ui.kit.themes import HUES
from chimera_tui.ui.transcript.entries import ChipKind

BOLD = Style(bold=True)
ITALIC = Style(italic=True)
STRIKE = Style(strike=True)
UNDERLINE = Style(underline=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How everything in a transcript looks under one theme.

    Text that has no colour of its own takes the foreground of the page, which
    the widget lays under every line.
    """

    glyphs: Glyphs
    has_plain_emoji: bool
    """Whether emoji are reduced to the forms that every terminal measures alike."""
    muted: Style
    rule: Style
    primary: Style
    error: Style
    focus: Style
    """The ground of the focused message and of a failure."""
    code: Style
    well: Style
    """The ground of a code block; plain where a terminal has no grounds."""
    has_grounds: bool
    chips: Mapping[ChipKind, Style]
    hues: tuple[Style, ...]
    """Of the human and the twelve persona hues."""
    lines: tuple[Style, ...]
    """The same for gutter lines."""
    syntax: Mapping[str, Style]
    """Of code, by the first parts of a Pygments token's name."""

    @classmethod
    def of(
        cls,
        variables: Mapping[str, str],
        *,
        is_ansi: bool,
        glyphs: Glyphs = UNICODE,
        has_plain_emoji: bool = False,
    ) -> Self:
        """Resolve the look from `App.theme_variables`."""

        def ink(name: str, *, on: str = "", bold: bool = False) -> Style:
            colour = Color.parse(variables[name]).rich_color
            ground = Color.parse(variables[on]).rich_color if on and not is_ansi else None
            return Style(color=colour, bgcolor=ground, bold=bold or None)

        def ground(name: str) -> Style:
            return Style() if is_ansi else Style(bgcolor=Color.parse(variables[name]).rich_color)

        return cls(
            glyphs=glyphs,
            has_plain_emoji=has_plain_emoji,
            muted=ink("muted"),
            rule=ink("rule"),
            primary=ink("primary"),
            error=ink("error"),
            focus=ground("focus-bg"),
            code=ink("accent", on="panel"),
            well=ground("background"),
            has_grounds=not is_ansi,
            chips={
                "plain": ink("muted", on="panel"),
                "bright": ink("foreground", on="panel"),
                "accent": ink("accent", on="panel"),
                "error": ink("error", on="panel"),
                "demo": ink("accent", bold=True) + Style(reverse=True)
                if is_ansi
                else ink("on-primary", on="accent", bold=True),
            },
            hues=(ink("primary"), *(ink(f"persona-{n}") for n in HUES)),
            lines=(Style(), *(ink(f"persona-{n}-line") for n in HUES)),
            syntax={
                "Comment": ink("muted"),
                "Keyword": ink("primary"),
                "Literal.String": ink("success"),
                "Literal": ink("accent"),
                "Name.Function": ink("secondary"),
                "Name.Class": ink("secondary"),
                "Name.Tag": ink("primary"),
                "Name.Builtin": ink("secondary"),
                "Name.Decorator": ink("accent"),
                "Generic.Deleted": ink("error"),
                "Generic.Inserted": ink("success"),
            },
        )


@dataclass(frozen=True, slots=True)
class Mentions:
    """Names that are drawn in a colour of their own when they are written with an `@`."""

    pattern: re.Pattern[str]
    styles: Mapping[str, Style]
    """By the lower-case name."""

    @classmethod
    def of(cls, hues: Mapping[str, int], look: Look) -> Self | None:
        """Build it from the hue of each name; None without names."""
        names = sorted((re.escape(name) for name in hues if name), key=len, reverse=True)
        if not names:
            return None
        # A letter of an alphabet goes on with the name; one of a script without spaces does not.
        pattern = re.compile(rf"(@(?:{'|'.join(names)})(?![^\W\u0e00-\uffff]))", re.IGNORECASE)
        return cls(pattern, {name.lower(): look.hues[hue] for name, hue in hues.items()})
