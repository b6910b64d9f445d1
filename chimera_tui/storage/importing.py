"""A conversation that comes from elsewhere, into the database: one transaction."""

import sqlite3
from datetime import datetime

from chimera_tui.domain.saved import SavedConversation
from chimera_tui.storage.changes import add_conversation, add_notice, insert_message, touch


def add_saved(db: sqlite3.Connection, saved: SavedConversation, now: datetime) -> int:
    """Save a conversation with all that was said in it; return the id it is given.

    The attempts at saying it are not known: what it cost elsewhere counts for no budget here.
    """
    db.execute("PRAGMA defer_foreign_keys = ON")  # a message may follow one of a higher id
    id_ = add_conversation(db, saved.conversation)
    for message in saved.tree.messages.values():
        is_chosen = saved.tree.chosen.get(message.parent_id) == message.id
        insert_message(db, id_, message, is_chosen=is_chosen)
    for notice in saved.notices:
        add_notice(db, id_, notice)
    touch(db, id_, now)
    return id_
