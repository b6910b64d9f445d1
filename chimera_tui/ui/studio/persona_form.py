"""The form of a persona: a field a key, checked while it is filled in."""

from collections.abc import Mapping

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester, SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, TextArea

from chimera_tui.domain.text import one_line
from chimera_tui.library.persona_file import CATEGORIES, meta_of
from chimera_tui.ui.kit.blocks import Lines, Part, crop, line, split
from chimera_tui.ui.kit.field import LineField, TextField
from chimera_tui.ui.kit.paths import dropped_persona
from chimera_tui.ui.kit.slider import Chooser, Hues, Numbers, Slider
from chimera_tui.ui.kit.themes import HUE_NAMES
from chimera_tui.ui.studio.persona_fields import KEYS, LONG, NUMBERS

LABELS = {
    "name": "Name",
    "emoji": "Emoji",
    "colour": "Colour",
    "category": "Category",
    "one_line": "Who is it, in one line?",
    "prompt": "Who are you?",
    "temperature": "Temperature",
    "talkativeness": "Talkativeness",
    "words": "Words a turn",
    "model": "Model",
    "traits": "Traits",
    "expertise": "Knows about",
    "tags": "Tags",
    "greeting": "First words",
}
LONGEST_PASTE = 4 * (meta_of("prompt").max_length or 0)
"""Characters of a paste into a text of several lines: too long a one is seen, and shortened."""
ROWS = (
    ("name", "emoji"),
    ("colour", "category"),
    ("one_line",),
    ("prompt",),
    ("temperature", "talkativeness"),
    ("words", "model"),
    ("traits",),
    ("expertise",),
    ("tags",),
    ("greeting",),
)
"""Which fields stand beside each other, from above."""


def freedom(temperature: float) -> str:
    """What a temperature means, in a word."""
    words = ((0.35, "strict"), (0.65, "steady"), (0.85, "free"), (1.1, "loose"), (1.5, "wild"))
    return next((word for limit, word in words if temperature < limit), "feverish")


def readiness(talkativeness: float) -> str:
    """What a talkativeness means, in a word."""
    words = ((0.01, "if asked"), (0.35, "seldom"), (0.55, "readily"), (0.75, "often"))
    return next((word for limit, word in words if talkativeness < limit), "always")


class ShortText(LineField):
    """A text of one line; a file that is dropped goes on."""

    def __init__(
        self,
        *,
        placeholder: str = "",
        suggester: Suggester | None = None,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(
            compact=True,
            placeholder=one_line(placeholder),
            suggester=suggester,
            select_on_focus=False,
            id=id,
        )

    def on_focus(self) -> None:
        """Go on where the text ends."""
        self.cursor_position = len(self.value)

    def on_blur(self) -> None:
        """Show the beginning."""
        self.cursor_position = 0

    def _on_paste(self, event: events.Paste) -> None:
        if dropped_persona(event.text):
            event.prevent_default()  # it goes on to the screen


class FormField(Vertical):
    """A label, what is filled in, and a line for hints and errors."""

    def __init__(self, key: str, control: Widget) -> None:
        super().__init__(id=f"field-{key}", classes="field")
        self.key, self.control = key, control
        self.meaning = ""
        """What stands in it, in a word."""
        self.note: Part = ""
        self._problem = ""

    def compose(self) -> ComposeResult:
        """Label, control, note."""
        yield Lines(self._above)
        yield self.control
        yield Lines(self._below)

    def _above(self, width: int) -> list[Content]:
        meaning = line((self.meaning, "$muted"))
        return [split(line((LABELS[self.key], "$muted")), meaning, width)]

    def _below(self, width: int) -> list[Content]:
        if not self._problem:
            return [crop(line(self.note), width)]
        problem, meta = f"✕ {self._problem}", meta_of(self.key)
        if len(problem) > width and meta.ge is not None and meta.le is not None:
            problem = f"✕ {meta.ge:g} to {meta.le:g}"
        return [crop(line((problem, "$error")), width)]

    def tell(self, problem: str, meaning: str, note: Part) -> None:
        """Say what is wrong, what its value means, what is to be known."""
        if (problem, meaning, note) != (self._problem, self.meaning, self.note):
            self._problem, self.meaning, self.note = problem, meaning, note
            self.control.set_class(bool(problem), "-bad")
            self.redraw()

    def redraw(self) -> None:
        """Draw the lines above and below anew."""
        for block in self.query(Lines):
            block.refresh()


class PersonaForm(VerticalScroll, can_focus=False):
    """All fields of a persona."""

    class Edited(Message):
        """A person has changed a field."""

        def __init__(self, key: str, text: str) -> None:
            super().__init__()
            self.key, self.text = key, text

    class Asked(Message):
        """A person wants to choose the value of a field from a list."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__(id="studio-form")
        self.fields: dict[str, str] = {}
        """What stands in the form."""

    def compose(self) -> ComposeResult:
        """Row by row."""
        for row in ROWS:
            with Horizontal(classes="field-row", id=f"row-{row[0]}"):
                for key in row:
                    yield FormField(key, _control(key))

    def field(self, key: str) -> FormField:
        """The field of a key."""
        return self.query_one(f"#field-{key}", FormField)

    def show(self, fields: Mapping[str, str], problems: Mapping[str, str]) -> None:
        """Fill it in."""
        before, self.fields = self.fields, dict(fields)
        for key in KEYS:
            if fields[key] != before.get(key):
                self._put(self.field(key).control, fields[key])
        self.tell(problems)

    def _put(self, control: Widget, text: str) -> None:
        match control:
            case Input():
                control.value = text
            case TextField():
                control.load_text(text)
            case Slider():
                control.value = _number(text)
            case Chooser():
                control.shown = self._chosen(control.id or "", text)

    def _chosen(self, id_: str, text: str) -> Content:
        if id_ == "edit-emoji":
            return Content(one_line(text, 8))
        return line(one_line(text, 200)) if text else line(("automatic", "$muted"))

    def tell(self, problems: Mapping[str, str]) -> None:
        """Say what is wrong, and what there is to know."""
        for key in KEYS:
            self.field(key).tell(problems.get(key, ""), self._meaning(key), self._note(key))

    def _meaning(self, key: str) -> str:
        number = _number(self.fields[key]) if key in NUMBERS else 0.0
        match key:
            case "colour" if 1 <= number <= len(HUE_NAMES):
                return HUE_NAMES[round(number) - 1]
            case "temperature":
                return freedom(number)
            case "talkativeness":
                return readiness(number)
            case _:
                return ""

    def _note(self, key: str) -> Part:
        if key != "prompt":
            return ""
        text, most = self.fields[key], meta_of(key).max_length or 0
        return (f"{len(text):,} of {most:,} characters, {len(text.split())} words", "$muted")

    @property
    def focused_key(self) -> str:
        """The key of the field that has the focus; empty if none has."""
        fields = (field for field in self.query(FormField) if field.has_focus_within)
        return next((field.key for field in fields), "")

    def set(self, key: str, text: str) -> None:
        """Put a value into a field, as if a person had."""
        self._put(self.field(key).control, text)
        self._edit(key, text)

    def _edit(self, key: str, text: str) -> None:
        if self.fields.get(key, text) != text:
            self.fields[key] = text
            self.post_message(self.Edited(key, text))

    # What the controls report: always what stands in them now, since the form may have been
    # filled anew meanwhile.

    @on(Input.Changed)
    def _take_text(self, event: Input.Changed) -> None:
        """A line was changed."""
        event.stop()
        self._edit(_key(event.input), event.input.value)

    @on(TextArea.Changed)
    def _take_long_text(self, event: TextArea.Changed) -> None:
        """A text was changed."""
        event.stop()
        self._edit(_key(event.text_area), event.text_area.text)

    @on(Slider.Changed)
    def _take_picked(self, event: Slider.Changed) -> None:
        """A number or a hue was chosen."""
        event.stop()
        self._edit(_key(event.slider), event.text)

    @on(Chooser.Opened)
    def _ask(self, event: Chooser.Opened) -> None:
        """Something is to be chosen from a list."""
        event.stop()
        self.post_message(self.Asked(_key(event.chooser)))

    @on(Input.Submitted)
    def _leave_field(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field."""
        event.stop()
        self.screen.focus_next()


def _key(control: Widget) -> str:
    return (control.id or "").removeprefix("edit-")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _control(key: str) -> Widget:
    id_ = f"edit-{key}"
    if key in LONG:
        return TextField(longest_paste=LONGEST_PASTE, id=id_)
    match key:
        case "emoji" | "model":
            return Chooser(id=id_)
        case "colour":
            return Slider(Hues(), 1, id=id_)
        case "temperature":
            return Slider(Numbers(0, 2), id=id_)
        case "talkativeness":
            return Slider(Numbers(0, 1), id=id_)
    known = SuggestFromList(CATEGORIES) if key == "category" else None
    return ShortText(suggester=known, id=id_)
