"""The import contracts hold, and they fail when somebody breaks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOWN = "Arrows point down"
TEXTUAL = "Textual and Rich stand only in ui"
CLICK = "The command-line library stands only in cli"
SCREEN = "The screen knows the room, not what is behind it"
CONTRACTS = {DOWN, TEXTUAL, CLICK, SCREEN}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the package in `folder`."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())",
            "--no-cache",
        ],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("planted", "broken"),
    [
        (
            {
                "domain/text.py": "chimera_tui.engine.pacing",
                "providers/base.py": "chimera_tui.storage.store",
                "storage/store.py": "chimera_tui.library.library",
                "engine/room.py": "textual",
            },
            {DOWN, TEXTUAL},
        ),
        (
            {
                "core/chimera.py": "click",
                "ui/room/room_state.py": "sqlite3",
                "ui/room/room_panes.py": "chimera_tui.storage.store",
            },
            {CLICK, SCREEN},
        ),
        ({"attic/__init__.py": "chimera_tui.domain.text"}, {DOWN}),
    ],
    ids=["layers", "libraries", "a folder of no layer"],
)
def test_planted_violations_are_found_each_by_its_own_contract(
    tmp_path: Path, planted: dict[str, str], broken: set[str]
) -> None:
    shutil.copytree(ROOT / "chimera_tui", tmp_path / "chimera_tui")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, module in planted.items():
        target = tmp_path / "chimera_tui" / file
        target.parent.mkdir(exist_ok=True)
        before = target.read_text("utf-8") if target.exists() else '"""Planted."""\n'
        target.write_text(f"{before}\nimport {module}\n", "utf-8")

    checked = lint_imports(tmp_path)

    assert checked.returncode == 1, checked.stdout + checked.stderr
    lines = [line for line in checked.stdout.splitlines() if "BROKEN" in line]
    assert {name for name in CONTRACTS if any(name in line for line in lines)} == broken
    said = checked.stdout
    for file, module in planted.items():
        importer = "chimera_tui." + file.removesuffix(".py").replace("/", ".")
        layer = importer.removesuffix(".__init__")
        assert f"{importer} -> {module}" in said or f"- {layer}\n" in said, said


def test_the_contracts_hold() -> None:
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout
