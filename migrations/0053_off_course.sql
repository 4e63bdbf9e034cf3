-- The ledger is asked for what seldom happens (`waypost messages --state failed`), however long it is. An index over `state` would
-- cost every message that is delivered its updates on their page (HOT); so what leaves the usual course, planned, sending, accepted,
-- delivered, has a column of its own, which is null for all others and stays so.
-- ACCESS EXCLUSIVE on messages while it is rewritten and its indexes are built: a minute or two for ten million. Workers of an earlier version
-- wait meanwhile and go on after it.

ALTER TABLE messages ADD COLUMN off_course text GENERATED ALWAYS AS (
  CASE WHEN state NOT IN ('planned', 'sending', 'accepted', 'delivered') THEN state END) STORED;
CREATE INDEX messages_off_course ON messages (off_course, id) WHERE off_course IS NOT NULL;
