-- House rules, minutes of a budget, slips of models, and summaries of what no longer fits.
-- A helping call (who speaks next, a summary) is an attempt of turn 0.

ALTER TABLE conversation ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';   -- JSON
ALTER TABLE conversation ADD COLUMN budget_minutes INTEGER;             -- null: no limit

ALTER TABLE message ADD COLUMN leaks INTEGER;
ALTER TABLE message ADD COLUMN is_refusal INTEGER;
ALTER TABLE attempt ADD COLUMN leaks INTEGER;
ALTER TABLE attempt ADD COLUMN is_refusal INTEGER;

-- What a few messages in a row said, in short. Others (edited, another branch) have another digest.
CREATE TABLE summary (
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,                  -- of their ids and words
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, digest)
);
