"""The saved conversations: begun, loaded, listed, renamed, deleted."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from chimera_tui.domain.casting import cast_of
from chimera_tui.domain.conversation import (
    DEMO,
    Assignment,
    Budget,
    Conversation,
    CostSource,
    Failure,
    Message,
    Notice,
)
from chimera_tui.domain.errors import StorageError, UnknownError
from chimera_tui.domain.rules import PLAIN, Rules
from chimera_tui.domain.saved import ConversationSummary, SavedConversation, Spent, Tree
from chimera_tui.domain.text import storable
from chimera_tui.storage import changes, helping, rows
from chimera_tui.storage.importing import add_saved
from chimera_tui.storage.recovery import recover
from chimera_tui.storage.store import Store
from chimera_tui.system.garbage import collections_paused

LONG = 1000
"""Messages from which on the end of a conversation is worth loading by itself."""
END = 100
"""Messages that are its end."""
NO_BUDGET = Budget()
MICROSECONDS = 1e6
"""In a second."""


class Conversations:
    """All conversations of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def new_conversation(
        self,
        *,
        topic: str,
        cast: Sequence[Assignment],
        mode: str,
        pace: float = 1.0,
        seed: int = 0,
        turn_limit: int = 20,
        budget: Budget = NO_BUDGET,
        human_name: str = "Human",
        rules: Rules = PLAIN,
    ) -> SavedConversation:
        """Save a conversation in which nothing was said yet; its topic is its title.

        Raises:
            StorageError: If it cannot be saved.
        """
        conversation = Conversation(
            id=0,
            title=topic,
            topic=topic,
            cast=cast_of(cast, human_name),
            mode=mode,
            pace=pace,
            seed=seed,
            turn_limit=turn_limit,
            budget=budget,
            human_name=human_name,
            rules=rules,
            created_at=self._store.now(),
        )
        id_ = await self._store.write(partial(changes.add_conversation, conversation=conversation))
        return SavedConversation(conversation=replace(conversation, id=id_))

    async def add(self, saved: SavedConversation) -> int:
        """Save a conversation that comes from elsewhere; return the id it is given.

        Raises:
            StorageError: If it cannot be saved.
        """
        now = self._store.now()
        return await self._store.write(partial(add_saved, saved=saved, now=now))

    async def load(self, conversation_id: int) -> SavedConversation:
        """Return a conversation with all that was said in it.

        A row that cannot be read is shown as unreadable; the rest is there.

        Raises:
            UnknownError: If there is none of this number.
            StorageError: If it cannot be read.
        """
        if not self._store.read_only:
            leases, now = self._store.leases, self._store.now()
            await self._store.write(partial(recover, leases=leases, now=now))
        return await self._store.read(partial(_load, conversation_id=conversation_id))

    async def load_end(self, conversation_id: int) -> SavedConversation | None:
        """Return the end of a long conversation, quickly; None if it is short, or unknown.

        It is to be looked at until all of it is loaded: its first message seems to be the
        conversation's, and nothing that happened before is in it.

        Raises:
            StorageError: If it cannot be read.
        """
        return await self._store.read(partial(_load_end, conversation_id=conversation_id))

    async def list_all(self) -> list[ConversationSummary]:
        """Return a line for each conversation, the one spoken in last first."""
        summaries = await self._store.read(_list_all)
        holder = self._store.leases.holder
        return [replace(s, live_pid=holder(s.id)) for s in summaries]

    async def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title.

        Raises:
            UnknownError: If there is none of this number.
            StorageError: If it is live; then its room can rename it,
                or if it cannot be saved.
        """
        change = "UPDATE conversation SET title = ? WHERE id = ?"
        await self._change(conversation_id, change, storable(title), conversation_id)

    async def delete(self, conversation_id: int) -> None:
        """Delete a conversation and all that was said in it.

        Raises:
            UnknownError: If there is none of this number.
            StorageError: If it is live,
                or if it cannot be deleted.
        """
        change = "DELETE FROM conversation WHERE id = ?"
        await self._change(conversation_id, change, conversation_id)

    async def _change(self, conversation_id: int, change: str, *values: str | int) -> None:
        await self._store.read(partial(_conversation_row, conversation_id=conversation_id))
        with self._store.leases.hold(conversation_id):
            await self._store.write(lambda db: db.execute(change, values))


def _load(db: sqlite3.Connection, conversation_id: int) -> SavedConversation:
    try:
        conversation = _conversation(db, conversation_id)
    except ValueError as error:
        raise StorageError(f"Conversation {conversation_id} cannot be read.") from error
    query = f"SELECT {rows.MESSAGE_COLUMNS} FROM message WHERE conversation_id = ? ORDER BY id"
    with collections_paused():
        tree = _tree(db.execute(query, (conversation_id,)))
    last_turn = max((m.turn.number for m in tree.messages.values()), default=0)
    return SavedConversation(
        conversation=conversation,
        tree=tree,
        notices=_notices(db, conversation_id),
        failure=_failure(db, conversation_id),
        turns=max(last_turn, _last_attempted_turn(db, conversation_id)),
        spent=_spent(db, conversation_id),
        summaries=helping.summaries(db, conversation_id),
    )


def _load_end(db: sqlite3.Connection, conversation_id: int) -> SavedConversation | None:
    count = "SELECT count(*) FROM message WHERE conversation_id = ?"
    if db.execute(count, (conversation_id,)).fetchone()[0] <= LONG:
        return None
    path = """
        WITH RECURSIVE path(id, depth) AS (
            SELECT 0, 0
            UNION ALL
            SELECT message.id, depth + 1
            FROM path JOIN message
            ON conversation_id = ? AND ifnull(parent_id, 0) = path.id AND is_chosen
        )
        SELECT id FROM path ORDER BY depth DESC LIMIT ?
    """
    parents = [id_ for (id_,) in db.execute(path, (conversation_id, END + 1))][1:]
    query = f"""
        SELECT {rows.MESSAGE_COLUMNS}
        FROM message
        WHERE conversation_id = ? AND parent_id IN ({", ".join("?" * len(parents))})
        ORDER BY id
    """
    tree = _tree(db.execute(query, (conversation_id, *parents)), root=parents[-1])
    conversation = _conversation(db, conversation_id)
    return SavedConversation(
        conversation=conversation, tree=tree, failure=_failure(db, conversation_id)
    )


def _conversation_row(db: sqlite3.Connection, conversation_id: int) -> rows.Row:
    row: rows.Row | None = db.execute(
        f"SELECT {rows.CONVERSATION_COLUMNS} FROM conversation WHERE id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise UnknownError(
            f"There is no conversation {conversation_id}.",
            hint="Run `chimera-tui conversations` for a list.",
        )
    return row


def _conversation(db: sqlite3.Connection, conversation_id: int) -> Conversation:
    """Read a conversation and its cast; raises ValueError if it is unsound."""
    row = _conversation_row(db, conversation_id)
    left = _assignments(db, conversation_id, have_left=True)
    cast = _assignments(db, conversation_id, have_left=False)
    return rows.read_conversation(row, cast, tuple(one.persona for one in left))


def _assignments(
    db: sqlite3.Connection, conversation_id: int, *, have_left: bool
) -> tuple[Assignment, ...]:
    query = f"""
        SELECT {rows.ASSIGNMENT_COLUMNS}
        FROM assignment JOIN persona_version ON version = persona_version
        WHERE conversation_id = ? AND has_left = ?
        ORDER BY position
    """
    found = db.execute(query, (conversation_id, have_left))
    return tuple(rows.read_assignment(row) for row in found)


def _tree(messages: Iterable[rows.Row], *, root: int | None = None) -> Tree:
    """Build the tree of these rows; what follows `root` is taken to follow nothing."""
    read: list[Message] = []
    chosen: dict[int | None, int] = {}
    for row in messages:
        if message := _message(row):
            if root is not None and message.parent_id == root:
                message = replace(message, parent_id=None)
            read.append(message)
            if row[rows.IS_CHOSEN]:
                chosen[message.parent_id] = message.id
    return Tree.of(read, chosen)


def _message(row: rows.Row) -> Message | None:
    try:
        return rows.read_message(row)
    except ValueError:
        return rows.stand_in(row)


def _notices(db: sqlite3.Connection, conversation_id: int) -> list[Notice]:
    query = f"SELECT {rows.NOTICE_COLUMNS} FROM notice WHERE conversation_id = ? ORDER BY number"
    notices = []
    for row in db.execute(query, (conversation_id,)):
        with suppress(ValueError):
            notices.append(rows.read_notice(row))
    return notices


def _failure(db: sqlite3.Connection, conversation_id: int) -> Failure | None:
    """Return how the last attempt failed, if it did and nobody has chosen a remedy."""
    query = f"""
        SELECT {rows.FAILURE_COLUMNS}
        FROM attempt
        WHERE key = (SELECT max(key) FROM attempt WHERE conversation_id = ? AND turn > 0)
          AND outcome IN ('failed', 'interrupted') AND message_id IS NULL AND NOT is_dismissed
    """
    row = db.execute(query, (conversation_id,)).fetchone()
    with suppress(ValueError):
        return rows.read_failure(row) if row else None
    return None


def _last_attempted_turn(db: sqlite3.Connection, conversation_id: int) -> int:
    (turn,) = db.execute(
        """
        SELECT ifnull(max(turn), 0) FROM attempt
        WHERE conversation_id = ? AND typeof(turn) = 'integer'
        """,
        (conversation_id,),
    ).fetchone()
    return int(turn)


def _spent(db: sqlite3.Connection, conversation_id: int) -> Spent:
    """Add up what all attempts of a conversation have used."""
    row = db.execute(
        """
        SELECT ifnull(sum(CASE WHEN cost_source <> ?1 THEN cost END), 0),
               ifnull(sum(CASE WHEN cost_source <> ?1 THEN input_tokens + output_tokens END), 0),
               ifnull(sum(CASE WHEN turn > 0 THEN ended_at - started_at END), 0)
        FROM attempt WHERE conversation_id = ?2
        """,
        (CostSource.FREE, conversation_id),
    ).fetchone()
    return Spent(cost=int(row[0]), tokens=int(row[1]), seconds=row[2] / MICROSECONDS)


def _list_all(db: sqlite3.Connection) -> list[ConversationSummary]:
    query = """
        SELECT id, title,
               (SELECT count(*) FROM message WHERE conversation_id = conversation.id),
               EXISTS (SELECT 1 FROM assignment
                       WHERE conversation_id = conversation.id AND provider = ?),
               updated_at
        FROM conversation
        ORDER BY updated_at DESC, id DESC
    """
    return [rows.read_summary(row) for row in db.execute(query, (DEMO.provider,))]
