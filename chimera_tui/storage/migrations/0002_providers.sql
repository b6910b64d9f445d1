-- What real providers bring: thoughts, kinds of tokens, costs of attempts, fallbacks, budgets, and
-- what was learned about models.

ALTER TABLE conversation ADD COLUMN budget_cost INTEGER;    -- null, as the tokens: no limit
ALTER TABLE conversation ADD COLUMN budget_tokens INTEGER;

ALTER TABLE assignment ADD COLUMN fallbacks TEXT NOT NULL DEFAULT '';  -- provider/model, a line each

ALTER TABLE message ADD COLUMN thinking TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN cache_read INTEGER;
ALTER TABLE message ADD COLUMN cache_write INTEGER;
ALTER TABLE message ADD COLUMN thinking_tokens INTEGER;
ALTER TABLE message ADD COLUMN attempt INTEGER;

ALTER TABLE attempt ADD COLUMN input_tokens INTEGER;
ALTER TABLE attempt ADD COLUMN output_tokens INTEGER;
ALTER TABLE attempt ADD COLUMN is_estimate INTEGER;
ALTER TABLE attempt ADD COLUMN cost INTEGER;
ALTER TABLE attempt ADD COLUMN cost_source TEXT;
ALTER TABLE attempt ADD COLUMN first_text REAL;
ALTER TABLE attempt ADD COLUMN duration REAL;

UPDATE attempt
SET (input_tokens, output_tokens, is_estimate, cost, cost_source, first_text, duration) = (
    SELECT message.input_tokens, message.output_tokens, message.is_estimate, message.cost,
           message.cost_source, message.first_text, message.duration
    FROM message
    WHERE message.conversation_id = attempt.conversation_id AND message.id = attempt.message_id
)
WHERE message_id IS NOT NULL;

CREATE INDEX attempt_ended ON attempt (ended_at);           -- what a day has cost

-- The models that providers listed last, for when they cannot be asked.
CREATE TABLE model (
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    info TEXT NOT NULL,                    -- JSON
    listed_at INTEGER NOT NULL,
    PRIMARY KEY (provider, name)
);

-- What models refused in a request, as their answers said; it is not sent again.
CREATE TABLE refusal (
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    parameter TEXT NOT NULL,
    learned_at INTEGER NOT NULL,
    PRIMARY KEY (provider, model, parameter)
);
