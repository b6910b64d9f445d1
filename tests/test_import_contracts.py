"""The import contracts hold, and they fail when somebody breaks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


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
    ("file", "planted", "contract"),
    [
        ("domain/text.py", "import chimera_tui.engine.pacing", "Arrows point down"),
        ("providers/base.py", "import chimera_tui.storage.store", "Arrows point down"),
        ("storage/store.py", "import chimera_tui.library.library", "Arrows point down"),
        ("engine/room.py", "import textual.app", "Textual and Rich stand only in ui"),
        ("core/chimera.py", "import click", "The command-line library stands only in cli"),
        (
            "ui/room/room_state.py",
            "import sqlite3",
            "The screen knows the room, not what is behind it",
        ),
        ("ui/room/room_state.py", "import chimera_tui.storage.store", "The screen knows the room"),
        ("attic/__init__.py", "import chimera_tui.domain.text", "Arrows point down"),
    ],
)
def test_a_planted_violation_is_found(
    tmp_path: Path, file: str, planted: str, contract: str
) -> None:
    shutil.copytree(ROOT / "chimera_tui", tmp_path / "chimera_tui")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / "chimera_tui" / file
    target.parent.mkdir(exist_ok=True)
    before = target.read_text("utf-8") if target.exists() else '"""Planted."""\n'
    target.write_text(f"{before}\n{planted}\n", "utf-8")

    checked = lint_imports(tmp_path)

    assert checked.returncode == 1, checked.stdout + checked.stderr
    broken = [line for line in checked.stdout.splitlines() if "BROKEN" in line]
    assert any(contract in line for line in broken), checked.stdout


def test_the_contracts_hold() -> None:
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout
