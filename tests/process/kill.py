"""Killing the program with -9 at random moments, and looking at what it left.

One database file for all rounds, so that the recovery of a recovery is tested
too. What the program *reported* is what it printed (`talk --json`: a line) or
showed (the app: the text in its transcript); all of that must be there.
"""

import json
import random
import re
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.process.program import PATIENCE, Home
from tests.process.screen import Screen

DRAFT_AGE = 1.0
"""Seconds after which the text of a reply in progress must be in the database."""
LONGEST_LIFE = 2.5
"""Seconds a process lives at most after its first report."""
_GUTTER = re.compile(r"^ {2}│ *(?P<text>.*)$")
_COLUMNS, _ROWS = 70, 50
"""Narrow, so that nothing stands beside the transcript."""


@dataclass(slots=True)
class Figures:
    """What all rounds together found."""

    rounds: int = 0
    app_rounds: int = 0
    reported: int = 0
    """Messages and attempts that `talk` printed, lines of text that the app showed."""
    lost: int = 0
    unreported: int = 0
    """Messages that were saved, but killed before they were printed."""
    recovered: int = 0
    """Replies in progress that the next start found."""
    oldest_unsaved: float = 0.0
    """Seconds: the age of the oldest text that was not in the database."""
    stalls: float = 0.0
    """Seconds: the longest time for which the machine let nobody run."""

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds ({self.app_rounds} through the app): {self.reported} reported,"
            f" {self.lost} lost, {self.unreported} saved but not yet reported,"
            f" {self.recovered} recovered, oldest unsaved text {self.oldest_unsaved:.2f} s"
            f" (the machine stood still for up to {self.stalls:.2f} s)"
        )


@dataclass(slots=True)
class Life:
    """A `talk` from its start to its violent end, and what it printed when."""

    lines: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    said: str = ""
    """What it said on stderr."""
    killed_at: float = 0.0

    def of_kind(self, event: str) -> list[dict[str, Any]]:
        """The lines that tell of this event."""
        return [line for _, line in self.lines if line["event"] == event]

    def heard(self, turn: int, until: float) -> str:
        """The text of a turn that was printed until then."""
        pieces = [
            line["text"]
            for at, line in self.lines
            if line["event"] == "text_received" and line["turn"] == turn and at <= until
        ]
        return "".join(pieces).lstrip()


class Killer:
    """Runs the rounds."""

    def __init__(self, home: Home, seed: int) -> None:
        self.figures = Figures()
        self._home = home
        self._rng = random.Random(seed)
        self._attempts: dict[int, int] = {}
        """How many attempts each conversation had when its process was killed."""
        self._unfinished: set[int] = set()
        """Conversations in which somebody was speaking when their process was killed."""

    def talk_rounds(self, count: int) -> None:
        """Kill so many `talk`s that run side by side."""
        with _stalls() as stalls, ThreadPoolExecutor(count) as pool:
            lives = list(pool.map(self._live, [self._rng.random() for _ in range(count)]))
        self._note_starts("".join(life.said for life in lives))
        with closing(sqlite3.connect(self._home.db)) as db:
            self._check_all(db)
            for life in lives:
                self._check_talk(db, life, DRAFT_AGE + stalls[0])
        self.figures.rounds += count
        self.figures.stalls = max(self.figures.stalls, stalls[0])

    def app_round(self) -> None:
        """Kill one app."""
        self._note_starts(self._home.run("conversations").stderr)
        shown: list[tuple[float, list[list[str]]]] = []

        def watch(screen: Screen) -> None:
            shown.append((time.monotonic(), spoken(screen)))

        words = ("--demo", "--topic", "Should robots dream?", "--mode", "round_robin")
        size = {"columns": _COLUMNS, "rows": _ROWS}
        with _stalls() as stalls, self._home.open_app(*words, **size, watch=watch) as terminal:
            terminal.wait_until(lambda: bool(shown and shown[-1][1]), "a spoken word")
            killing = _Killing(terminal.process, self._rng.uniform(0, LONGEST_LIFE))
            assert terminal.wait_exit() == -9
        with closing(sqlite3.connect(self._home.db)) as db:
            self._check_all(db)
            self._check_app(db, shown, killing.at - DRAFT_AGE - stalls[0])
        self.figures.rounds += 1
        self.figures.app_rounds += 1

    def last_start(self) -> None:
        """Start the app once more: it asks nobody, and nothing is left unfinished."""
        with self._home.open_app(columns=_COLUMNS, rows=_ROWS) as terminal:
            terminal.wait_for("Should robots dream?", "│")
            terminal.send("\x11")
            assert terminal.wait_exit() == 0
        with closing(sqlite3.connect(self._home.db)) as db:
            assert _attempts(db) == self._attempts
            assert not _unfinished(db)

    def _live(self, luck: float) -> Life:
        """Start a `talk`, kill it after a while, and read all that it printed."""
        rng, life = random.Random(luck), Life()
        talk = ("talk", "--demo", "--topic", "Should robots dream?", "--json", "--turns", "100")
        with self._home.start(*talk, "--pace", rng.choice(("0", "0.3", "1"))) as process:
            assert process.stdout
            assert process.stderr
            killing = None
            for line in process.stdout:
                if killing is None:
                    killing = _Killing(process, rng.uniform(0, LONGEST_LIFE))
                if line.endswith("\n"):  # a line cut short was not reported
                    life.lines.append((time.monotonic(), json.loads(line)))
            life.said = process.stderr.read()
            assert killing, life.said
            life.killed_at = killing.at
            assert process.wait(PATIENCE) in (0, -9), life.said
        return life

    def _note_starts(self, said: str) -> None:
        """These starts must have said all that was unfinished before them, and no more."""
        assert "The log" not in said, said
        assert "is kept in" not in said, said
        named = {int(number) for number in re.findall(r"spoke in conversation (\d+)", said)}
        assert self._unfinished <= named
        self.figures.recovered += len(named)
        self._unfinished = set()

    def _check_all(self, db: sqlite3.Connection) -> None:
        """The file is whole, no turn is half, nothing was sent since the kill."""
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        attempts = _attempts(db)
        assert self._attempts.items() <= attempts.items()
        for id_ in attempts.keys() - self._attempts.keys():
            _check_turns(db, id_)
        self._attempts = attempts
        self._unfinished = _unfinished(db)

    def _check_talk(self, db: sqlite3.Connection, life: Life, age: float) -> None:
        """What it printed is there."""
        conversation = life.lines[0][1]["conversation_id"]
        saved = _messages(db, conversation)
        reported = life.of_kind("message_completed")
        for line in reported:
            self.figures.lost += saved.get(line["turn"]) != line["text"]
        started = life.of_kind("attempt_started")
        query = "SELECT turn, draft FROM attempt WHERE conversation_id = ?"
        drafts = dict(db.execute(query, (conversation,)).fetchall())
        self.figures.lost += sum(line["turn"] not in drafts for line in started)
        self.figures.reported += len(reported) + len(started)
        self.figures.unreported += len(saved) - len(reported)
        for turn, draft in drafts.items():
            text = saved.get(turn) or draft
            assert text.startswith(life.heard(turn, life.killed_at - age).strip())
            self._note_age(life, turn, text)

    def _note_age(self, life: Life, turn: int, text: str) -> None:
        heard = ""
        for at, line in life.lines:
            if line["event"] == "text_received" and line["turn"] == turn:
                heard += line["text"]
                if len(heard.strip()) > len(text):
                    age = life.killed_at - at
                    self.figures.oldest_unsaved = max(self.figures.oldest_unsaved, age)
                    return

    def _check_app(
        self, db: sqlite3.Connection, shown: list[tuple[float, list[list[str]]]], until: float
    ) -> None:
        """What it showed is there: messages as soon as they end, the last one but a second."""
        conversation = max(self._attempts)
        messages = letters("".join(_messages(db, conversation).values()))
        query = "SELECT draft FROM attempt WHERE conversation_id = ? ORDER BY key"
        drafts = "".join(draft for (draft,) in db.execute(query, (conversation,)))
        *ended, _ = shown[-1][1]
        older = next((blocks for at, blocks in reversed(shown) if at <= until), [])
        lines = [(line, messages) for block in ended for line in block]
        lines += [(line, messages + letters(drafts)) for block in older for line in block]
        self.figures.reported += len(lines)
        self.figures.lost += sum(letters(line) not in saved for line, saved in lines)


class _Killing:
    """Kills a process after some seconds.

    Attributes:
        at: When it did.
    """

    def __init__(self, process: subprocess.Popen[Any], after: float) -> None:
        self.at = time.monotonic() + after
        self._process = process
        timer = threading.Timer(after, self._kill)
        timer.daemon = True
        timer.start()

    def _kill(self) -> None:
        self.at = time.monotonic()
        self._process.kill()


@contextmanager
def _stalls() -> Iterator[list[float]]:
    """Measure for how long the machine lets nobody run: that is no fault of the program."""
    longest, is_over = [0.0], threading.Event()

    def measure() -> None:
        before = time.monotonic()
        while not is_over.wait(0.01):
            now = time.monotonic()
            longest[0], before = max(longest[0], now - before - 0.01), now

    watch = threading.Thread(target=measure)
    watch.start()
    try:
        yield longest
    finally:
        is_over.set()
        watch.join()


def spoken(screen: Screen) -> list[list[str]]:
    """The lines of each message on the screen."""
    blocks: list[list[str]] = []
    was_spoken = False
    for line in screen.lines:
        match = _GUTTER.match(line)
        if match and not was_spoken:
            blocks.append([])
        if match:
            blocks[-1].append(match["text"])
        was_spoken = match is not None
    return blocks


def letters(text: str) -> str:
    """What survives wrapping and drawing."""
    return "".join(filter(str.isalnum, text))


def _attempts(db: sqlite3.Connection) -> dict[int, int]:
    return dict(
        db.execute(
            """
            SELECT conversation.id, count(attempt.key)
            FROM conversation LEFT JOIN attempt ON conversation_id = conversation.id
            GROUP BY conversation.id
            """
        )
    )


def _unfinished(db: sqlite3.Connection) -> set[int]:
    query = "SELECT conversation_id FROM attempt WHERE outcome IS NULL"
    return {id_ for (id_,) in db.execute(query)}


def _messages(db: sqlite3.Connection, conversation_id: int) -> dict[int, str]:
    """What was said, by the number of the turn."""
    query = "SELECT turn, text FROM message WHERE conversation_id = ? ORDER BY id"
    return dict(db.execute(query, (conversation_id,)).fetchall())


def _check_turns(db: sqlite3.Connection, conversation_id: int) -> None:
    """Every turn but the last has become a message; of the last there is a draft at most."""
    messages = db.execute(
        "SELECT id, ifnull(parent_id, 0), turn, speaker, is_chosen FROM message"
        " WHERE conversation_id = ? ORDER BY id",
        (conversation_id,),
    ).fetchall()
    attempts = db.execute(
        "SELECT turn, number, speaker, outcome, message_id, draft FROM attempt"
        " WHERE conversation_id = ? ORDER BY key",
        (conversation_id,),
    ).fetchall()
    assert [m[:3] for m in messages] == [(n, n - 1, n) for n in range(1, len(messages) + 1)]
    done = [(turn, 1, speaker, "ok", id_, "") for id_, _, turn, speaker, _ in messages]
    assert attempts[: len(done)] == done
    assert all(is_chosen for *_, is_chosen in messages)
    for turn, number, _, outcome, message_id, _ in attempts[len(done) :]:
        assert (turn, number, message_id) == (len(done) + 1, 1, None)
        assert outcome in (None, "interrupted")
