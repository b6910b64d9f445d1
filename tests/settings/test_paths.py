import stat
from pathlib import Path

import pytest

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.settings.paths import find_paths, private_folder


def test_the_usual_places_bear_the_name_of_the_program() -> None:
    paths = find_paths({})
    assert paths.config.name == "config.toml"
    assert paths.db.name == "chimera.db"
    assert paths.personas == paths.config.parent / "personas"
    for path in (paths.config, paths.db, paths.logs):
        assert "chimera-tui" in path.parts


def test_the_command_line_beats_the_environment_beats_the_usual_places(tmp_path: Path) -> None:
    environ = {"CHIMERA_CONFIG": str(tmp_path / "c.toml"), "CHIMERA_DB": "~/x.db"}
    paths = find_paths(environ)
    assert paths.config == tmp_path / "c.toml"
    assert paths.personas == tmp_path / "personas"
    assert paths.db == Path.home() / "x.db"
    paths = find_paths(environ, config=Path("a.toml"), db=Path("a.db"))
    assert (paths.config, paths.db) == (Path("a.toml"), Path("a.db"))


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert private_folder(folder) == folder


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ChimeraError, match="cannot be made"):
        private_folder(tmp_path / "file" / "x")
