"""What ARCHITECTURE.md promises and no linter checks."""

import ast
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 600
"""Lines of a file that is one thing."""
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
    "core",
    "demo",
    "engine",
    "formats",
    "lore",
    "providers",
    "resilience",
    "storage",
    "library.library",
}
"""Of our own: what is imported in a thread, when the first screen is painted."""
FIRST_SCREENS = {"first_run.first_run_screen", "room.room_screen"}
"""The screens that the app can begin with; every other one waits for its key."""
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
        "import chimera_tui.core.chimera",
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
    place = "chimera_tui.ui."
    ours = [name for name in modules_of(APP) if name.startswith(place)]
    screens = {name.removeprefix(place) for name in ours if name.endswith("_screen")}
    assert screens == FIRST_SCREENS


def test_the_app_begins_with_the_styles_of_its_first_screens_alone() -> None:
    from chimera_tui.ui.app import ChimeraApp  # noqa: PLC0415 - the other tests need no Textual

    assert [Path(path).name for path in ChimeraApp.CSS_PATH] == [
        "app.tcss",
        "room.tcss",
        "first_run.tcss",
    ]


def test_the_composition_root_imports_no_sdk() -> None:
    assert not loaded_by("import chimera_tui.core.chimera") & (HEAVY - {"sqlite3"})


@pytest.mark.parametrize("folder", ["chimera_tui", "bench"])
def test_no_file_is_long(folder: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}


FIELDS = {"Input", "CommandInput", "CommandPalette", "MaskedInput", "TextArea"}
"""Widgets of Textual that pass on to the terminal what is pasted into them."""
CLEAN_FIELDS = {"kit/field.py", "kit/palette_screen.py"}
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
    assert closing == {"kit/closing.py", "kit/palette_screen.py"}


# The shape of classes

DEEPEST = 2
"""Classes of ours above one another, itself included, at most."""
MOST_NAMES = 25
"""Names without an underscore of one object, inherited ones of ours included."""


@dataclass(frozen=True)
class Shape:
    """A class as its source shows it."""

    name: str
    place: str
    bases: tuple[str, ...]
    names: frozenset[str]


def shapes_in(source: str, place: str) -> list[Shape]:
    """The classes of a module, with the names that their objects have of their own."""
    return [
        Shape(node.name, place, tuple(filter(None, map(_base, node.bases))), frozenset(_own(node)))
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    ]


def _base(node: ast.expr) -> str:
    node = node.value if isinstance(node, ast.Subscript) else node
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _own(node: ast.ClassDef) -> set[str]:
    own = set[str]()
    for part in node.body:
        match part:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                own |= {name}
            case ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                own |= {name}
            case ast.Assign(targets=targets):
                own |= {one.id for one in targets if isinstance(one, ast.Name)}
        for inner in ast.walk(part):
            if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                own |= {inner.attr} if getattr(inner.value, "id", "") == "self" else set()
    return {name for name in own if not name.startswith("_")}


def misshapen(shapes: list[Shape]) -> dict[str, str]:
    """The classes that are too deep, too large or called like another, and why."""
    known = {shape.name: shape for shape in shapes}

    def line(shape: Shape) -> list[Shape]:
        above = [known[base] for base in shape.bases if base in known and base != shape.name]
        return [shape, *(max(map(line, above), key=len) if above else ())]

    def names(shape: Shape) -> frozenset[str]:
        above = [known[base] for base in shape.bases if base in known and base != shape.name]
        return shape.names.union(*map(names, above))

    found = {}
    for shape in shapes:
        depth, count = len(line(shape)), len(names(shape))
        twins = sum(one.name == shape.name for one in shapes)
        reasons = [
            f"{depth} deep" if depth > DEEPEST else "",
            f"{count} names" if count > MOST_NAMES else "",
            f"{twins} of this name" if twins > 1 and not shape.name.startswith("_") else "",
        ]
        if why := ", ".join(filter(None, reasons)):
            found[shape.name] = why
    return found


def our_shapes() -> list[Shape]:
    """All classes of the program."""
    return [
        shape
        for path in sorted((ROOT / "chimera_tui").rglob("*.py"))
        for shape in shapes_in(path.read_text("utf-8"), str(path.relative_to(ROOT)))
    ]


def test_no_class_is_deep_large_or_called_like_another() -> None:
    assert misshapen(our_shapes()) == {}


@pytest.mark.parametrize(
    ("planted", "why"),
    [
        ("class A: ...\nclass B(A): ...\nclass C(B): ...", {"C": "3 deep"}),
        (
            "class A:\n    a = b = c = d = e = f = g = h = i = j = k = l = m = n = 0\n"
            "class B(A):\n    def __init__(self):\n"
            "        self.o = self.p = self.q = self.r = self.s = self.t = 0\n"
            "        self.u = self.v = self.w = self.x = self.y = self.z = 0\n",
            {"B": "26 names"},
        ),
        ("class A: ...\nclass A: ...", {"A": "2 of this name"}),
    ],
)
def test_a_planted_shape_is_found(planted: str, why: dict[str, str]) -> None:
    assert misshapen(shapes_in(planted, "planted.py")) == why


def test_no_module_name_stands_three_times() -> None:
    names = Counter(
        path.stem for path in (ROOT / "chimera_tui").rglob("*.py") if path.stem != "__init__"
    )
    assert {name: n for name, n in names.items() if n > 2} == {}
