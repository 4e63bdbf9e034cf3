-- What was planned or sent in the last day is found without reading the years before. A BRIN index keeps the first and the last time of
-- each megabyte only, so a message costs it next to nothing, and its column changes with no update that could else stay on its page:
-- `sent_at` is written by the one that opens the message, which touches other indexes anyway.
-- SHARE on messages while the table is read once, some ten seconds for ten million: nobody writes meanwhile.

CREATE INDEX messages_by_time ON messages USING brin (planned_at, sent_at) WITH (autosummarize = on);
