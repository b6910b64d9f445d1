"""The first screen of all: what was found, and one key to begin."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen

from chimera_tui.domain.conversation import Assignment, ModelRef
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.health import Health
from chimera_tui.domain.text import one_line
from chimera_tui.library.starters import CAST, STARTERS, default_cast
from chimera_tui.settings.keys import KeyState
from chimera_tui.ui.kit.blocks import Lines, Part, fit, keys, line, link, split, state
from chimera_tui.ui.kit.carrying_out import carry_out
from chimera_tui.ui.kit.closing import close
from chimera_tui.ui.kit.footer import KeyFooter
from chimera_tui.ui.kit.themes import HUES, assign_hues
from chimera_tui.ui.providers.key_words import key_found, key_words
from chimera_tui.ui.providers.provider_rows import ProviderRow, provider_rows
from chimera_tui.ui.transcript.conversation_entries import emoji_of

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.ui.app import ChimeraApp

MOST_PROBLEMS = 3
"""Problems that are told; there can be as many as there are files."""
TAKEN, TAKEN_MORE = 13, 8
"""Rows beside those of the providers: always, and more where there is room for the cast."""
NARROW = 70
"""Cells under which a line has no room for a note."""
SHORT = {
    "demo room": "demo",
    "another topic": "topic",
    "people and topic": "people",
    "set a key": "key",
    "look again": "look",
}
"""Words for keys, where there is little room."""
OTHERS = (
    ("first.demo", "demo room", "demo"),
    ("first.topic", "another topic", "topic"),
    ("first.compose", "people and topic", "compose_room"),
    ("first.key", "set a key", "key"),
    ("first.look", "look again", "look"),
)
"""What can be done beside starting: the id of its key, words, the action; the last two always."""
FEW_ROWS = 26
"""Under so many rows the cast is told in one line."""


class FirstRunScreen(Screen[None]):
    """Shown while there is no conversation; checks run beside it and never block it."""

    app: "ChimeraApp"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "start", show=False, id="first.start"),
        Binding("d", "demo", "demo room", show=False, id="first.demo"),
        Binding("n", "topic", "another topic", show=False, id="first.topic"),
        Binding("p", "compose_room", "people and topic", show=False, id="first.compose"),
        Binding("k", "key", "set a key", show=False, id="first.key"),
        Binding("r", "look", "look again", show=False, id="first.look"),
        Binding("f4", "providers", "providers", show=False, id="first.providers"),
        Binding("u", "undo", "bring the room back", show=False, id="first.undo"),
        Binding("question_mark,f1", "help", "help", id="help"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._chimera: Chimera | None = None
        self._rows: list[ProviderRow] = []
        self._keys: dict[str, KeyState] = {}
        self._is_looking = True
        self._topic = 0
        self._is_starting = False
        self._is_wanted = False
        """Whether to begin as soon as it is known what can speak."""

    def compose(self) -> ComposeResult:
        """What was found, the start, other keys."""
        with Vertical(id="first-centre"), Vertical(id="first"):
            yield Lines(self._found)
            yield Lines(self._block, id="start")
            yield Lines(self._others)
        yield KeyFooter(
            right=("help", "quit"),
            note=f"Nothing is sent before you press {self.app.key_of('first.start')}.",
            id="foot",
        )

    def attach(self, chimera: "Chimera") -> None:
        """The library and the database are there."""
        self._chimera = chimera
        if self.is_empty:
            self.query_one(KeyFooter).note("Nobody can speak yet.")
        self.draw_providers(list(chimera.health.values()))
        self._find_keys(chimera)

    @work(exclusive=True, group="keys", exit_on_error=False)
    async def _find_keys(self, chimera: "Chimera") -> None:
        """Say where the keys lie; a keyring may take a moment."""
        self._keys = {key.provider: key for key in await chimera.connections.key_states()}
        self._redraw()

    def draw_providers(self, healths: Sequence[Health]) -> None:
        """Draw how the providers are; called as each check comes back."""
        self._rows = provider_rows(healths)
        self._redraw()

    async def end_looking(self) -> None:
        """All checks are back; begin now if that was wished for meanwhile."""
        self._is_looking = False
        self._redraw()
        if self._is_wanted:
            await self.action_start()

    def _redraw(self) -> None:
        for block in self.query(Lines):
            block.refresh(layout=True)

    @property
    def is_live(self) -> bool:
        """Whether anything but the demo can speak."""
        return bool(self._ready)

    @property
    def _ready(self) -> list[ProviderRow]:
        return [row for row in self._rows if row.state in {"ok", "slow"} and row.models]

    @property
    def topic(self) -> str:
        """What the first room would talk about."""
        return STARTERS[self._topic % len(STARTERS)]

    # Drawing

    def _found(self, width: int) -> list[Content]:
        ready = sum(row.state in {"ok", "slow"} for row in self._rows)
        can_speak = f"{ready} of {len(self._rows)} can speak"
        note = "looking …" if self._is_looking else can_speak
        head = [
            line(("◆ ", "$primary"), ("chimera", "bold")),
            line(("A room where machines talk to each other, and to you.", "$muted")),
            Content(""),
            split(line(("Found on this machine", "bold")), line((note, "$muted")), width),
            Content(""),
        ]
        demo = line(
            state("demo", width=8),
            fit("built in", 13),
            fit("offline, free, scripted", 32),
            ("always there" if width >= NARROW else "", "$muted"),
        )
        rows = self._providers(width)
        if self._is_looking and not rows:
            rows = [line(("○ looking for local servers …", "$muted"))]
        shown = [*head, *rows, demo, *self._problems(width)]
        return [one.truncate(width, ellipsis=True) for one in shown]

    def _providers(self, width: int) -> list[Content]:
        """As much of each provider as there is room for; those without a key may share a line."""
        is_high = self.app.size.height >= FEW_ROWS
        room = max(3, self.app.size.height - TAKEN - is_high * TAKEN_MORE)
        with_hints = is_high and len(self._rows) + 1 < room
        is_crowded = len(self._rows) > room
        rows = [
            one
            for row in self._rows
            if row.has_key or not is_crowded
            for one in _provider(
                row,
                self._keys.get(row.name),
                self.app.key_of("first.key"),
                width,
                with_hint=with_hints,
            )
        ]
        keyless = [row.name for row in self._rows if not row.has_key]
        if keyless and is_crowded:
            words = f"{', '.join(keyless)}: no key, {self.app.key_of('first.key')} sets one"
            rows.append(line(state("off", width=8), (words, "$muted")))
        if is_crowded and len(rows) > room:
            more = f"and more: {self.app.key_of('first.providers')} shows them"
            rows = [*rows[: room - 1], line((more, "$muted"))]
        return rows

    def _problems(self, width: int) -> list[Content]:
        """What is wrong with the files of the person: a line each, and how to see the rest."""
        problems = [one_line(problem) for problem in self.app.checks.problems]
        if self.app.size.height < FEW_ROWS:
            problems = problems[:1]
        shown = [line(("✕ ", "$error"), one) for one in problems[:MOST_PROBLEMS]]
        if more := len(self.app.checks.problems) - len(shown):
            words = f"  and {more} more: `chimera-tui doctor` lists them" if shown else ""
            shown.append(line((words, "$muted")))
        return [
            one.truncate(width, ellipsis=True) for one in ([Content("")] if shown else []) + shown
        ]

    @property
    def is_empty(self) -> bool:
        """Whether the library is known to have nobody in it."""
        return self._chimera is not None and not len(self._chimera.library)

    def _nobody(self, width: int) -> list[Content]:
        """In the place of the start: where personas are looked for."""
        folders = self._chimera.library.folders if self._chimera else ()
        lines = [
            line(("✕  ", "$error"), ("There are no personas, so nobody can speak.", "bold")),
            line(("   Put their files (NAME.toml) here, and start again:", "$muted")),
            *(line("   ", one_line(str(folder))) for folder in reversed(folders)),
        ]
        return [one.truncate(width, ellipsis=True) for one in lines]

    def _block(self, width: int) -> list[Content]:
        if self.is_empty:
            return self._nobody(width)
        word: Part = state("live") if self.is_live else state("demo")
        cost = self._cost()
        if self._is_looking and not self.is_live:
            word, cost = ("○ looking", "$muted"), " for what can speak …"
        start = "Starting …" if self._is_wanted or self._is_starting else "Start talking"
        lines = [
            line((fit(self.app.key_of("first.start"), 3), "bold $primary"), (start, "bold")),
            split(line("   ", self.topic), line(word, (cost, "$muted")), width),
        ]
        people = self._people()
        if self.app.size.height < FEW_ROWS:
            names = Content(", ").join(line((name, f"$persona-{hue}")) for _, name, hue in people)
            return [link(one, "screen.start") for one in [*lines, line("   ", names)]]
        lines.append(Content(""))
        lines += [
            line("   ", fit(emoji, 2), " ", (fit(name, 14), f"$persona-{hue}"), (model, "$muted"))
            for (emoji, name, hue), model in zip(people, self._models(), strict=True)
        ]
        return [link(one, "screen.start") for one in lines]

    def _others(self, width: int) -> list[Content]:
        others = OTHERS if not self.is_empty else OTHERS[-2:]
        shown = Content("   ").join(
            link(
                keys([(self.app.key_of(id_), SHORT[word] if width < NARROW else word)]),
                f"screen.{action}",
            )
            for id_, word, action in others
        )
        return [shown.truncate(width, ellipsis=True)]

    def _people(self) -> list[tuple[str, str, int]]:
        """Emoji, name and hue of the cast; names alone before the library is there."""
        if self._chimera is None:
            return [("", slug.title(), HUES[index]) for index, slug in enumerate(CAST)]
        personas = [self._chimera.library.get(slug) for slug in self._cast()]
        hues = assign_hues([persona.colour for persona in personas])
        return [
            (
                emoji_of(persona, is_plain=self.app.has_plain_emoji),
                one_line(persona.short_name, 40),
                hue,
            )
            for persona, hue in zip(personas, hues, strict=True)
        ]

    def _models(self) -> list[str]:
        """What would play each of the cast."""
        if not self.is_live:
            return ["" if self._is_looking else "demo"] * len(self._cast())
        return [
            one_line(f"{model.provider} · {model.model}", 80) if model else "you choose its model"
            for model in self._expected()
        ]

    def _expected(self) -> list[ModelRef | None]:
        if self._chimera is None:
            return []
        personas = [self._chimera.library.get(slug) for slug in self._cast()]
        expected = self._chimera.connections.expected
        return [expected(Assignment(persona=persona)) for persona in personas]

    def _cost(self) -> str:
        if not self.is_live:
            return ", offline and free"
        models = [model for model in self._expected() if model]
        if self._chimera and all(map(self._chimera.connections.is_free, models)):
            return ", local and free" if models else ""
        return f", by {', '.join(dict.fromkeys(one_line(m.provider, 40) for m in models))}"

    def _cast(self) -> tuple[str, ...]:
        return default_cast(list(self._chimera.library)) if self._chimera else CAST

    # Keys

    async def action_start(self) -> None:
        """Begin, live if anything can be reached, else with the demo; wait until that is known."""
        self._is_wanted = self._is_looking and not self.is_live
        self._redraw()
        if not self._is_wanted:
            await self._begin(demo=not self.is_live)

    async def action_demo(self) -> None:
        """Begin with the demo."""
        self._is_wanted = False
        await self._begin(demo=True)

    async def _begin(self, *, demo: bool) -> None:
        if self._chimera is None or self._is_starting or self.is_empty:
            return
        self._is_starting = True
        self._redraw()
        try:
            saved = await self._chimera.new_conversation(
                topic=self.topic, cast=self._cast(), demo=demo
            )
            await self.app.open.room(saved, is_live=True)
        except ChimeraError as error:
            self.app.tell_error(error)
        finally:
            self._is_starting = False
            self._redraw()

    def action_topic(self) -> None:
        """Propose another topic."""
        self._topic += 1
        self._redraw()

    async def action_compose_room(self) -> None:
        """Choose topic and people."""
        if self._chimera and not self.is_empty:
            await self.app.open.new_room(self.topic, self._cast())

    async def action_key(self) -> None:
        """Set a key: ask whose, then for it; what it opens is looked at at once."""
        await carry_out(self.app, self, self._set_key())

    async def _set_key(self) -> None:
        from chimera_tui.ui.kit.dialog import Choose  # noqa: PLC0415 - not before the paint

        names = [key.provider for key in self._keys.values() if key.variables]
        names.sort(key=lambda name: self._keys[name].source is not None)
        if not names:
            return
        choices = [(one_line(self._keys[n].title, 40), key_words(self._keys[n])) for n in names]
        if (index := await self.app.ask(Choose("Whose key?", choices, 0))) is None:
            return
        await self.app.open.key(names[index])
        if self._chimera:
            self.draw_providers(list(self._chimera.health.values()))
            self._find_keys(self._chimera)

    async def action_providers(self) -> None:
        """Look at the providers from near."""
        await self.app.open.providers()

    def action_look(self) -> None:
        """Look for providers again."""
        self._is_looking = True
        self._redraw()
        self.app.checks.look_again()

    async def action_undo(self) -> None:
        """Bring the last room back, if it was deleted just now and led here."""
        from chimera_tui.ui.room.room_screen import RoomScreen  # noqa: PLC0415 - it is loaded then

        for screen in self.app.screen_stack:
            if isinstance(screen, RoomScreen) and screen.check_action("do", ("undo",)):
                close(self)
                await screen.action_do("undo")

    async def action_help(self) -> None:
        """Show the keys."""
        await self.app.open.help()


def _provider(
    row: ProviderRow, key: KeyState | None, sets: str, width: int, *, with_hint: bool
) -> list[Content]:
    """What is known of a provider; one that does not answer gets a second line: what to do.

    Args:
        row: What the checks found.
        key: Where its key lies.
        sets: What is pressed to set one.
        width: Cells.
        with_hint: Whether there is room for the second line.
    """
    glyph = state(row.state, width=8)
    where = key_found(key)
    if row.state in {"ok", "slow"}:
        count = row.model_count
        what = where or (
            f"running, {count} model{'s' if count != 1 else ''}" if count else "running, no model"
        )
        note = f"answered in {row.latency}" if where else ", ".join(row.models) or row.hint
        note = note if width >= NARROW else ""
        parts = (fit(row.name, 12), " ", fit(what, 31), " ", (note, "$muted"))
        return [line(glyph, *parts).truncate(width, ellipsis=True)]
    if not row.has_key:
        words = f"{fit(row.name, 12)} {fit('no key', 32)}{sets} to set one"
        return [line(glyph, (words, "$muted")).truncate(width, ellipsis=True)]
    why = row.reason if row.was_asked else where or "not asked yet"
    lines = [line(glyph, (f"{fit(row.name, 12)} {why}", "$muted"))]
    if with_hint and row.hint:
        lines.append(line((" " * 21 + row.hint, "$muted")))
    return [one.truncate(width, ellipsis=True) for one in lines]
