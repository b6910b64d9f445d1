import os
import stat
from pathlib import Path

import pytest

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.system.files import write_file


def test_f10_a_file_is_written_for_its_owner_only(tmp_path: Path) -> None:
    target = tmp_path / "out.md"
    write_file(target, "Grüße\n")
    assert target.read_text(encoding="utf-8") == "Grüße\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["out.md"]


def test_f10_when_writing_breaks_the_old_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.md"
    target.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ChimeraError, match="no space left on device"):
        write_file(target, "new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.md"]


def test_f10_a_target_that_is_no_file_of_its_own_is_refused(tmp_path: Path) -> None:
    real, link, folder, pipe = (tmp_path / name for name in ("real", "link", "folder", "pipe"))
    real.write_text("old")
    link.symlink_to(real)
    folder.mkdir()
    os.mkfifo(pipe)
    for path, why in ((link, "a link"), (folder, "regular file"), (pipe, "regular file")):
        with pytest.raises(ChimeraError, match=why):
            write_file(path, "new")
    with pytest.raises(ChimeraError, match="no such file or directory"):
        write_file(tmp_path / "none" / "x", "new")
    assert real.read_text() == "old"


def test_f10_a_read_only_target_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.md"
    target.write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(ChimeraError, match="read-only"):
        write_file(target, "new")
    assert target.read_text() == "old"
