"""The providers from near: how each is, its key, what was sent and received, what to do."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.health import BreakerState, Health, HealthState
from chimera_tui.domain.impersonations import Impersonations
from chimera_tui.domain.spending import Spending
from chimera_tui.domain.text import one_line
from chimera_tui.settings.keys import KeySource, KeyState
from chimera_tui.settings.settings import ProviderSettings
from chimera_tui.ui.kit.blocks import Lines, heading, line, split, state
from chimera_tui.ui.kit.closing import close
from chimera_tui.ui.kit.doing import do
from chimera_tui.ui.kit.footer import KeyFooter
from chimera_tui.ui.kit.palette import ScreenPalette
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.providers import evidence
from chimera_tui.ui.providers.key_words import key_words
from chimera_tui.ui.providers.provider_rows import ProviderRow, provider_rows
from chimera_tui.ui.room.room_header import WIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chimera_tui.core.chimera import Chimera
    from chimera_tui.ui.app import ChimeraApp

SECOND = 1.0


class ProviderChoice(Rows, inherit_bindings=False):
    """One row a provider; the one under the cursor is shown at the right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("home", "move(-100000)", "first", show=False),
        Binding("end", "move(100000)", "last", show=False),
        Binding("enter", "choose", "check now", show=False),
    ]
    edge = 2

    def __init__(self) -> None:
        super().__init__(id="choice")
        self.providers: list[ProviderRow] = []

    def show(self, rows: list[ProviderRow]) -> None:
        """Draw these."""
        self.providers = rows
        self.rebuild()

    def row_count(self) -> int:
        """One row a provider."""
        return len(self.providers)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """State, name, latency or why there is none."""
        row = self.providers[index]
        style = "bold" if index == self.cursor else "" if row.state != "off" else "$muted"
        name = line(state(row.state, width=7), (row.name, style))
        note = row.latency if row.state in {"ok", "slow"} else row.note
        return [split(name, line((note, "$muted")), width)]


class DiagnosticsScreen(Screen[None]):
    """All providers at the left, the chosen one at the right.

    Args:
        chimera: Knows the providers.
        provider: Which one to show first; empty for the first that is not well.
    """

    app: "ChimeraApp"
    CSS_PATH = "providers.tcss"
    COMMANDS = {ScreenPalette}  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "check", "check now", id="diagnostics.check"),
        Binding("k", "set_key", "set a key", id="diagnostics.key"),
        Binding("x", "remove_key", "remove key", id="diagnostics.remove"),
        Binding("m", "models", "models", id="diagnostics.models"),
        Binding("left", "older", "exchanges", key_display="←→", id="diagnostics.older"),
        Binding("right", "newer", "newer exchange", show=False, id="diagnostics.newer"),
        Binding("y", "copy", "copy report", id="diagnostics.copy"),
        Binding("C", "check_all", "check all", show=False, id="diagnostics.check-all"),
        Binding("pagedown", "scroll(1)", "scroll down", show=False, priority=True),
        Binding("pageup", "scroll(-1)", "scroll up", show=False, priority=True),
        Binding("escape,q", "back", "back", key_display="esc", id="back"),
        Binding("question_mark,f1", "help", "help", show=False, id="help"),
    ]

    def __init__(self, chimera: "Chimera", provider: str = "") -> None:
        super().__init__()
        self._chimera = chimera
        self._wanted = provider
        self._keys: dict[str, KeyState] = {}
        self._spent: Sequence[Spending] = ()
        self._slips: Sequence[Impersonations] = ()
        self._checking: set[str] = set()
        self._exchange: int | None = None
        """The exchange that is shown; None: the last."""

    def compose(self) -> ComposeResult:
        """Head, providers, the page of one of them, keys."""
        yield Lines(self._head, id="head")
        with Horizontal(id="near"):
            with Vertical(id="near-side"):
                yield Lines(lambda width: heading("Providers", "", width), id="near-title")
                yield ProviderChoice()
                yield Lines(self._spending, id="near-spent")
            with VerticalScroll(id="near-page", can_focus=False):
                yield Lines(self._about, id="near-about")
                with Horizontal(id="near-wells"):
                    with Vertical():
                        yield Lines(lambda width: self._well_title("Sent", width))
                        yield Lines(self._sent, id="near-sent")
                    with Vertical():
                        yield Lines(lambda width: self._well_title("Received", width))
                        yield Lines(self._received, id="near-received")
                yield Lines(self._facts, id="near-facts")
        yield KeyFooter(right=("command-palette", "back"), id="foot")

    def on_mount(self) -> None:
        """Show the one that was asked for, and learn what takes a moment to learn."""
        self._ticking = self.set_interval(SECOND, self._redraw_page, pause=True)
        self.draw_providers(list(self._chimera.health.values()))
        names = [row.name for row in self._choice.providers]
        ill = [one.provider for one in self._chimera.health.values() if one.state in ILL]
        first = self._wanted if self._wanted in names else (ill or names or [""])[0]
        self._choice.cursor = names.index(first) if first in names else 0
        self._choice.focus()
        self._learn()

    @property
    def _choice(self) -> ProviderChoice:
        return self.query_one(ProviderChoice)

    @property
    def provider(self) -> str:
        """The name of the one that is shown; empty if there is none."""
        names = list(self._chimera.health)
        return names[self._choice.cursor] if self._choice.cursor < len(names) else ""

    @property
    def health(self) -> Health:
        """How it is."""
        empty = Health(provider="no provider", state=HealthState.NOT_ASKED)
        return self._chimera.health.get(self.provider, empty)

    def draw_providers(self, healths: "Sequence[Health]") -> None:
        """Draw how they are; called as each check comes back."""
        self._choice.show(provider_rows(healths))
        self._redraw_page()

    def _redraw_page(self) -> None:
        for block in self.query(Lines):
            block.refresh(layout=True)
        is_open = self.health.breaker is BreakerState.OPEN
        (self._ticking.resume if is_open else self._ticking.pause)()
        self.refresh_bindings()

    @work(exclusive=True, group="learn", exit_on_error=False)
    async def _learn(self) -> None:
        """Ask where the keys lie, what was spent today, and how models behaved."""
        self._keys = {key.provider: key for key in await self._chimera.connections.key_states()}
        self._redraw_page()
        try:
            self._spent = await self._chimera.connections.spending()
            self._slips = await self._chimera.impersonations()
        except ChimeraError as error:
            self.app.tell_error(error)
        self._redraw_page()

    # Drawing

    def _head(self, width: int) -> list[Content]:
        states = [row.state for row in self._choice.providers]
        counts = [(name, states.count(name)) for name in ("ok", "slow", "down", "off")]
        colours = {"ok": "$success", "slow": "$warning", "down": "$error", "off": "$muted"}
        shown = [line((f"{count} {name}", colours[name])) for name, count in counts if count]
        brand = line(("◆ ", "$primary"))
        if self.app.size.width >= WIDE:
            brand = line(brand, ("chimera", "$muted"), "    ")
        return [split(line(brand, ("Providers", "bold")), Content("   ").join(shown), width)]

    def _spending(self, width: int) -> list[Content]:
        return evidence.spending_lines(self._spent, width)

    def _about(self, width: int) -> list[Content]:
        return evidence.head_lines(
            self.health,
            self._keys.get(self.provider),
            utc_now(),
            width,
            key_of=self.app.key_of,
            is_checking=self.provider in self._checking,
        )

    @property
    def _exchanges(self) -> tuple[Exchange, ...]:
        return self._chimera.connections.exchanges(self.provider)

    @property
    def _shown(self) -> Exchange | None:
        """The exchange in the wells."""
        if not (exchanges := self._exchanges):
            return None
        return exchanges[min(self._place, len(exchanges) - 1)]

    @property
    def _place(self) -> int:
        return len(self._exchanges) - 1 if self._exchange is None else self._exchange

    def _well_title(self, title: str, width: int) -> list[Content]:
        exchanges = self._exchanges
        note = f"{self._place + 1} of {len(exchanges)}" if exchanges and title == "Sent" else ""
        if title == "Sent" and self._exchange is None and exchanges:
            note = "the last"
        return [split(line((title, "bold")), line((note, "$muted")), width)]

    def _sent(self, width: int) -> list[Content]:
        if (shown := self._shown) is None:
            return [
                line((f"Nothing yet: {self.app.key_of('diagnostics.check')} checks now.", "$muted"))
            ]
        return self._well(shown, evidence.sent_lines, width)

    def _received(self, width: int) -> list[Content]:
        if (shown := self._shown) is None:
            return [line(("–", "$muted"))]
        return self._well(shown, evidence.received_lines, width)

    def _well(
        self, shown: Exchange, lines: Callable[[Exchange, int], list[Content]], width: int
    ) -> list[Content]:
        """One of the two; side by side they are equally high."""
        drawn = lines(shown, width)
        if self.app.size.width < WIDE:
            return drawn
        both = (evidence.sent_lines, evidence.received_lines)
        highest = max(len(one(shown, width)) for one in both)
        return [*drawn, *[Content("")] * (highest - len(drawn))]

    def _facts(self, width: int) -> list[Content]:
        own = self._chimera.settings.providers.get(self.provider, ProviderSettings())
        limits = (own.requests_per_minute, own.at_once)
        lines = evidence.facts_lines(self.health, limits, self._shown, width)
        here = [one for one in self._slips if one.model.provider == self.provider]
        if slips := evidence.slip_lines(here, width):
            lines += [Content(""), *slips]
        return [*lines, Content(""), *evidence.exchange_rows(self._exchanges, self._place, width)]

    # What can be done

    @on(Rows.Moved)
    def show_another(self, event: Rows.Moved) -> None:
        """Another provider is under the cursor."""
        self._exchange = None
        event.rows.rebuild()
        self._redraw_page()

    @on(Rows.Chosen)
    async def check_chosen(self) -> None:
        """Enter checks."""
        await self.action_check()

    async def action_check(self) -> None:
        """Ask this provider now how it is; or a person, whether it may be asked."""
        if self.provider and self._chimera.health[self.provider].unprotected:
            await do(self, self.app.checks.ask_plain())
        elif self.provider and self.provider not in self._checking:
            self._check(self.provider)

    @work(exit_on_error=False)
    async def _check(self, name: str) -> None:
        self._checking.add(name)
        self._redraw_page()
        try:
            await self._chimera.check_provider(name)
        finally:
            self._checking.discard(name)
        self._exchange = None
        self.draw_providers(list(self._chimera.health.values()))

    def action_check_all(self) -> None:
        """Ask all providers how they are."""
        self.app.checks.look_again()

    async def action_set_key(self) -> None:
        """Ask for a key of this provider, and test it."""
        await do(self, self._set_key())

    async def _set_key(self) -> None:
        await self.app.open.key(self.provider)
        self._learn_keys()

    def _learn_keys(self) -> None:
        self.draw_providers(list(self._chimera.health.values()))
        self._learn()

    async def action_remove_key(self) -> None:
        """Forget the kept key, after asking."""
        await do(self, self._remove_key())

    async def _remove_key(self) -> None:
        from chimera_tui.ui.kit.dialog import Choose  # noqa: PLC0415 - not needed at first

        if (key := self._keys.get(self.provider)) is None or key.source is None:
            return
        if key.source is KeySource.ENVIRONMENT:
            place = one_line(key.place, 80)
            self.app.tell(f"The key stands in {place}: take it out there.", severity="warning")
            return
        choices = [
            ("keep it", key_words(key)),
            ("remove it", "it cannot be brought back from here"),
        ]
        title = one_line(key.title, 40)
        if await self.app.ask(Choose(f"Remove the key of {title}?", choices, 0)) == 1:
            try:
                await self._chimera.connections.forget_key(key.provider)
            finally:
                self._learn_keys()

    async def action_models(self) -> None:
        """List the models of this provider."""
        from chimera_tui.ui.providers.model_list import ModelList  # noqa: PLC0415 - not needed at first

        if self.provider:
            is_local = self._chimera.connections.is_free(ModelRef(self.provider, ""))
            await self.app.push_screen(ModelList(self.health, is_local=is_local))

    def action_older(self) -> None:
        """Show the exchange before this one."""
        self.action_exchange(self._place - 1)

    def action_newer(self) -> None:
        """Show the exchange after this one."""
        self.action_exchange(self._place + 1)

    def action_exchange(self, number: int) -> None:
        """Show an exchange by its place."""
        if 0 <= number < (count := len(self._exchanges)):
            self._exchange = None if number == count - 1 else number
            self._redraw_page()

    def action_copy(self) -> None:
        """Copy all of it as text, without keys."""
        key = self._keys.get(self.provider)
        text = evidence.report(self.health, key, self._exchanges)
        self.app.copy(text, f"the report on {one_line(self.provider, 40)}")

    def action_scroll(self, pages: int) -> None:
        """Scroll the page."""
        page = self.query_one("#near-page")
        page.scroll_relative(y=pages * (page.size.height - 1), animate=False)

    def action_back(self) -> None:
        """Go back to where this was opened."""
        close(self)

    async def action_help(self) -> None:
        """Show the keys."""
        await self.app.open.help()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say what can be done with the provider that is shown."""
        if action == "remove_key":
            key = self._keys.get(self.provider)
            return key is not None and key.source is not None
        if action in {"older", "newer"}:
            return len(self._exchanges) > 1
        if action == "copy":
            return bool(self.provider)
        return super().check_action(action, parameters)


ILL = {HealthState.DOWN, HealthState.SLOW}
"""States that are looked at first."""
