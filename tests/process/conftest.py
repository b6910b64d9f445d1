"""A home folder for the program itself, run as another process."""

from pathlib import Path

import pytest

from tests.process.program import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder in which nothing was set yet, and where no provider answers."""
    return Home(tmp_path)
