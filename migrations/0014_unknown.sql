-- The sweeper asks every few seconds for messages of unknown outcome; without this it read the whole ledger each time.
-- Holds up writes to messages while the index is built (few rows go in: seconds for ten million messages).

CREATE INDEX messages_unknown ON messages (sent_at) WHERE state = 'unknown';
