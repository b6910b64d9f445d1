"""What can be done on the screen in sight, in the palette: found by its plain words."""

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider

from chimera_tui.ui.kit.closing import stands

Entry = tuple[str, str, Callable[[], object]]
"""What is done, in plain words; how else it is done; doing it."""


@runtime_checkable
class HasCommands(Protocol):
    """A screen with commands of its own beside its keys."""

    def palette_entries(self) -> Iterable[Entry]:
        """Return what can be done now."""


class ScreenPalette(Provider):
    """The commands of a screen, else what its keys do."""

    async def search(self, query: str) -> Hits:
        """Yield what matches."""
        matcher = self.matcher(query)
        for words, help_, run in self._entries():
            if (score := matcher.match(words)) > 0:
                yield Hit(score, matcher.highlight(words), run, help=help_)

    async def discover(self) -> Hits:
        """Yield all of it."""
        for words, help_, run in self._entries():
            yield DiscoveryHit(words, run, help=help_)

    def _entries(self) -> list[Entry]:
        if isinstance(self.screen, HasCommands):
            return list(self.screen.palette_entries())
        return [
            (binding.description.capitalize(), binding.key, self._runner(binding.action))
            for _, binding in self.screen._bindings  # noqa: SLF001 - there is no other way
            if binding.id and self.screen.check_action(binding.action, ()) is not False
        ]

    def _runner(self, action: str) -> Callable[[], object]:
        async def run() -> None:
            if stands(self.screen):
                await self.screen.run_action(action)

        return run


class ThemePalette(Provider):
    """The themes, by their names."""

    async def search(self, query: str) -> Hits:
        """Yield the themes whose names match."""
        matcher = self.matcher(query)
        for name in sorted(self.app.available_themes):
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), self._chooser(name))

    async def discover(self) -> Hits:
        """Yield all themes."""
        for name in sorted(self.app.available_themes):
            yield DiscoveryHit(name, self._chooser(name))

    def _chooser(self, name: str) -> Callable[[], object]:
        async def choose() -> None:
            await self.app.run_action(f"choose_theme({name!r})")

        return choose
