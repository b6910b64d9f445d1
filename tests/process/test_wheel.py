"""What is installed for good, from a wheel, in an empty environment, works."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import chimera_tui
from tests.process.program import Home

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv")
MINUTES = 10 * 60.0
"""Seconds to wait for a registry."""


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, away from the environment of the tests."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(  # noqa: S603 - our own words
        list(map(str, words)),
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=MINUTES,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `pipx install .` would."""
    folder = tmp_path_factory.mktemp("dist")
    built = run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT
    )
    assert built.returncode == 0, built.stderr
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, installed in an environment in which nothing else is."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    made = run(UV, "venv", folder) if UV else run(sys.executable, "-m", "venv", folder)
    assert made.returncode == 0, made.stderr
    pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "install"]
    if UV:
        pip = [UV, "pip", "install", "--python", folder / "bin" / "python"]
    reached = run(*pip, "--dry-run", "--no-deps", "click")
    if reached.returncode != 0 and not os.environ.get("CI"):
        pytest.skip("No registry can be reached, so nothing can be installed from it.")
    done = run(*pip, "-c", ROOT / "constraints.txt", wheel)
    assert done.returncode == 0, done.stderr
    return folder / "bin" / "chimera-tui"


def test_the_wheel_holds_what_the_program_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, pattern, inside in (
        (ROOT / "personas", "*.toml", "chimera_tui/personas"),
        (ROOT / "rooms", "*.toml", "chimera_tui/rooms"),
        (ROOT / "chimera_tui/library", "*.toml", "chimera_tui/library"),
        (ROOT / "chimera_tui/ui/room", "*.tcss", "chimera_tui/ui/room"),
        (ROOT / "chimera_tui/ui/kit", "*.tcss", "chimera_tui/ui/kit"),
        (ROOT / "chimera_tui/storage/migrations", "*.sql", "chimera_tui/storage/migrations"),
    ):
        files = {f"{inside}/{path.name}" for path in folder.glob(pattern)}
        assert files
        assert files <= names
    assert not any(name.startswith(("tests/", "bench/")) for name in names)


def test_it_runs_where_nothing_else_is_installed(installed: Path, home: Home) -> None:
    environment = home.environment()
    environment.pop("PYTHONPATH")
    told = run(installed, "--version", **environment)
    assert (told.stdout, told.stderr) == (f"chimera-tui {chimera_tui.__version__}\n", "")
    words = ("talk", "--demo", "--topic", "x", "--turns", "2", "--pace", "0")
    talked = run(installed, *words, **environment)
    assert talked.returncode == 0, talked.stderr
    assert talked.stdout.count("(DEMO)") == 2
