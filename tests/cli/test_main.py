"""What holds for all commands."""

import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest

import chimera_tui
from chimera_tui.cli import main
from chimera_tui.cli.main import run
from tests.cli.conftest import Command

Printed = pytest.CaptureFixture[str]


def test_the_version(command: Command) -> None:
    assert command("--version") == (0, f"chimera-tui {chimera_tui.__version__}\n", "")


def test_files_are_named_before_a_command_or_behind_it(home: Path, capsys: Printed) -> None:
    db = str(home / "other.db")
    talk = ["talk", "--demo", "--pace", "0", "--turns", "1", "--topic", "x"]
    assert run(["--db", db, *talk]) == 0
    assert run([*talk, "--db", db]) == 0
    capsys.readouterr()
    assert run(["conversations", "--db", db]) == 0
    assert run(["conversations", "list", "--db", db]) == 0
    assert run(["--db", str(home / "wrong.db"), "conversations", "--db", db, "list"]) == 0
    assert capsys.readouterr().out.count("\n") == 6


def test_a_broken_settings_file_is_said_and_left_alone(home: Path, capsys: Printed) -> None:
    config = home / "mine.toml"
    config.write_text("theme = 3\n")
    assert run(["conversations", "--config", str(config), "--db", str(home / "c.db")]) == 0
    said = capsys.readouterr().err
    assert "mine.toml`, line 1" in said
    assert "Until then the defaults hold." in said
    assert config.read_text() == "theme = 3\n"


def test_options_of_the_app_before_a_command_are_refused(command: Command) -> None:
    result = command("--topic", "x", "--demo", "talk")
    assert result.code == 2
    assert result.err.endswith("chimera-tui: --topic and --demo must stand behind `talk`.\n")


@pytest.mark.parametrize("word", ["\x1b]52;c;cm0=\x07", "\x9b2J", "--\x1b[31m", "-\u202e"])
def test_what_an_error_quotes_of_the_arguments_is_clean(command: Command, word: str) -> None:
    for words in ((word,), ("export", word), ("export", "1", "--format", word)):
        result = command(*words)
        assert result.code == 2
        assert not set(result.err) & {"\x1b", "\x9b", "\x07", "\u202e"}


def test_a_newer_database_is_left_alone(home: Path, command: Command) -> None:
    db = home / "c.db"
    assert command("conversations").code == 0
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = db.read_bytes()
    for words in (["conversations"], ["talk", "--demo", "--topic", "x"]):
        result = command(*words)
        assert (result.code, result.out) == (4, "")
        assert "was made by a newer Chimera" in result.err
    assert db.read_bytes() == before


def test_a_folder_that_cannot_be_made(home: Path, capsys: Printed) -> None:
    (home / "file").write_text("")
    assert run(["conversations", "--db", str(home / "file" / "c.db")]) == 5
    assert "cannot be made" in capsys.readouterr().err


def test_the_app_needs_a_terminal(command: Command) -> None:
    result = command("--demo")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "chimera-tui: The app needs a terminal. Without one there is `chimera-tui talk`.\n"
    )


def commands(group: click.Group, *above: str) -> list[tuple[str, click.Command]]:
    """All commands, with the words that reach them."""
    found: list[tuple[str, click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        found.append((" ".join([*above, name]), command))
        if isinstance(command, click.Group):
            found += commands(command, *above, name)
    return found


@pytest.mark.parametrize(("words", "command"), commands(main.chimera_tui))
def test_every_command_has_help_and_stands_in_the_readme(
    words: str, command: click.Command
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert command.help
    first, *_, last = ["chimera-tui", *words.split()]
    assert f"{first} {words.partition(' ')[0]}" in readme
    assert last in readme
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{words} {parameter.opts}"
