"""Themes and the colours of personas.

Two themes are ours; every theme of Textual works too, because `variables_of`
derives what it lacks. The twelve hues have two values each, as no single colour
reaches a contrast of 4.5:1 on a dark and on a light page; their order keeps
neighbours apart for colour-blind readers too (greedy by the smallest OKLab
distance over normal, protan, deutan and tritan sight).
"""

from collections.abc import Mapping, Sequence

from textual.color import BLACK, WHITE, Color
from textual.theme import Theme

_HUES = (  # dark, light, ansi dark, ansi light
    ("#b7a1f2", "#663aa8", "ansi_bright_magenta", "ansi_magenta"),  # 1 iris
    ("#f9c46e", "#835a03", "ansi_bright_yellow", "ansi_yellow"),  # 2 amber
    ("#6fd2c6", "#036961", "ansi_bright_cyan", "ansi_cyan"),  # 3 teal
    ("#95e6bb", "#0c5c3c", "ansi_bright_green", "ansi_green"),  # 4 jade
    ("#ef91a7", "#a12751", "ansi_bright_red", "ansi_red"),  # 5 rose
    ("#ebb0e8", "#812a81", "ansi_magenta", "ansi_bright_magenta"),  # 6 orchid
    ("#ffaba5", "#842929", "ansi_red", "ansi_bright_red"),  # 7 coral
    ("#8fd0fb", "#016592", "ansi_bright_blue", "ansi_blue"),  # 8 sky
    ("#91c276", "#39621c", "ansi_green", "ansi_bright_green"),  # 9 moss
    ("#f49570", "#9e441d", "ansi_yellow", "ansi_bright_red"),  # 10 ember
    ("#7da8f0", "#184998", "ansi_blue", "ansi_bright_blue"),  # 11 azure
    ("#d5e182", "#616a08", "ansi_cyan", "ansi_bright_cyan"),  # 12 lime
)
HUES = range(1, len(_HUES) + 1)
"""The numbers of the persona hues; 0, the human, is drawn in `$primary`."""
HUE_NAMES = (
    *("iris", "amber", "teal", "jade", "rose", "orchid"),
    *("coral", "sky", "moss", "ember", "azure", "lime"),
)
"""What the hues are called, from the first."""

READABLE = 4.5
"""The least contrast of text with its ground (WCAG 2.2, level AA)."""

_DARKEST = 0.04045
"""Up to here sRGB is linear."""

_LINE = 0.42
"""Share of its hue in a gutter line, the rest is the page."""


def _personas(colours: Sequence[str], page: str | None) -> dict[str, str]:
    """Return the variables `persona-N` and `persona-N-line`; `page` None: lines in the full hue."""
    variables = {}
    for number, colour in zip(HUES, colours, strict=True):
        variables[f"persona-{number}"] = colour
        variables[f"persona-{number}-line"] = colour if page is None else _mix(page, colour, _LINE)
    return variables


def _mix(bottom: str, top: str, share: float) -> str:
    pairs = zip(Color.parse(top).rgb, Color.parse(bottom).rgb, strict=True)
    red, green, blue = (round(over * share + under * (1 - share)) for over, under in pairs)
    return Color(red, green, blue).hex.lower()


DARK = Theme(
    name="chimera-dark",
    dark=True,
    primary="#8fb4ff",
    secondary="#7fc8c2",
    accent="#f0b872",
    success="#8fce9b",
    warning="#e8bd6b",
    error="#f38b84",
    foreground="#d9dbe3",
    background="#101218",
    surface="#161920",
    panel="#222631",
    variables={
        "muted": "#969cae",
        "faint": "#6c7285",
        "rule": "#2f3441",
        "on-primary": "#101218",
        "focus-bg": "#1b1f29",
        "scrollbar": "#2f3441",
        "scrollbar-hover": "#454c5e",
        "scrollbar-active": "#8fb4ff",
        "scrollbar-background": "#161920",
        "scrollbar-background-hover": "#161920",
        "scrollbar-background-active": "#161920",
        "footer-key-foreground": "#d9dbe3",
        "block-cursor-background": "#8fb4ff",
        "block-cursor-foreground": "#101218",
        "input-selection-background": "#8fb4ff 28%",
        "screen-selection-background": "#8fb4ff 28%",
        **_personas([hue[0] for hue in _HUES], "#161920"),
    },
)
LIGHT = Theme(
    name="chimera-light",
    dark=False,
    primary="#2b55bd",
    secondary="#0b6d6a",
    accent="#8f5200",
    success="#2c6e3c",
    warning="#815400",
    error="#b3302c",
    foreground="#2a2b31",
    background="#f1eee7",
    surface="#fbfaf6",
    panel="#e6e1d6",
    variables={
        "muted": "#5d5c62",
        "faint": "#7d7973",
        "rule": "#d8d2c5",
        "on-primary": "#fbfaf6",
        "focus-bg": "#f4f1ea",
        "scrollbar": "#d8d2c5",
        "scrollbar-hover": "#bdb6a6",
        "scrollbar-active": "#2b55bd",
        "scrollbar-background": "#fbfaf6",
        "scrollbar-background-hover": "#fbfaf6",
        "scrollbar-background-active": "#fbfaf6",
        "footer-key-foreground": "#2a2b31",
        "block-cursor-background": "#2b55bd",
        "block-cursor-foreground": "#fbfaf6",
        "input-selection-background": "#2b55bd 22%",
        "screen-selection-background": "#2b55bd 22%",
        **_personas([hue[1] for hue in _HUES], "#fbfaf6"),
    },
)
THEMES = (DARK, LIGHT)
"""The themes to register."""

_ANSI_DARK = {
    "muted": "ansi_white",
    "faint": "ansi_bright_black",
    "rule": "ansi_bright_black",
    "on-primary": "ansi_black",
    "focus-bg": "ansi_default",
    **_personas([hue[2] for hue in _HUES], None),
}
_ANSI_LIGHT = {
    "muted": "ansi_bright_black",
    "faint": "ansi_bright_black",
    "rule": "ansi_white",
    "on-primary": "ansi_bright_white",
    "focus-bg": "ansi_default",
    **_personas([hue[3] for hue in _HUES], None),
}


def variables_of(theme: Theme) -> dict[str, str]:
    """Return our variables for any theme; what `App.get_theme_variable_defaults` has to return.

    Our themes set them all. Under an ANSI theme only the terminal's own sixteen
    colours are used. For the rest they are derived, and hues that would be hard
    to read on the theme's page are moved towards white or black.
    """
    if theme.ansi:
        return dict(_ANSI_DARK if theme.dark else _ANSI_LIGHT)
    if theme in THEMES:
        return dict(theme.variables)
    made = theme.to_color_system().generate()
    page, panel = Color.parse(made["surface"]), Color.parse(made["panel"])
    text = page.blend(Color.parse(made["foreground"]).with_alpha(1), 1)

    def legible(colour: Color) -> str:
        return _legible(colour, (page, panel), dark=theme.dark).hex

    hues = [legible(Color.parse(hue[0 if theme.dark else 1])) for hue in _HUES]
    return {
        "muted": legible(page.blend(text, 0.65)),
        "faint": page.blend(text, 0.4).hex,
        "rule": page.blend(text, 0.16).hex,
        "on-primary": Color.parse(made["primary"]).get_contrast_text(1).hex,
        "focus-bg": page.blend(panel, 0.4, alpha=1).hex,
        **_personas(hues, page.hex),
    }


def hue_colours(theme: Theme) -> Mapping[int, str]:
    """Return the colour of each hue under `theme`: 0 the human's, 1 to 12 the personas'."""
    variables = variables_of(theme)
    return {0: theme.primary} | {number: variables[f"persona-{number}"] for number in HUES}


def assign_hues(preferred: Sequence[int]) -> list[int]:
    """Give each of a cast its hue, distinct as long as there are hues left.

    Args:
        preferred: The hue each persona likes best, in the order of the cast. The
            first to ask gets it; the others get the lowest that nobody asked for.
    """
    free = [hue for hue in HUES if hue not in preferred]
    taken: set[int] = set()
    hues: list[int] = []
    for hue in preferred:
        if hue not in HUES or hue in taken:
            # More personas than hues: name and emoji carry the identity.
            hues.append(free.pop(0) if free else HUES[len(hues) % len(HUES)])
        else:
            hues.append(hue)
        taken.add(hue)
    return hues


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, 1 to 21.

    Source: WCAG 2.2, "contrast ratio" and "relative luminance".
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= _DARKEST else ((channel + 0.055) / 1.055) ** 2.4
        for channel in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _legible(colour: Color, grounds: Sequence[Color], *, dark: bool) -> Color:
    """Return `colour`, moved towards white or black until it reads on all `grounds`."""
    for step in range(20):
        moved = colour.blend(WHITE if dark else BLACK, step / 20)
        if all(contrast(moved, ground) >= READABLE for ground in grounds):
            return moved
    return WHITE if dark else BLACK
