"""How the person wants things drawn, and keeping what is chosen for the next time."""

import asyncio
import importlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.names import nearest
from chimera_tui.domain.text import one_line
from chimera_tui.settings.settings import Settings
from chimera_tui.ui.kit.glyphs import ASCII, UNICODE, wants_plain_emoji
from chimera_tui.ui.kit.themes import DARK, THEMES

if TYPE_CHECKING:
    from textual.worker import Worker

    from chimera_tui.ui.app import ChimeraApp

PLAIN_THEME = "ansi-dark"
"""What NO_COLOR starts with."""

Save = Callable[[str, str | tuple[str, ...]], None]
"""Keeps a setting, by its key, for the next time; blocks. Raises ChimeraError."""


class Preferences:
    """The glyphs, the emoji and the theme of one app.

    Args:
        app: The app that is drawn.
        settings: What the person has set.
        save: Keeps what is chosen; None: nothing does.
    """

    def __init__(self, app: "ChimeraApp", settings: Settings, save: Save | None) -> None:
        self._app = app
        self._settings = settings
        self._save = save
        self.glyphs = ASCII if settings.ascii else UNICODE
        safe = settings.safe_emoji
        self.has_plain_emoji = wants_plain_emoji(os.environ) if safe is None else safe

    def dress(self, theme: str) -> str:
        """Use the theme called `theme`, else the one that is set; return what is wrong with it."""
        app, settings = self._app, self._settings
        for ours in THEMES:
            app.register_theme(ours)
        if settings.reduced_motion:
            app.animation_level = "none"
        app.no_color = bool(os.environ.get("NO_COLOR"))  # Textual: even an empty one
        app.theme = DARK.name
        return self._use(PLAIN_THEME if app.no_color else theme or settings.theme)

    async def key_problems(self) -> list[str]:
        """Say in sentences what is wrong with the keys of the person, over all screens."""
        if not self._settings.keys:
            return []
        keymap = await asyncio.to_thread(importlib.import_module, "chimera_tui.ui.keymap")
        problems: list[str] = await asyncio.to_thread(keymap.problems, self._settings.keys)
        return problems

    def choose_theme(self, name: str) -> None:
        """Use the theme called `name`, now and the next time; none of that name is said."""
        if problem := self._use(name):
            self._app.tell(problem, severity="warning")
        else:
            self.keep("theme", name)

    def _use(self, name: str) -> str:
        """Use a theme; if there is none of this name, change nothing and return that it is so."""
        themes = self._app.available_themes
        if name not in themes:
            return f"There is no theme `{one_line(name)}`. {nearest(name, themes)}"
        self._app.theme = name
        return ""

    def keep(self, key: str, value: str | tuple[str, ...]) -> "Worker[None] | None":
        """Save a setting; a settings file that is broken is left alone, and that is said."""
        if (save := self._save) is None:
            return None

        def work() -> None:
            try:
                save(key, value)
            except ChimeraError as error:
                self._app.call_from_thread(self._app.tell_error, error)

        return self._app.run_worker(work, thread=True, group="settings", exit_on_error=False)
