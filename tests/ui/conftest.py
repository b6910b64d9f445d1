"""What all tests of the screen start from."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from chimera_tui.ui.kit import clipboard as clipboard_module
from chimera_tui.ui.providers import providers_screen as diagnostics_module
from chimera_tui.ui.room import room_panes as room_panes_module
from chimera_tui.ui.room import room_screen as room_screen_module
from tests.fakes import NOON


@pytest.fixture(autouse=True)
def noon_is_noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are those of UTC."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def clipboard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was copied, in place of a clipboard."""
    copied: list[str] = []

    def copy(
        text: str,
        *,
        ask_terminal: Callable[[str], None],
        fallback: Path,
        environ: Mapping[str, str] | None = None,
    ) -> clipboard_module.Copied:
        copied.append(text)
        return clipboard_module.Copied(how="to the system clipboard, by a test", is_sure=True)

    monkeypatch.setattr(clipboard_module, "copy", copy)
    return copied


@pytest.fixture
def fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon, and stays so; nothing moves by itself."""
    monkeypatch.setattr(room_panes_module, "TICK", 3600.0)
    monkeypatch.setattr(room_panes_module, "utc_now", lambda: NOON)
    for module in (room_panes_module, room_screen_module):
        monkeypatch.setattr(module, "monotonic", lambda: 0.0)
    monkeypatch.setattr(diagnostics_module, "utc_now", lambda: NOON)
