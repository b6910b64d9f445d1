-- Conversations, who is cast in them, what was said, and every attempt at saying it.
--
-- Times are whole microseconds since 1970 (UTC), costs micro-dollars, durations seconds.
-- Tables are not STRICT: some systems link SQLite 3.34 to their Python 3.11. The rows are checked
-- when they are read.

CREATE TABLE conversation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: people write ids down
    title TEXT NOT NULL,
    topic TEXT NOT NULL,
    mode TEXT NOT NULL,
    pace REAL NOT NULL,
    seed INTEGER NOT NULL,
    turn_limit INTEGER NOT NULL,
    human_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL            -- when somebody last spoke in it
);

CREATE INDEX conversation_updated ON conversation (updated_at);

-- The exact persona that spoke, as JSON. Rows are never changed.
CREATE TABLE persona_version (
    version TEXT PRIMARY KEY,
    slug TEXT NOT NULL,
    definition TEXT NOT NULL
);

CREATE TABLE assignment (
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    slug TEXT NOT NULL,
    persona_version TEXT NOT NULL REFERENCES persona_version (version),
    provider TEXT,                         -- null, as the model: the first healthy provider
    model TEXT,
    PRIMARY KEY (conversation_id, position)
);

CREATE TABLE message (
    key INTEGER PRIMARY KEY,               -- what a full-text index refers to
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    id INTEGER NOT NULL,
    parent_id INTEGER,                     -- null: the first of its branch
    turn INTEGER NOT NULL,
    speaker TEXT NOT NULL,
    text TEXT NOT NULL,
    finish TEXT NOT NULL,
    finish_note TEXT NOT NULL,
    is_chosen INTEGER NOT NULL,            -- the path goes through it, if through its parent
    provider TEXT,                         -- null, as all the provenance: the human spoke
    model TEXT,
    persona_version TEXT REFERENCES persona_version (version),
    temperature REAL,
    max_tokens INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    is_estimate INTEGER,                   -- of the tokens
    cost INTEGER,
    cost_source TEXT,
    first_text REAL,
    duration REAL,
    created_at INTEGER NOT NULL,
    UNIQUE (conversation_id, id),
    FOREIGN KEY (conversation_id, parent_id) REFERENCES message (conversation_id, id)
);

CREATE INDEX message_parent ON message (conversation_id, parent_id);
CREATE UNIQUE INDEX message_chosen ON message (conversation_id, ifnull(parent_id, 0)) WHERE is_chosen;

-- One request made for a turn.
CREATE TABLE attempt (
    key INTEGER PRIMARY KEY,               -- in the order of beginning
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    turn INTEGER NOT NULL,
    number INTEGER NOT NULL,               -- within the turn, from 1
    speaker TEXT NOT NULL,
    provider TEXT,                         -- null, as the model: none could be found
    model TEXT,
    persona_version TEXT REFERENCES persona_version (version),
    temperature REAL,
    max_tokens INTEGER,
    replaces_id INTEGER,                   -- the message to which it is to be another answer
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT,                          -- ok, failed, stopped, interrupted; null: in progress
    fault TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    draft TEXT NOT NULL DEFAULT '',        -- what was heard, until it is a message
    message_id INTEGER,
    is_dismissed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (conversation_id, turn, number),
    FOREIGN KEY (conversation_id, message_id) REFERENCES message (conversation_id, id)
);

CREATE INDEX attempt_running ON attempt (conversation_id) WHERE outcome IS NULL;
CREATE INDEX attempt_message ON attempt (conversation_id, message_id);

CREATE TABLE notice (
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,               -- from 1, in the order of being said
    after_id INTEGER,                      -- the message it stands behind; null: before the first
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, number)
);
