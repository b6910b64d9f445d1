"""What is found of the log (the `-wal` file) before SQLite replays as much of it as is sound.

SQLite says nothing of a log that is not there, ends where one is damaged, and replays one of
another file. The layout is that of https://www.sqlite.org/fileformat2.html#walformat.
"""

import shutil
import sqlite3
import struct
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chimera_tui.storage.marks import Mark, Marks, id_of
from chimera_tui.storage.whereabouts import Place, look_at

_HEADER, _FRAME_HEADER = 32, 24
_MAGIC = {0x377F0682, 0x377F0683}
_MISSING = "What was said shortly before the last exit may be missing."


@dataclass(frozen=True, slots=True)
class Log:
    """A log as it was found."""

    notes: tuple[str, ...] = ()
    """What is wrong with it, a sentence or two each."""
    frames: int = 0
    """Pages in it, up to the last commit that was written, sound or not."""
    acknowledged: int = 0
    """Bytes that it had at least when a commit was acknowledged last."""


def find_log(place: Place, marks: Marks, now: datetime) -> Log:
    """Look at the log before it is opened; one of another file is put aside.

    To be called while no other process has the database open for writing.
    """
    mark, expected, found = marks.read(), marks.log_size, look_at(place.log)
    is_copied = mark is not None and mark.lock != marks.lock
    if not found or not found.st_size:
        is_due = expected and mark and (is_copied or _is_left(mark, marks, place))
        missing = f"The log `{place.log}` was removed or emptied since the last exit. {_MISSING}"
        return Log((missing,) if is_due else ())
    if mark and not is_copied:
        is_ours = id_of(found) == mark.log
        if is_ours != _is_left(mark, marks, place):
            aside = beside(place.log, "of-another", now)
            place.log.rename(aside)
            place.index.unlink(missing_ok=True)
            whose = "is not the one that" if not is_ours else "is not of the file that"
            return Log(
                (
                    f"The log `{place.log}` {whose} Chimera left there: something was put in its"
                    f" place. It was not used, and is `{aside.name}` now. {_MISSING}",
                )
            )
    if mark and found.st_size < expected:
        kept = f"of {expected:,} bytes {found.st_size:,} are left"
        return Log((f"The log `{place.log}` was cut short: {kept}. {_MISSING}",))
    return Log(frames=_frames(place.log), acknowledged=expected)


def check_log(db: sqlite3.Connection, log: Log, place: Place, now: datetime) -> tuple[str, ...]:
    """Say what is wrong with the log, now that SQLite has read it; a damaged one is copied.

    Moves it into the database, so only whoever may do that may ask.
    """
    _, readable, _ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    readable = max(readable, 0)
    if log.notes or readable >= log.frames or _is_unfinished(place.log, log, readable):
        return log.notes
    aside = beside(place.log, "damaged", now)
    shutil.copyfile(place.log, aside)
    return (
        f"The log `{place.log}` is damaged: of {log.frames} pages {readable} could be read."
        f" {_MISSING} A copy of it is `{aside.name}`.",
    )


def _is_left(mark: Mark, marks: Marks, place: Place) -> bool:
    """Whether the database is as the mark says."""
    found = look_at(place.path)
    if found is None or id_of(found) != mark.database:
        return False
    if mark.is_moving:
        return True
    if found.st_size != mark.size:
        return False
    return found.st_mtime_ns == mark.changed or not marks.is_of_now(mark)


def _frames(log: Path) -> int:
    """Count the frames up to the last one that ends a transaction, of those of this log.

    Behind them may stand frames of an earlier log, which have other salts.
    """
    last = 0
    with log.open("rb") as file:
        header = file.read(_HEADER)
        if len(header) < _HEADER:
            return 0
        magic, _, page, *_ = struct.unpack(">8I", header)
        if magic not in _MAGIC or page not in range(512, 65537):
            return 1  # more than SQLite will read of it
        salts, number = header[16:24], 0
        while len(frame := file.read(_FRAME_HEADER)) == _FRAME_HEADER:
            number += 1
            is_commit = frame[4:8] != b"\0\0\0\0"
            if is_commit and frame[8:16] == salts:
                last = number
            file.seek(page, 1)
    return last


def _is_unfinished(path: Path, log: Log, readable: int) -> bool:
    """Whether only the very last page is unsound, as when the program was killed over it.

    SQLite writes the head of a page, then the page: in between, the last commit seems to stand
    there. It was never acknowledged, unless the log ends just with it and was as long before.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER)
        magic, _, page, *_ = struct.unpack(">8I", header)
        if magic not in _MAGIC:
            return False
        end = _HEADER + log.frames * (_FRAME_HEADER + page)
        if path.stat().st_size == end <= log.acknowledged:
            return False
        order = ">" if magic & 1 else "<"
        sums = _checksum((0, 0), struct.unpack(f"{order}6I", header[:24]))
        if sums != struct.unpack(">2I", header[24:]):
            return False
        if readable:  # the sum goes on from page to page
            file.seek(_HEADER + (readable - 1) * (_FRAME_HEADER + page))
            head, _ = file.read(_FRAME_HEADER), file.seek(page, 1)
            sums = struct.unpack(">2I", head[16:])
        for _ in range(readable, log.frames - 1):
            head, body = file.read(_FRAME_HEADER), file.read(page)
            words = struct.unpack(f"{order}{(8 + page) // 4}I", head[:8] + body)
            sums = _checksum(sums, words)
            if sums != struct.unpack(">2I", head[16:]):
                return False
    return True


def _checksum(sums: tuple[int, ...], words: tuple[int, ...]) -> tuple[int, int]:
    """Go on with the checksum of a log over these 32-bit words, an even number of them."""
    one, other = sums
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + other) & 0xFFFFFFFF
        other = (other + second + one) & 0xFFFFFFFF
    return one, other


def beside(path: Path, word: str, now: datetime) -> Path:
    """A name for what is put aside."""
    return path.with_name(f"{path.name}.{word}-{now:%Y%m%d-%H%M%S}")
