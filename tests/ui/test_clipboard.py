"""Copying: the best way there is, and what is said of it."""

from pathlib import Path

import pytest

from chimera_tui.ui.kit import clipboard
from chimera_tui.ui.kit.clipboard import LONGEST_FOR_TERMINAL, Copied


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with an `xclip` that keeps what it gets."""
    folder = tmp_path / "tools"
    folder.mkdir()
    xclip = folder / "xclip"
    xclip.write_text(f"#!/bin/sh\n/bin/cat > {tmp_path}/clipboard\n")
    xclip.chmod(0o755)
    return folder


def copied(text: str, environ: dict[str, str], fallback: Path) -> tuple[Copied, list[str]]:
    asked: list[str] = []
    done = clipboard.copy(text, ask_terminal=asked.append, fallback=fallback, environ=environ)
    return done, asked


def test_a_command_of_the_system_comes_first(tools: Path, tmp_path: Path) -> None:
    environ = {"PATH": str(tools), "DISPLAY": ":0"}
    done, asked = copied("Zażółć 🎭", environ, tmp_path / "file")
    assert (done.is_sure, asked) == (True, [])
    assert "xclip" in done.how
    assert (tmp_path / "clipboard").read_text(encoding="utf-8") == "Zażółć 🎭"


@pytest.mark.parametrize(
    "environ", [{}, {"DISPLAY": ":0", "SSH_CONNECTION": "x"}], ids=["no display", "ssh"]
)
def test_else_the_terminal_is_asked(tools: Path, tmp_path: Path, environ: dict[str, str]) -> None:
    done, asked = copied("Hi.", {"PATH": str(tools), **environ}, tmp_path / "file")
    assert (done.is_sure, asked) == (False, ["Hi."])
    assert "OSC 52" in done.how


def test_a_command_that_fails_is_passed_over(tools: Path, tmp_path: Path) -> None:
    (tools / "xclip").write_text("#!/bin/sh\nexit 1\n")
    _, asked = copied("Hi.", {"PATH": str(tools), "DISPLAY": ":0"}, tmp_path / "file")
    assert asked == ["Hi."]


def test_what_is_too_long_goes_to_a_file_of_the_person(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "copied.txt"
    text = "é" * LONGEST_FOR_TERMINAL
    done, asked = copied(text, {}, file)
    assert (done.is_sure, asked) == (True, [])
    assert str(file) in done.how
    assert file.read_text(encoding="utf-8") == text
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_ways_are_named_in_their_order(tools: Path) -> None:
    environ = {"PATH": str(tools), "DISPLAY": ":0"}
    assert clipboard.ways(environ) == ["xclip", "OSC 52", "file"]
