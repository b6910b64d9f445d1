"""Taking the database away from under the program at random moments, and looking for its words.

Each life has a folder of its own. What the program *reported* (`talk --json`: a line; the
app: the text in its transcript) must be in a file afterwards: in the database, or in one
that the program named as rescued. What was put in the place of the database must hold all
that it held, and nothing of ours.
"""

import json
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread, Timer
from typing import Any

from chimera_tui.ui.kit.dialog import HOLD
from tests.process.kill import letters, spoken
from tests.process.program import PATIENCE, Home
from tests.process.screen import Screen

STRANGERS = 30
"""Messages of the database that is put in the place of ours."""
NOTICED = 15.0
"""Seconds after which a `talk` that has noticed nothing is ended; it has five."""
LONGEST_WAIT = 1.0
"""Seconds from the first report to the deed, at most."""
_SIZE = {"columns": 70, "rows": 50}

Deed = Callable[[Path, Path], object]


@dataclass(slots=True)
class Figures:
    """What all rounds together found."""

    rounds: int = 0
    app_rounds: int = 0
    reported: int = 0
    """Messages and attempts that `talk` printed, lines of text that the app showed."""
    lost: int = 0
    rescued: int = 0
    """Lives that went on in a new database."""
    spoiled: int = 0
    """Messages of strangers that were gone, or not alone any more."""
    deeds: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        deeds = ", ".join(f"{name} {count}" for name, count in sorted(self.deeds.items()))
        return (
            f"{self.rounds} rounds ({self.app_rounds} through the app): {self.reported} reported,"
            f" {self.lost} in no file, {self.rescued} rescued,"
            f" {self.spoiled} messages of others spoiled ({deeds})"
        )


def _on(ending: str, deed: Deed) -> Deed:
    return lambda path, other: deed(path.with_name(path.name + ending), other)


def _remove(path: Path, _: Path) -> None:
    path.unlink()


def _replace(path: Path, other: Path) -> None:
    other.rename(path)


DEEDS: dict[str, Deed] = {
    "replaced": _replace,
    "written over": lambda path, other: shutil.copyfile(other, path),
    "removed": _remove,
    "renamed": lambda path, _: path.rename(path.with_name("elsewhere.db")),
    "folder removed": lambda path, _: shutil.rmtree(path.parent, ignore_errors=True),
    "folder renamed": lambda path, _: path.parent.rename(path.parent.with_name("moved")),
    "log removed": _on("-wal", _remove),
    "log replaced": _on("-wal", _replace),
    "index removed": _on("-shm", _remove),
    "locks removed": _on("-lock", _remove),
}
STRANGE = {"replaced", "written over"}
"""After these another database of Chimera lies in the place of ours."""


class Thief:
    """Runs the rounds.

    Args:
        folder: Where all homes are made.
        seed: Makes the rounds the same.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.figures = Figures()
        self._folder = folder
        self._rng = random.Random(seed)
        self._stranger = self._make_stranger()

    def talk_rounds(self, count: int) -> None:
        """Let so many `talk`s run side by side, each with a database that strays."""
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(self._talk, [self._rng.random() for _ in range(count)]))

    def app_round(self) -> None:
        """Let one app run, and take its database away."""
        rng = random.Random(self._rng.random())
        home, name = self._home(), rng.choice(sorted(DEEDS))
        shown: list[list[list[str]]] = []

        def watch(screen: Screen) -> None:
            if not any("stay paused" in line for line in screen.lines):
                shown.append(spoken(screen))

        words = ("--demo", "--topic", "Should robots dream?", "--mode", "round_robin")
        with home.open_app(*words, **_SIZE, watch=watch) as terminal:
            terminal.wait_until(lambda: bool(shown and shown[-1]), "a spoken word")
            time.sleep(rng.uniform(0, LONGEST_WAIT))
            self._do(name, home)
            terminal.wait_for("is kept in", "stay paused")
            if rng.random() < 0.5:
                terminal.process.kill()
            else:
                time.sleep(HOLD + 0.5)  # nobody asked for this dialog: it takes no key before
                terminal.send("\r")
                time.sleep(rng.uniform(0, LONGEST_WAIT))
                terminal.send("\x11")
                assert terminal.wait_exit() == 0
        *_, last = (blocks for blocks in shown if blocks)
        lines = [line for block in last[:-1] for line in block]
        saved = letters("".join(text for file in _files(home) for text in _texts(file).values()))
        self.figures.app_rounds += 1
        self.figures.lost += sum(letters(line) not in saved for line in lines)
        self._count(name, home, len(lines), is_rescued=True)

    def _talk(self, luck: float) -> None:
        rng = random.Random(luck)
        home, name = self._home(), rng.choice(sorted(DEEDS))
        talk = ("talk", "--demo", "--topic", "Should robots dream?", "--json")
        is_early = rng.random() < 0.2  # while the program starts
        lines: list[dict[str, Any]] = []
        pace = "0" if is_early else rng.choice(("0", "0.3", "1"))
        turns = "100" if pace == "0" else "60"  # or it ends before its database is taken away
        with home.start(*talk, "--pace", pace, "--turns", turns) as process:
            assert process.stdout
            assert process.stderr
            thief = Thread(target=self._do_later, args=(rng.uniform(0, LONGEST_WAIT), name, home))
            if is_early:
                thief.start()
            end = Timer(LONGEST_WAIT + NOTICED, process.terminate)
            end.start()
            for line in process.stdout:
                if not thief.ident:
                    thief.start()
                lines.append(json.loads(line))
            said, code = process.stderr.read(), process.wait(PATIENCE)
            end.cancel()
        thief.join()
        is_rescued = "is kept in" in said
        assert "mistake" not in said, said
        assert "Traceback" not in said, said
        codes = (5,) if is_rescued else (0, 1, 5, 143, -15) if is_early else (0,)
        assert code in codes, (name, code, said)
        saved: dict[tuple[int, int, str], str] = {}
        for file in _files(home):
            saved |= _texts(file)
        for text in _reported(lines):
            self.figures.lost += not any(text in one for one in saved.values())
        self._count(name, home, len(list(_reported(lines))), is_rescued=is_rescued)

    def _home(self) -> Home:
        """A home with a database in a folder of its own, and another one that will replace it."""
        path = self._folder / f"{self._rng.getrandbits(64):x}"
        home = Home(path, folder="data")
        home.db.parent.mkdir(parents=True)
        shutil.copyfile(self._stranger, home.db)
        shutil.copyfile(self._stranger, path / "stranger.db")
        return home

    def _make_stranger(self) -> Path:
        home = Home(self._folder / "stranger")
        home.path.mkdir()
        turns = ("--pace", "0", "--turns", str(STRANGERS))
        assert home.run("talk", "--demo", "--topic", "Mine", *turns).returncode == 0
        return home.db

    def _do_later(self, seconds: float, name: str, home: Home) -> None:
        time.sleep(seconds)
        self._do(name, home)

    def _do(self, name: str, home: Home) -> None:
        with suppress(FileNotFoundError):  # what is not there yet, or not any more
            DEEDS[name](home.db, home.path / "stranger.db")

    def _count(self, name: str, home: Home, reported: int, *, is_rescued: bool) -> None:
        figures = self.figures
        figures.rounds += 1
        figures.reported += reported
        figures.rescued += is_rescued
        figures.deeds[name] = figures.deeds.get(name, 0) + 1
        if name in STRANGE:
            kept = _texts(home.db)
            mine = sum(key[0] == 1 for key in kept)
            figures.spoiled += STRANGERS - mine
            figures.spoiled += len(kept) - mine if is_rescued else 0


def _reported(lines: list[dict[str, Any]]) -> Iterator[str]:
    """What was printed: whole messages, and what was heard of each turn."""
    heard: dict[int, str] = {}
    for line in lines:
        if line["event"] == "message_completed":
            yield line["text"]
        elif line["event"] == "text_received":
            heard[line["turn"]] = heard.get(line["turn"], "") + line["text"]
    yield from (text.strip() for text in heard.values())


def _files(home: Home) -> list[Path]:
    """The database and those that were rescued, wherever they are in this home."""
    return [*home.path.rglob("chimera-rescued-*.db"), *home.path.rglob("chimera.db")]


def _texts(path: Path) -> dict[tuple[int, int, str], str]:
    """What is said in a database, by conversation, turn, and file; it must be sound."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        query = """
            SELECT conversation_id, turn, text FROM message
            UNION ALL
            SELECT conversation_id, turn, draft FROM attempt WHERE message_id IS NULL
        """
        return {(id_, turn, path.name): text for id_, turn, text in db.execute(query)}
