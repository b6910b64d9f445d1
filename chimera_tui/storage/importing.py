"""A conversation that is not in the database yet: from elsewhere, or from memory alone."""

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


def hold_saved(db: sqlite3.Connection, saved: SavedConversation, now: datetime) -> None:
    """See to it that all that was said in a conversation is there, under its own number.

    Nothing is changed or taken away: what is there and not so in `saved` was recorded a
    moment ago.
    """
    db.execute("PRAGMA defer_foreign_keys = ON")
    id_, tree = saved.conversation.id, saved.tree
    if not db.execute("SELECT 1 FROM conversation WHERE id = ?", (id_,)).fetchone():
        added = add_conversation(db, saved.conversation)
        for table in ("conversation", "assignment"):
            column = "id" if table == "conversation" else "conversation_id"
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (id_, added))
        for notice in saved.notices:
            add_notice(db, id_, notice)
        touch(db, id_, now)
    query = "SELECT id FROM message WHERE conversation_id = ?"
    there = {message_id for (message_id,) in db.execute(query, (id_,))}
    lacking = [m for m in tree.messages.values() if m.id not in there]
    for message in lacking:
        insert_message(db, id_, message, is_chosen=False)
    if lacking:
        db.execute("UPDATE message SET is_chosen = 0 WHERE conversation_id = ?", (id_,))
        choices = [(id_, chosen) for chosen in tree.chosen.values()]
        choose = "UPDATE message SET is_chosen = 1 WHERE conversation_id = ? AND id = ?"
        db.executemany(choose, choices)
