"""How the transcript looks, in pictures."""

from collections.abc import Callable
from typing import Any

import pytest

from chimera_tui.ui.transcript.entries import Entry
from chimera_tui.ui.transcript.transcript import Transcript
from tests.ui.transcript_app import TranscriptApp, the_failure, the_joke, the_table


def focus_on(key: int) -> Callable[[Transcript], None]:
    def focus(transcript: Transcript) -> None:
        transcript.focused_key = key

    return focus


@pytest.mark.parametrize("theme", ["chimera-dark", "chimera-light", "ansi-dark"])
@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 18)], ids=lambda size: f"{size[0]}")
def test_a_talk_with_a_focus(snap_compare: Any, theme: str, size: tuple[int, int]) -> None:
    app = TranscriptApp(the_joke(), theme=theme, run=focus_on(3))
    assert snap_compare(app, terminal_size=size)


@pytest.mark.parametrize("theme", ["chimera-dark", "chimera-light", "ansi-dark"])
@pytest.mark.parametrize("entries", [the_failure, the_table], ids=["failure", "markdown"])
def test_failures_and_markdown(
    snap_compare: Any, theme: str, entries: Callable[[], list[Entry]]
) -> None:
    assert snap_compare(TranscriptApp(entries(), theme=theme), terminal_size=(80, 36))


def test_a_wide_page_is_centred(snap_compare: Any) -> None:
    assert snap_compare(TranscriptApp(the_joke(), run=focus_on(3)), terminal_size=(160, 30))
