"""The small pieces that panels, heads and dialogs are drawn from: lines of exact width.

Everything here returns `Content`, which holds text literally; text that is not ours
is cleaned by who makes a row of it (`adapter`, `scene`).
"""

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content, Span
from textual.geometry import Size
from textual.style import Style
from textual.widget import Widget

from chimera_tui.ui.kit.glyphs import ASCII, ASCII_KEYS, ASCII_MARKS, UNICODE, states

STATES = states()

Part = str | tuple[str, str] | Content
"""What a line is put together from: text, text with a style, or a line made before."""


def line(*parts: Part) -> Content:
    """Join `parts` into one line."""
    return Content.assemble(*parts)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Pad or crop `text` to exactly `width` cells; what is cropped ends in `…`."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


def crop(content: Content, width: int) -> Content:
    """`content` cut to at most `width` cells, with `…` where something was cut."""
    return content.truncate(max(0, width), ellipsis=True)


def split(left: Content, right: Content, width: int) -> Content:
    """One line of `width` cells: `right` hugs the edge; `left` is cropped to what remains."""
    room = width - right.cell_length
    if room < 1:
        return crop(left, width)
    left = crop(left, room - 1)
    return line(left, " " * (room - left.cell_length), right)


def heading(title: str, note: str, width: int) -> list[Content]:
    """The first two lines of a panel: its bold title, a muted note at the edge, then a gap."""
    return [split(line((title, "bold")), line((note, "$muted")), width), Content("")]


def state(name: str, *, width: int = 0, right: bool = False, word: str = "") -> Part:
    """The glyph and the word of a state, in its colour; `word` in place of its own."""
    shown = STATES[name]
    text = f"{shown.glyph} {word or shown.word}"
    return (fit(text, width, right=right) if width else text, shown.colour)


def keys(pairs: Iterable[tuple[str, str]], gap: str = "   ") -> Content:
    """Keys and what they do: the key stands out, the word is quiet."""
    return Content(gap).join(
        line((key, "bold $foreground"), (f" {word}", "$muted")) for key, word in pairs
    )


def link(content: Content, action: str) -> Content:
    """`content` that runs `action` when it is clicked."""
    return content.stylize(Style.from_meta({"@click": action}))


def meter(share: float, width: int, colour: str = "$muted") -> Content:
    """A thin bar, `share` (0 to 1) of it filled."""
    filled = max(0, min(width, round(share * width)))
    return line((UNICODE.meter * filled, colour), (UNICODE.rule * (width - filled), "$rule"))


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The last `width` values as bars; a value that is missing is drawn full."""
    shown = values[-width:]
    highest = max((value for value in shown if value is not None), default=0.0)
    bars = (
        UNICODE.spark[-1]
        if value is None or highest == 0
        else UNICODE.spark[round(value / highest * (len(UNICODE.spark) - 1))]
        for value in shown
    )
    return fit("".join(bars), width, right=True)


def drawn(content: Content, widget: Widget) -> Content:
    """`content` as `widget` draws it: where the app is set to ASCII, with marks in ASCII."""
    return in_ascii(content) if getattr(widget.app, "glyphs", UNICODE) is ASCII else content


def in_ascii(content: Content) -> Content:
    """`content` with the marks of the interface in ASCII, each in the style it had."""
    content = Content(content.plain.translate(ASCII_MARKS), spans=list(content.spans))
    for mark, word in ASCII_KEYS.items():
        while (at := content.plain.find(mark)) >= 0:
            before, key, after = content.divide([at, at + 1])
            spans = [Span(0, len(word), span.style) for span in key.spans]
            content = line(before, Content(word, spans=spans), after)
    return content


class Block(Widget):
    """A widget of whole lines, drawn anew to the width it has; it never wraps."""

    DEFAULT_CSS = "Block { height: auto; text-wrap: nowrap; }"
    auto_links = False  # what can be clicked looks like what it is

    def lines(self, width: int) -> list[Content]:
        """The lines of this block, each at most `width` cells."""
        raise NotImplementedError

    def render(self) -> Content:
        """Draw the lines."""
        return drawn(Content("\n").join(self.lines(self.content_size.width)), self)

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        return len(self.lines(width))


class Lines(Block):
    """A block whose lines are made by a function of the width."""

    def __init__(
        self,
        draw: Callable[[int], list[Content]],
        *,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(id=id)
        self._draw = draw

    def lines(self, width: int) -> list[Content]:
        """What the function makes."""
        return self._draw(width)
