import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera_tui.library.slugs import free_slug, is_slug, slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("The Marine Biologist", "marine-biologist"),
        ("Fact Checker", "fact-checker"),
        ("The", "the"),
        ("Devil's Parliament", "devils-parliament"),
        ("  Zoë_Ångström!  ", "zoë-ångström"),
        ("\ufb01ne", "fine"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\x", "c-x"),
        ("CON", "unnamed"),
        ("The Human", "unnamed"),
        ("\u202e\x00...", "unnamed"),
        ("é" * 50, "é" * 40),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=200))
def test_any_name_becomes_a_file_name_and_no_path(name: str) -> None:
    slug = slug_of(name)
    assert is_slug(slug)
    assert slug_of(slug) == slug
    assert "/" not in slug


def test_a_slug_that_is_taken_gets_a_number() -> None:
    assert free_slug("The Long Table", ()) == "long-table"
    assert free_slug("The Long Table", {"long-table", "long-table-2"}) == "long-table-3"
