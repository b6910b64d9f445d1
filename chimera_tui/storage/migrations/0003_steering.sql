-- What a person may do to a room that runs: whispers, narration, edits, deletions, a cast that
-- changes, a topic that moves.

ALTER TABLE conversation ADD COLUMN topic_now TEXT NOT NULL DEFAULT '';  -- empty: as it began
ALTER TABLE conversation ADD COLUMN solo TEXT NOT NULL DEFAULT '';

ALTER TABLE assignment ADD COLUMN is_muted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assignment ADD COLUMN has_left INTEGER NOT NULL DEFAULT 0;  -- what it said still bears its name

ALTER TABLE message ADD COLUMN heard_by TEXT NOT NULL DEFAULT '';        -- a whisper: who alone is told
ALTER TABLE message ADD COLUMN is_narration INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN edited_at INTEGER;
ALTER TABLE message ADD COLUMN is_deleted INTEGER NOT NULL DEFAULT 0;

-- What a message said before a person edited it.
CREATE TABLE former_text (
    key INTEGER PRIMARY KEY,               -- in the order of being replaced
    conversation_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    replaced_at INTEGER NOT NULL,
    FOREIGN KEY (conversation_id, message_id) REFERENCES message (conversation_id, id) ON DELETE CASCADE
);

CREATE INDEX former_text_message ON former_text (conversation_id, message_id);
