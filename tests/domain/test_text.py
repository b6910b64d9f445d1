"""Text that we did not write is shown as it is, or made harmless; never obeyed."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera_tui.domain.text import clean, one_line, storable
from tests.corpus import CORPUS, HONEST, Specimen

FRAGMENTS = (
    *("\x1b[", "\x1b]52;c;", "\x07", "[/", "[@click=app.quit]", "\r", "\r\n", "\x9b", "&#x202e;"),
    *("\u202e", "\u200b", "\u200d", "\ufe0f", "\U000e0041", "\ud800", "\x00", "e\u0301", "\u0e47"),
    *("\u2028", "\ufffe", "\t", "\n"),
)
any_text = st.lists(st.text(st.characters(), max_size=9) | st.sampled_from(FRAGMENTS)).map("".join)

BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_harmless(char: str) -> bool:
    if char in "\n\t":
        return True
    is_control = unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
    return not is_control and unicodedata.bidirectional(char) not in BIDI_CONTROLS


@pytest.mark.parametrize("specimen", CORPUS, ids=lambda s: s.id)
def test_the_corpus_is_harmless(specimen: Specimen) -> None:
    shown = clean(specimen.text)

    assert all(map(is_harmless, set(shown)))
    assert clean(shown) == shown
    assert len(shown) <= len(specimen.text)
    assert "\n" not in one_line(specimen.text)
    storable(specimen.text).encode()


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_is_not_changed(text: str) -> None:
    assert clean(text) == text
    assert storable(text) == text


@pytest.mark.parametrize(
    "specimen",
    [s for s in CORPUS if s.category in {"markup", "markdown", "html", "csv", "prompt", "url"}],
    ids=lambda s: s.id,
)
def test_what_only_other_programs_obey_is_not_changed(specimen: Specimen) -> None:
    assert clean(specimen.text) == specimen.text


@given(any_text)
def test_cleaning_is_total_harmless_idempotent_and_never_longer(text: str) -> None:
    shown = clean(text)

    assert all(map(is_harmless, shown))
    assert clean(shown) == shown
    assert len(shown) <= len(text)


@given(any_text, st.integers(1, 50))
def test_a_label_is_one_line_of_limited_length(text: str, longest: int) -> None:
    label = one_line(text, longest)

    assert len(label) <= longest
    assert label.splitlines() in ([], [label])
    assert label == label.strip()


@given(any_text)
def test_what_is_stored_can_be_encoded_and_keeps_its_length(text: str) -> None:
    kept = storable(text)

    kept.encode()
    assert "\0" not in kept
    assert len(kept) == len(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x7f", "\u241b[2J\u2421"),  # the evidence stays visible
        ("a\rb\r\nc\vd\x85e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("in\u202etxt.exe", "in\ufffdtxt.exe"),
        ("\x9b2J", "\ufffd2J"),
        ("f\u200bo\u2060o\ufeff\u00ad", "foo"),
        ("e" + "\u0301" * 20, "e" + "\u0301" * 8),
        ("\u0e01" + "\u0e47" * 20, "\u0e01" + "\u0e47" * 8),  # Thai
        ("e" + "\u0301\u200d" * 20, "e" + "\u0301\u200d" * 4),  # joiners do not hide a pile
        ("\u2764\ufe0f\ufe01\U000e0100x", "\u2764\ufe0fx"),  # bytes in variation selectors
        ("a\ud800b", "a\ufffdb"),
    ],
)
def test_the_policy(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_cleaning_takes_time_in_proportion() -> None:
    def seconds(length: int) -> float:
        text = "e\u0301\x1b\u202e 漢" * length
        began = time.perf_counter()
        clean(text)
        return time.perf_counter() - began

    short = min(seconds(10_000) for _ in range(3))
    long = min(seconds(80_000) for _ in range(3))

    assert long < short * 8 * 4
