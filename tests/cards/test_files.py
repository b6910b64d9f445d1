import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chimera_tui.domain.errors import ChimeraError, InvalidFileError
from chimera_tui.formats.cards.card_export import CardKind, export_card
from chimera_tui.formats.cards.card_files import read_bytes
from chimera_tui.formats.cards.card_import import import_card
from chimera_tui.system.files import write_file
from tests.cards.test_exporting import ADA

CARD = export_card(ADA, CardKind.PNG)


def test_a_card_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    card = tmp_path / "card.png"
    card.write_bytes(b"12345")
    (tmp_path / "link.png").symlink_to(card)
    assert read_bytes(card, 5) == b"12345"
    assert read_bytes(tmp_path / "link.png", 5) == b"12345"
    card.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(InvalidFileError, match=r"card.png` is larger than 1 MiB"):
        read_bytes(card, 1 << 20)


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name, why in (
        ("pipe", "is not a regular file"),
        ("none", "no such file"),
        ("loop", "cannot be read"),
        (".", "cannot be read|not a regular file"),
        ("a\0b", "null"),
    ):
        with pytest.raises(InvalidFileError, match=why):
            read_bytes(tmp_path / name, 100)
    with pytest.raises(InvalidFileError, match="not a regular file"):
        read_bytes(Path(os.devnull), 100)


def test_f10_a_target_that_is_no_file_of_its_own_is_refused(tmp_path: Path) -> None:
    real, link, pipe = (tmp_path / name for name in ("real", "link", "pipe"))
    real.write_bytes(b"old")
    link.symlink_to(real)
    os.mkfifo(pipe)
    for path, why in ((link, "a link"), (tmp_path, "regular file"), (pipe, "regular file")):
        with pytest.raises(ChimeraError, match=why):
            write_file(path, CARD)
    assert real.read_bytes() == b"old"


def test_f10_a_card_is_written_for_its_owner_only(tmp_path: Path) -> None:
    target = tmp_path / "ada.png"
    target.write_bytes(b"old")
    write_file(target, CARD)
    assert import_card(read_bytes(target, len(CARD)), target).persona == ADA
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["ada.png"]


def test_f10_when_the_disk_is_full_the_old_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "ada.png"
    target.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ChimeraError, match="no space left on device"):
        write_file(target, CARD)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["ada.png"]


KILLED = """
import os, signal, sys
from pathlib import Path
from chimera_tui.system.files import write_file
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
write_file(Path(sys.argv[1]), b"new" * 100_000)
"""


def test_f10_killed_while_writing_the_old_file_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "ada.png"
    target.write_bytes(b"old")
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", KILLED, str(target)], check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"
