-- What is kept for technical reasons alone goes after a time (waypost.yaml, `keep`): the ids callers gave to their events, and
-- requests of providers that were applied. Both are found by age, oldest first. The ids of imported rows, made of all that a row
-- says, stay: a file may be imported again after years.
-- Building them keeps writers off each table for as long as reading it takes: some seconds for ten million ids.

CREATE INDEX event_keys_by_age ON event_keys (received_at) WHERE key NOT LIKE 'row:%';
CREATE INDEX report_inbox_by_age ON report_inbox (applied_at) WHERE applied_at IS NOT NULL;
