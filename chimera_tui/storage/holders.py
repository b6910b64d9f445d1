"""Which processes have a database locked, as far as the system says: Linux does."""

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")


def holders(*files: Path) -> str:
    """Say who holds a write lock on one of these files: ` (process 12, sqlite3)`, or nothing."""
    try:
        inodes = {file.stat().st_ino for file in files if file.exists()}
        lines = _LOCKS.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    # 1: POSIX  ADVISORY  WRITE 812 08:01:134567 1073741826 1073742335
    found = {
        int(parts[4])
        for line in lines
        if (parts := line.replace("->", "").split())[3:4] == ["WRITE"]
        and int(parts[5].rpartition(":")[2]) in inodes
    }
    return "".join(f" (process {pid}{_name(pid)})" for pid in sorted(found - {os.getpid(), -1}))


def _name(pid: int) -> str:
    try:
        return f", {Path(f'/proc/{pid}/comm').read_text('utf-8').strip()}"
    except (OSError, UnicodeDecodeError):
        return ""
