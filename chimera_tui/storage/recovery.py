"""Finding the replies that were being said when a program ended."""

import sqlite3
from datetime import datetime

from chimera_tui.domain.errors import Fault
from chimera_tui.domain.saved import Recovered
from chimera_tui.storage.leases import Leases
from chimera_tui.storage.rows import microseconds


def recover(db: sqlite3.Connection, *, leases: Leases, now: datetime) -> tuple[Recovered, ...]:
    """Mark what was being said in conversations that are live nowhere as interrupted.

    Nothing is sent again; the draft waits for a person to choose a remedy. In a
    write transaction no other process can begin an attempt between look and mark.
    """
    query = """
        SELECT attempt.key, conversation_id, title, speaker, draft
        FROM attempt JOIN conversation ON conversation.id = conversation_id
        WHERE outcome IS NULL
        ORDER BY attempt.key
    """
    dead = [row for row in db.execute(query).fetchall() if not leases.is_live(row[1])]
    db.executemany(
        """
        UPDATE attempt
        SET outcome = 'interrupted', ended_at = ?, fault = ?,
            problem = 'The program ended in the middle of this reply.'
        WHERE key = ?
        """,
        [(microseconds(now), Fault.INTERRUPTED, key) for key, *_ in dead],
    )
    return tuple(
        Recovered(conversation_id=id_, title=title, speaker=speaker, characters=len(draft))
        for _, id_, title, speaker, draft in dead
    )
