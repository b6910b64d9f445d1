"""What an event changes in the database: one function an event, one transaction each."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from chimera_tui.domain.conversation import (
    Assignment,
    Conversation,
    Failure,
    Finish,
    Message,
    Notice,
    Provenance,
)
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.events import AttemptStarted
from chimera_tui.domain.text import storable
from chimera_tui.storage.rows import (
    MESSAGE_COLUMNS,
    USED_COLUMNS,
    conversation_values,
    definition,
    fallback_lines,
    message_values,
    microseconds,
    used_values,
)

_KNOWN_VERSION = """
    coalesce(
        (SELECT version FROM persona_version WHERE version = :persona_version),
        (SELECT persona_version FROM assignment
         WHERE conversation_id = :conversation_id AND slug = :speaker)
    )
"""
"""The version as it was saved with the cast. A newer program can give the same
definition another version (`Persona` has grown); then the cast tells which it is."""

_USED = ", ".join(f"{column} = :{column}" for column in USED_COLUMNS)
_NEXT_NUMBER = """
    (SELECT ifnull(max(number), 0) + 1 FROM attempt
     WHERE conversation_id = :conversation_id AND turn = :turn)
"""


def add_conversation(db: sqlite3.Connection, conversation: Conversation) -> int:
    """Save a conversation in which nothing was said yet; return the id it is given."""
    values = conversation_values(conversation)
    added = db.execute(
        f"INSERT INTO conversation ({', '.join(values)}, updated_at)"
        f" VALUES ({_places(values)}, :created_at)",
        values,
    )
    id_ = added.lastrowid or 0
    _save_cast(db, id_, conversation)
    return id_


def change_conversation(db: sqlite3.Connection, conversation: Conversation) -> None:
    """Save title, mode, pace, cast and the like as they are now."""
    values = conversation_values(conversation)
    assignments = ", ".join(f"{column} = :{column}" for column in values)
    db.execute(
        f"UPDATE conversation SET {assignments} WHERE id = :id", values | {"id": conversation.id}
    )
    db.execute("DELETE FROM assignment WHERE conversation_id = ?", (conversation.id,))
    _save_cast(db, conversation.id, conversation)


def start_attempt(
    db: sqlite3.Connection, conversation_id: int, started: AttemptStarted, now: datetime
) -> None:
    """Save that a model is being asked."""
    db.execute(
        f"""
        INSERT INTO attempt (conversation_id, turn, number, speaker, provider, model,
                             persona_version, temperature, max_tokens, replaces_id, started_at)
        VALUES (:conversation_id, :turn, {_NEXT_NUMBER}, :speaker, :provider, :model,
                {_KNOWN_VERSION}, :temperature, :max_tokens, :replaces_id, :now)
        """,
        {
            "conversation_id": conversation_id,
            "turn": started.turn.number,
            "speaker": storable(started.turn.speaker),
            "provider": storable(started.model.provider),
            "model": storable(started.model.model),
            "persona_version": started.persona_version,
            "temperature": started.temperature,
            "max_tokens": started.max_tokens,
            "replaces_id": started.replaces_id,
            "now": microseconds(now),
        },
    )
    touch(db, conversation_id, now)


def save_draft(db: sqlite3.Connection, conversation_id: int, turn: int, text: str) -> None:
    """Save what was heard so far, if the turn is still being taken."""
    db.execute(
        "UPDATE attempt SET draft = ? WHERE conversation_id = ? AND turn = ? AND outcome IS NULL",
        (storable(text), conversation_id, turn),
    )


def add_message(
    db: sqlite3.Connection, conversation_id: int, message: Message, now: datetime
) -> None:
    """Save a message and choose it, as `Tree.add` does; its attempt is over."""
    later = _put_aside_chosen(db, conversation_id, message)
    insert_message(db, conversation_id, message, is_chosen=True)
    if later is not None:
        db.execute(
            "UPDATE message SET parent_id = ?, is_chosen = 1 WHERE conversation_id = ? AND id = ?",
            (message.id, conversation_id, later),
        )
    _close_attempt(db, conversation_id, message, now)
    touch(db, conversation_id, now)


def insert_message(
    db: sqlite3.Connection, conversation_id: int, message: Message, *, is_chosen: bool
) -> None:
    """Save a message as it is; of its siblings only one may be chosen."""
    columns = f"conversation_id, {MESSAGE_COLUMNS}"
    places = _places(columns.split(", ")).replace(":persona_version", _KNOWN_VERSION)
    values = {"conversation_id": conversation_id, "is_chosen": is_chosen}
    db.execute(
        f"INSERT INTO message ({columns}) VALUES ({places})", message_values(message) | values
    )


def fail_attempt(
    db: sqlite3.Connection, conversation_id: int, failure: Failure, now: datetime
) -> None:
    """Save how a turn failed, even one for which no model could be asked."""
    values = {
        "conversation_id": conversation_id,
        "turn": failure.turn.number,
        "speaker": storable(failure.turn.speaker),
        "provider": storable(failure.model.provider) if failure.model else None,
        "model": storable(failure.model.model) if failure.model else None,
        "replaces_id": failure.replaces_id,
        "fault": failure.kind,
        "problem": storable(failure.problem),
        "hint": storable(failure.hint),
        "draft": storable(failure.text),
        "now": microseconds(now),
        **used_values(failure.provenance),
    }
    failed = db.execute(
        f"""
        UPDATE attempt
        SET outcome = 'failed', ended_at = :now, fault = :fault, problem = :problem,
            hint = :hint, draft = :draft, {_USED}
        WHERE conversation_id = :conversation_id AND turn = :turn AND outcome IS NULL
        """,
        values,
    )
    if not failed.rowcount:
        db.execute(
            f"""
            INSERT INTO attempt (conversation_id, turn, number, speaker, provider, model,
                                 replaces_id, started_at, ended_at, outcome, fault, problem,
                                 hint, draft)
            VALUES (:conversation_id, :turn, {_NEXT_NUMBER}, :speaker, :provider, :model,
                    :replaces_id, :now, :now, 'failed', :fault, :problem, :hint, :draft)
            """,
            values,
        )
    touch(db, conversation_id, now)


def end_attempt(
    db: sqlite3.Connection,
    conversation_id: int,
    turn: int,
    *,
    kind: Fault,
    problem: str,
    used: Provenance | None,
    now: datetime,
) -> None:
    """Save how an attempt failed that is followed by another one, and what it used up."""
    values = {
        "conversation_id": conversation_id,
        "turn": turn,
        "now": microseconds(now),
        "fault": kind,
        "problem": storable(problem),
        **used_values(used),
    }
    db.execute(
        f"""
        UPDATE attempt
        SET outcome = 'failed', ended_at = :now, fault = :fault, problem = :problem,
            is_dismissed = 1, {_USED}
        WHERE conversation_id = :conversation_id AND turn = :turn AND outcome IS NULL
        """,
        values,
    )


def drop_turn(
    db: sqlite3.Connection,
    conversation_id: int,
    turn: int,
    kind: Fault | None,
    used: Provenance | None,
    now: datetime,
) -> None:
    """Save that nothing comes of a turn any more: what was wrong, what its last attempt used up."""
    values = {
        "conversation_id": conversation_id,
        "turn": turn,
        "fault": kind or "",
        "now": microseconds(now),
    }
    db.execute(
        f"""
        UPDATE attempt SET outcome = 'stopped', fault = :fault, ended_at = :now, {_USED}
        WHERE conversation_id = :conversation_id AND turn = :turn AND outcome IS NULL
        """,
        values | used_values(used),
    )
    db.execute(
        """
        UPDATE attempt SET is_dismissed = 1
        WHERE conversation_id = ? AND turn = ? AND message_id IS NULL
        """,
        (conversation_id, turn),
    )


def add_notice(db: sqlite3.Connection, conversation_id: int, notice: Notice) -> None:
    """Save a line of the system."""
    db.execute(
        """
        INSERT INTO notice (conversation_id, number, after_id, text, created_at)
        SELECT ?1, ifnull(max(number), 0) + 1, ?2, ?3, ?4
        FROM notice WHERE conversation_id = ?1
        """,
        (conversation_id, notice.after_id, storable(notice.text), microseconds(notice.created_at)),
    )


def change_message(
    db: sqlite3.Connection, conversation_id: int, message: Message, now: datetime
) -> None:
    """Save a message as a person changed it; the words it had before are kept, too."""
    values = message_values(message) | {"conversation_id": conversation_id}
    where = "WHERE conversation_id = :conversation_id AND id = :id"
    db.execute(
        f"""
        INSERT INTO former_text (conversation_id, message_id, text, replaced_at)
        SELECT conversation_id, id, text, :now FROM message {where} AND text <> :text
        """,
        values | {"now": microseconds(now)},
    )
    db.execute(
        f"""
        UPDATE message SET text = :text, edited_at = :edited_at, is_deleted = :is_deleted {where}
        """,
        values,
    )


def choose(db: sqlite3.Connection, conversation_id: int, message_id: int) -> None:
    """Put the path through a message, from wherever it branches off."""
    way = db.execute(
        """
        WITH RECURSIVE way(id, parent_id, is_chosen) AS (
            SELECT id, parent_id, is_chosen FROM message WHERE conversation_id = ?1 AND id = ?2
            UNION ALL
            SELECT message.id, message.parent_id, message.is_chosen
            FROM way JOIN message ON conversation_id = ?1 AND message.id = way.parent_id
        )
        SELECT ?1, parent_id, id FROM way WHERE NOT is_chosen
        """,
        (conversation_id, message_id),
    ).fetchall()
    db.executemany(
        """
        UPDATE message SET is_chosen = 0
        WHERE conversation_id = ?1 AND parent_id IS ?2 AND id <> ?3 AND is_chosen
        """,
        way,
    )
    db.executemany(
        """
        UPDATE message SET is_chosen = 1
        WHERE conversation_id = ?1 AND parent_id IS ?2 AND id = ?3
        """,
        way,
    )


def _put_aside_chosen(db: sqlite3.Connection, conversation_id: int, message: Message) -> int | None:
    """Make place for a message beside its parent's chosen child.

    Returns:
        That child, if it belongs to a later turn: it was said while the message
        was being spoken, and goes behind it.
    """
    chosen = db.execute(
        "SELECT id, turn FROM message WHERE conversation_id = ? AND parent_id IS ? AND is_chosen",
        (conversation_id, message.parent_id),
    ).fetchone()
    if chosen is None:
        return None
    id_, turn = chosen
    db.execute(
        "UPDATE message SET is_chosen = 0 WHERE conversation_id = ? AND id = ?",
        (conversation_id, id_),
    )
    return int(id_) if turn > message.turn.number else None


def _close_attempt(
    db: sqlite3.Connection, conversation_id: int, message: Message, now: datetime
) -> None:
    """Say what became of the attempt: this message. A kept part leaves it failed as it was."""
    db.execute(
        f"""
        UPDATE attempt
        SET message_id = :message_id, draft = '',
            outcome = ifnull(outcome, :outcome), ended_at = ifnull(ended_at, :now), {_USED}
        WHERE key = (SELECT max(key) FROM attempt
                     WHERE conversation_id = :conversation_id AND turn = :turn)
          AND message_id IS NULL
        """,
        {
            "conversation_id": conversation_id,
            "turn": message.turn.number,
            "message_id": message.id,
            "outcome": "stopped" if message.finish is Finish.STOPPED else "ok",
            "now": microseconds(now),
            **used_values(message.provenance),
        },
    )


def _save_cast(db: sqlite3.Connection, conversation_id: int, conversation: Conversation) -> None:
    left = (Assignment(persona=persona) for persona in conversation.former)
    everybody = list(enumerate((*conversation.cast, *left)))
    db.executemany(
        "INSERT OR IGNORE INTO persona_version (version, slug, definition) VALUES (?, ?, ?)",
        [
            (a.persona.version, storable(a.persona.slug), definition(a.persona))
            for _, a in everybody
        ],
    )
    db.executemany(
        "INSERT INTO assignment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                conversation_id,
                position,
                storable(assignment.persona.slug),
                assignment.persona.version,
                storable(assignment.model.provider) if assignment.model else None,
                storable(assignment.model.model) if assignment.model else None,
                fallback_lines(assignment),
                assignment.is_muted,
                position >= len(conversation.cast),
            )
            for position, assignment in everybody
        ],
    )


def touch(db: sqlite3.Connection, conversation_id: int, now: datetime) -> None:
    """Save that somebody has just spoken."""
    db.execute(
        "UPDATE conversation SET updated_at = ? WHERE id = ?", (microseconds(now), conversation_id)
    )


def _places(columns: Iterable[str]) -> str:
    return ", ".join(f":{column}" for column in columns)
