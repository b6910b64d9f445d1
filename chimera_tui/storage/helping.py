"""What models did for a room beside its turns: background requests, and summaries."""

import sqlite3
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from chimera_tui.domain.conversation import Summary
from chimera_tui.domain.events import ErrandDone
from chimera_tui.domain.text import storable
from chimera_tui.storage.rows import USED_COLUMNS, microseconds, read_time, used_values

BACKGROUND = 0
"""The turn of background requests among the attempts: they cost what attempts cost."""
_COLUMNS = "digest, first_id, last_id, text, provider, model, created_at"


def add_errand(
    db: sqlite3.Connection, conversation_id: int, request: ErrandDone, now: datetime
) -> None:
    """Save what a background request has used up, and what it made."""
    provenance = request.provenance
    if request.summary:
        _add_summary(db, conversation_id, request.summary)
    places = ", ".join(f":{column}" for column in USED_COLUMNS)
    db.execute(
        f"""
        INSERT INTO attempt (conversation_id, turn, number, speaker, provider, model, max_tokens,
                             started_at, ended_at, outcome, {", ".join(USED_COLUMNS)})
        SELECT :conversation_id, {BACKGROUND}, ifnull(max(number), 0) + 1, '', :provider, :model,
               :max_tokens, :began, :now, 'ok', {places}
        FROM attempt WHERE conversation_id = :conversation_id AND turn = {BACKGROUND}
        """,
        {
            "conversation_id": conversation_id,
            "provider": storable(provenance.model.provider),
            "model": storable(provenance.model.model),
            "max_tokens": provenance.max_tokens,
            "began": microseconds(now - timedelta(seconds=provenance.duration)),
            "now": microseconds(now),
            **used_values(provenance),
        },
    )


def _add_summary(db: sqlite3.Connection, conversation_id: int, summary: Summary) -> None:
    """Save a summary; one of the same words is replaced."""
    db.execute(
        f"INSERT OR REPLACE INTO summary (conversation_id, {_COLUMNS})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            conversation_id,
            summary.digest,
            summary.first_id,
            summary.last_id,
            storable(summary.text),
            storable(summary.model.provider),
            storable(summary.model.model),
            microseconds(summary.created_at),
        ),
    )


def summaries(db: sqlite3.Connection, conversation_id: int) -> dict[str, Summary]:
    """Return the summaries of a conversation by digest; those that cannot be read are left out."""
    query = f"SELECT {_COLUMNS} FROM summary WHERE conversation_id = ?"
    found: dict[str, Summary] = {}
    for row in db.execute(query, (conversation_id,)):
        with suppress(ValueError):
            fields = dict(zip(_COLUMNS.split(", "), row, strict=True))
            fields["model"] = {"provider": fields.pop("provider"), "model": fields["model"]}
            fields["created_at"] = read_time(fields["created_at"])
            summary = msgspec.convert(fields, Summary)
            found[summary.digest] = summary
    return found
