-- Due receipts are taken before due marketing, each class oldest first: the class goes into the index.
-- SHARE on messages while the index is built (planned messages only: seconds for millions).

DROP INDEX messages_due;
CREATE INDEX messages_due ON messages (channel, class, due_at) WHERE state IN ('planned', 'retry');
