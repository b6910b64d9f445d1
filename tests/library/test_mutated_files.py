"""Good files of personas, rooms and settings with something broken in them: read, or refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.persona_file import read_persona, template, write_persona
from chimera_tui.library.persona_formats import import_persona
from chimera_tui.library.rooms import read_room
from chimera_tui.settings.settings import load_settings, save_setting

FRAGMENTS = (
    *('"""', "'''", '"', "[", "]", "=", "\n", "#", "\\u", "\\ud800", "{", "}", ".", ",", "-", "\r"),
    *(
        "1e999",
        "nan",
        "0x",
        "true",
        "\0",
        "\x1b",
        "2024-01-01",
        "9" * 30,
        "é",
        "[[a]]",
        "a.b.c=1\n",
    ),
)
SETTINGS = """pace = 1.0
priority = ["ollama", "home"]  # mine
[providers.home]
base_url = "http://127.0.0.1:1/v1"
[keys]
pause = "space"
"""
PERSONAS = [template("Vera"), *map(write_persona, [*Library.load(builtin_folder())][:4])]
ROOMS = [
    path.read_text() for path in sorted(Path(__file__).parents[2].joinpath("rooms").glob("*.toml"))
][:4]


@st.composite
def mutated(draw: st.DrawFn, good: list[str]) -> bytes:
    text = draw(st.sampled_from(good))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 20)))
        text = text[:start] + draw(st.sampled_from(FRAGMENTS) | st.text(max_size=4)) + text[end:]
    encodings = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1", "utf-32"]
    return text.encode(draw(st.sampled_from(encodings)), errors="replace")


def read_settings(path: Path) -> None:
    load_settings(path)
    save_setting(path, "theme", "nord")


READERS: dict[str, tuple[list[str], Callable[[Path], Any]]] = {
    "persona": (PERSONAS, read_persona),
    "imported persona": (PERSONAS, import_persona),
    "room": (ROOMS, read_room),
    "settings": ([SETTINGS], read_settings),
}


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_mutated_file_is_read_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    good, read = READERS[name]
    path = tmp_path_factory.getbasetemp() / "vera.toml"
    path.write_bytes(data.draw(mutated(good)))
    problem = "`vera.toml`"
    try:
        read(path)
    except InvalidFileError as error:
        problem = error.problem
    assert "vera.toml" in problem


@pytest.mark.parametrize(
    ("encode", "why"),
    [
        (lambda text: text.encode("utf-16"), "is written in UTF-16"),
        (lambda text: text.encode("utf-16-le"), "is written in UTF-16"),
        (lambda text: text.encode("utf-32"), "is written in UTF-32"),
        (lambda text: text.replace("\n", "\r").encode(), "has line ends of old Macs"),
        (lambda text: text.encode("utf-8-sig"), ""),
        (lambda text: text.replace("\n", "\r\n").encode(), ""),
    ],
)
def test_f02_f13_settings_and_rooms_say_which_encoding_they_are_in(
    tmp_path: Path, encode: Callable[[str], bytes], why: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(encode(SETTINGS))
    found, problem = load_settings(path)
    assert why in problem
    assert bool(found.priority) is not bool(why)
    path.write_bytes(encode(ROOMS[0]))
    if why:
        with pytest.raises(InvalidFileError, match=why):
            read_room(path)
    else:
        assert read_room(path).cast
