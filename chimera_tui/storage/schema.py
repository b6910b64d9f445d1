"""Whether a database has the tables of Chimera, as Chimera makes them."""

import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.domain.text import one_line

_Columns = frozenset[str]

_HINT = "Nothing was changed. Take a copy of it that is sound, or choose another place with `--db`."


def check_schema(db: sqlite3.Connection, path: Path, scripts: list[str]) -> None:
    """Make sure that all tables are there, with their columns, and that nothing acts on them.

    Args:
        db: The database.
        path: Its file, to be named.
        scripts: The migrations that it has been through.

    Raises:
        StorageError: If they are not; says what is wrong where.
        sqlite3.Error: If it cannot be read.
    """
    tables = _made_by("\n".join(scripts))
    found = {
        _text(name): _text(kind)
        for kind, name in db.execute("SELECT type, CAST(name AS BLOB) FROM sqlite_master")
    }
    for table, columns in tables.items():
        if (kind := found.get(table)) != "table":
            is_what = f"is {_article(kind)} `{one_line(kind, 20)}`" if kind else "is missing"
            raise _unsound(path, f"the table `{table}` {is_what}")
        there = _columns(db, table)
        if missing := columns - there:
            raise _unsound(path, f"the table `{table}` has no column `{min(missing)}`")
    query = "SELECT CAST(name AS BLOB), CAST(tbl_name AS BLOB) FROM sqlite_master WHERE type = ?"
    for name, table in db.execute(query, ("trigger",)):
        if _text(table) in tables:
            trigger = one_line(_text(name), 40)
            raise _unsound(path, f"the trigger `{trigger}` changes the table `{_text(table)}`")


def unsound_text(path: Path) -> StorageError:
    """The words for a schema that is no text."""
    return _unsound(path, "its schema (the table `sqlite_master`) holds bytes that are no UTF-8")


def _unsound(path: Path, what: str) -> StorageError:
    return StorageError(
        f"`{path}` is not as Chimera makes it: {what}.", hint=_HINT, kind=StorageFault.NO_DATABASE
    )


@lru_cache(maxsize=1)
def _made_by(script: str) -> dict[str, _Columns]:
    """All tables with their columns, as this SQL makes them."""
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(script)
        return {name: _columns(model, name) for name in _names(model)}


def _names(db: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in db.execute(query)]


def _columns(db: sqlite3.Connection, table: str) -> _Columns:
    return frozenset(row[1] for row in db.execute(f"PRAGMA table_info({table})"))


def _article(kind: str) -> str:
    return "an" if kind[:1] in "aeiou" else "a"


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
