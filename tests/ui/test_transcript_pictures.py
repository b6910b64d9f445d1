"""How the transcript looks, in pictures."""

from typing import Any

from tests.ui.transcript_app import TranscriptApp, the_joke, the_table


def test_everything_that_markdown_can_hold(snap_compare: Any) -> None:
    assert snap_compare(TranscriptApp(the_table()), terminal_size=(80, 36))


def test_a_wide_page_is_centred(snap_compare: Any) -> None:
    def focus(transcript: Any) -> None:
        transcript.focused_key = 3

    assert snap_compare(TranscriptApp(the_joke(), run=focus), terminal_size=(160, 30))
