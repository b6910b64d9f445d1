"""Asking for a key: it is never shown, tested at once, and known by its last four afterwards."""

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.health import Health, HealthState
from chimera_tui.domain.text import one_line
from chimera_tui.settings.keys import KeySource, KeyState
from chimera_tui.ui.kit.blocks import Lines, crop, keys, line, split, state
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.kit.field import LineField
from chimera_tui.ui.providers.evidence import state_word
from chimera_tui.ui.providers.key_words import key_words
from chimera_tui.ui.providers.provider_rows import WORDS, duration

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera


class KeyField(LineField):
    """A line of dots; what is in it cannot be copied out of it."""

    def __init__(self) -> None:
        super().__init__(password=True, compact=True, placeholder="paste it here")

    def action_copy(self) -> None:
        """Give nothing away."""

    def action_cut(self) -> None:
        """Take it away without giving it to the clipboard."""
        self.clear()


class AskKey(Dialog[bool]):
    """Asks for a key of a provider, keeps it and tests it; says whether it was taken.

    Args:
        chimera: Keeps and tests it.
        key: What is known of the key so far.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "close", "close", show=False)]

    def __init__(self, chimera: "Chimera", key: KeyState) -> None:
        super().__init__()
        self._chimera, self._key = chimera, key
        self._problem: ChimeraError | None = None
        self._is_kept = False
        self._health: Health | None = None

    @property
    def _is_taken(self) -> bool:
        return self._health is not None and self._health.state in {HealthState.UP, HealthState.SLOW}

    def compose(self) -> ComposeResult:
        """Whose key, the line, what became of it, the keys."""
        with Vertical(classes="dialog -small"):
            yield Lines(self._head)
            yield KeyField()
            yield Lines(self._body)

    def _head(self, width: int) -> list[Content]:
        title = f"The key of {one_line(self._key.title, 40)}"
        return [crop(line((title, "bold")), width), Content("")]

    def _body(self, width: int) -> list[Content]:
        said = [row for one in self._said() for row in one.wrap(width)]
        left, right = ("keep and test", "leave it") if not self._is_kept else ("close", "close")
        foot = split(keys([("⏎", left)]), keys([("esc", right)]), width)
        return [*([] if self._is_kept else [Content("")]), *said, Content(""), foot]

    def _said(self) -> list[Content]:
        """What became of the key so far."""
        if self._problem:
            return [
                line(("✕ ", "$error"), (one_line(self._problem.problem), "bold")),
                line((one_line(self._problem.hint), "$muted")),
            ]
        if not self._is_kept:
            kept = "It is kept in the keyring of this system, else in a private file."
            address = one_line(self._key.address, 80)
            sent = f"It is sent to {address} alone." if address else "It has no address yet."
            told = (f"Now: {key_words(self._key)}.", kept, sent)
            return [line((one, "$muted")) for one in told]
        said = [line(("✓ ", "$success"), f"K{key_words(self._key)[1:]}")]
        if self._key.source is KeySource.ENVIRONMENT:
            said.append(
                line(("The one in the environment goes before the one that was kept.", "$warning"))
            )
        if (health := self._health) is None:
            said.append(line((f"asking {one_line(self._key.title, 40)} …", "$muted")))
        elif self._is_taken:
            count = len(health.models)
            models = f", {count:,} model{'s' if count != 1 else ''}" if count else ""
            said.append(
                line(
                    state(WORDS[health.state]), f"  answered in {duration(health.latency)}{models}"
                )
            )
        else:
            said.append(
                line(state("down", word=state_word(health)), f"  {one_line(health.reason)}")
            )
            said.append(line((one_line(health.hint), "$muted")))
        return said

    def _redraw(self) -> None:
        for block in self.query(Lines):
            block.refresh(layout=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it and test it."""
        event.stop()
        if not event.value.strip():
            return
        text, event.input.disabled = event.value, True
        event.input.clear()
        self._keep(text)

    @work(exclusive=True, exit_on_error=False)
    async def _keep(self, text: str) -> None:
        field = self.query_one(KeyField)
        try:
            self._key = await self._chimera.connections.set_key(self._key.provider, text)
        except ChimeraError as error:
            self._problem = error
            field.disabled = False
            field.focus()
            self._redraw()
            return
        self._problem, self._is_kept, field.display = None, True, False
        self._redraw()
        self._health = await self._chimera.check_provider(self._key.provider)
        self._redraw()

    def action_close(self) -> None:
        """Close, and say whether the key was taken."""
        if self._is_kept:
            self.give(self._is_taken)

    def action_keep(self) -> None:
        """Close; what was kept stays kept."""
        self.give(self._is_taken if self._is_kept else None)
