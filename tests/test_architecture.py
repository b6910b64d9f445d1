"""What ARCHITECTURE.md promises and no linter checks."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 400
"""Lines."""
HEAVY = {
    "keyring",
    "openai",
    "ollama",
    "httpx",
    "httpx2",
    "anyio",
    "pydantic",
    "tomlkit",
    "sqlite3",
}
"""What nothing before the first paint may import; openai alone takes half a second."""
LATER = {
    "cards",
    "chimera",
    "connections",
    "engine",
    "formats",
    "providers",
    "resilience",
    "storage",
    "library.library",
}
"""Of our own: what is imported in a thread, when the first screen is painted."""
FIRST_SCREENS = {"dialog", "first_run"}
"""The modules of `ui/screens` that the app begins with; every other one waits for its key."""
APP = "import chimera_tui.cli.app, chimera_tui.ui.app"


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after `statement`."""
    return {name.partition(".")[0] for name in modules_of(statement)}


def modules_of(statement: str) -> list[str]:
    """All modules that a fresh interpreter has after `statement`."""
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    modules: list[str] = json.loads(done.stdout)
    return modules


@pytest.mark.parametrize(
    "statement",
    [
        "import chimera_tui.chimera",
        "import chimera_tui.cli.main",
        "import chimera_tui.cli.app",
        *(
            f"from chimera_tui.cli.main import run; run({words!r})"
            for words in (["--version"], ["talk", "--help"], ["doctor", "--help"])
        ),
    ],
)
def test_without_a_screen_no_textual(statement: str) -> None:
    quiet = f"import io; out, sys.stdout = sys.stdout, io.StringIO(); {statement}; sys.stdout = out"
    assert not loaded_by(quiet) & {"textual", "rich"}


def test_commands_without_a_screen_load_no_textual(tmp_path: Path) -> None:
    db = str(tmp_path / "c.db")
    talk = ["--db", db, "talk", "--demo", "--topic", "x", "--turns", "1", "--pace", "0"]
    for words in (talk, ["--db", db, "conversations"], ["--db", db, "export", "1"]):
        run = f"from chimera_tui.cli.main import run; run({words!r})"
        quiet = f"import io; out, sys.stdout = sys.stdout, io.StringIO(); {run}; sys.stdout = out"
        loaded = loaded_by(quiet)
        assert not loaded & {"textual", "rich", "openai", "ollama", "httpx", "httpx2"}


def test_the_app_is_imported_without_anything_heavy() -> None:
    assert not loaded_by(APP) & HEAVY


def test_the_app_is_imported_without_what_comes_after_the_first_paint() -> None:
    ours = {name.removeprefix("chimera_tui.") for name in modules_of(APP)}
    assert not ours & LATER


def test_a_screen_is_imported_when_it_is_opened() -> None:
    place = "chimera_tui.ui.screens."
    screens = {n.removeprefix(place) for n in modules_of(APP) if n.startswith(place)}
    assert screens == FIRST_SCREENS


def test_the_app_begins_with_the_styles_of_its_first_screens_alone() -> None:
    from chimera_tui.ui.app import ChimeraApp  # noqa: PLC0415 - the other tests need no Textual

    assert [Path(path).name for path in ChimeraApp.CSS_PATH] == [
        "app.tcss",
        "room.tcss",
        "first_run.tcss",
    ]


def test_the_composition_root_imports_no_sdk() -> None:
    assert not loaded_by("import chimera_tui.chimera") & (HEAVY - {"sqlite3"})


@pytest.mark.parametrize("folder", ["chimera_tui", "bench"])
def test_no_file_is_long(folder: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}


FIELDS = {"Input", "CommandInput", "CommandPalette", "MaskedInput", "TextArea"}
"""Widgets of Textual that pass on to the terminal what is pasted into them."""
CLEAN_FIELDS = {"widgets/field.py", "screens/palette.py"}
"""Where they are made clean."""


def bare_fields(source: str) -> list[int]:
    """The lines of `source` on which such a widget is made, or a class made of it."""

    def name(node: ast.expr) -> str:
        return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")

    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Call) and name(node.func) in FIELDS)
        or (isinstance(node, ast.ClassDef) and {name(base) for base in node.bases} & FIELDS)
    ]


def test_every_field_cleans_what_is_put_into_it() -> None:
    ui = ROOT / "chimera_tui" / "ui"
    found = {
        str(path.relative_to(ui)): lines
        for path in ui.rglob("*.py")
        if (lines := bare_fields(path.read_text("utf-8")))
    }
    assert {path: lines for path, lines in found.items() if path not in CLEAN_FIELDS} == {}


@pytest.mark.parametrize(
    "planted",
    ["yield Input()", "widgets.Input(value)", "class Name(Input): ...", "x = [TextArea('')]"],
)
def test_a_planted_field_is_found(planted: str) -> None:
    assert bare_fields(f"def compose():\n    {planted}\n") == [2]


def test_a_screen_is_closed_by_what_closes_no_other() -> None:
    ui = ROOT / "chimera_tui" / "ui"
    closing = {
        str(path.relative_to(ui))
        for path in ui.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "dismiss"
    }
    assert closing == {"closing.py", "screens/palette.py"}
