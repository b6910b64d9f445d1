"""Second processes of the tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def child(task: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a task of `tests.storage.child`; it is killed at the end."""
    command = [sys.executable, "-m", "tests.storage.child", task, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """The next line it says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def rest(process: subprocess.Popen[str]) -> list[str]:
    """All else it says, to its end."""
    assert process.stdout is not None
    said = process.stdout.read().splitlines()  # `communicate` would miss what `line` has buffered
    process.wait(timeout=60)
    return said
