-- What is known of personas beside their files: when each version was saved, edits that are not
-- saved yet, and what it has cost to try them out.

CREATE TABLE persona_saving (
    key INTEGER PRIMARY KEY,               -- in the order of saving
    slug TEXT NOT NULL,
    version TEXT NOT NULL REFERENCES persona_version (version),
    saved_at INTEGER                       -- null: it was there when another was saved over it
);

CREATE INDEX persona_saving_slug ON persona_saving (slug);
CREATE INDEX persona_version_slug ON persona_version (slug);

-- A persona as somebody left it in the studio, sound or not.
CREATE TABLE sketch (
    slug TEXT PRIMARY KEY,
    fields TEXT NOT NULL,                  -- JSON: texts by key
    base TEXT NOT NULL,                    -- the version it was begun from; empty: a new persona
    changed_at INTEGER NOT NULL
);

-- Replies of personas that were tried out: nobody's message, but somebody's money.
CREATE TABLE rehearsal (
    key INTEGER PRIMARY KEY,
    slug TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    is_estimate INTEGER NOT NULL,
    cost INTEGER,
    cost_source TEXT NOT NULL,
    ended_at INTEGER NOT NULL
);

CREATE INDEX rehearsal_ended ON rehearsal (ended_at);

CREATE INDEX message_speaker ON message (speaker, conversation_id) WHERE NOT is_deleted;
CREATE INDEX message_version ON message (persona_version, created_at);
