"""The row over the composer: who is typing, or why the room waits and what goes on."""

from textual.content import Content

from chimera_tui.ui.kit.blocks import STATES, Block, Part, line, link, split
from chimera_tui.ui.transcript.entries import Speaker


class StatusRow(Block):
    """One line: at the left the state of things, at the right what is new below.

    Args:
        on_end: What a click on "3 new" runs, an action.
    """

    def __init__(self, *, on_end: str) -> None:
        super().__init__(id="status")
        self._on_end = on_end
        self._typing: list[tuple[Speaker, str]] = []
        self._waiting: Content = Content("")
        self._new = 0
        self._step = 0

    def show_typing(self, typing: list[tuple[Speaker, str]]) -> None:
        """Show who has the turn, each with what it does if it does not just type.

        Nobody leaves the row to what waits.
        """
        if typing != self._typing:
            self._typing = typing
            self.refresh()

    def show_waiting(self, words: Content) -> None:
        """Show why the room waits."""
        self._waiting = words
        self.refresh()

    def show_new(self, count: int) -> None:
        """Show how many entries below have not been seen."""
        self._new = count
        self.refresh()

    def step(self) -> None:
        """Move the bright dot on."""
        if self._typing and self.app.animation_level == "full":
            self._step += 1
            self.refresh()

    def lines(self, width: int) -> list[Content]:
        """The one line."""
        left = self._typing_line() if self._typing else self._waiting
        pill = Content("")
        if self._new:
            words = f"  ↓ {self._new} new  "
            pill = link(line((words, "bold $on-primary on $primary")), self._on_end)
        return [split(left, pill, width)]

    def _typing_line(self) -> Content:
        is_plain = not any(words for _, words in self._typing)
        named = [
            line(
                f"{speaker.emoji} ",
                (speaker.name, f"$persona-{speaker.hue}"),
                ("" if is_plain else f" {words or 'is typing'}", "$muted"),
            )
            for speaker, words in self._typing
        ]
        if is_plain:
            typing = " is typing " if len(named) == 1 else " are typing "
            return line(line((" and ", "$muted")).join(named), (typing, "$muted"), self._dots())
        shown = line(("  ·  ", "$faint")).join(named)
        only_waits = all(words.startswith("waits") for _, words in self._typing)
        return shown if only_waits else line(shown, " ", self._dots())

    def _dots(self) -> Content:
        bright = self._step % 3
        return line(*(("•", "$foreground" if dot == bright else "$faint") for dot in range(3)))


def waiting(name: str, words: str, *key_words: tuple[str, str]) -> Content:
    """`∥ paused · space goes on`: a state, why, and the keys that change it."""
    shown = STATES[name]
    parts: list[Part] = [(f"{shown.glyph}  ", shown.colour), words]
    for key, word in key_words:
        parts += [("  ·  ", "$faint"), (key, "bold"), (f" {word}", "$muted")]
    return line(*parts)
