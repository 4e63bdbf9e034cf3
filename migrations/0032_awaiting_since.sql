-- An event wakes an await only when it happened after the await began, however late it is reported.
-- A column without a default: ACCESS EXCLUSIVE on enrollments for an instant, nothing is rewritten.

-- Since when the event of an await counts: the time its turn came by the journey's clock, not when a busy worker got to
-- it. Null for who waited before there was the column; for them it counts from the entry.
ALTER TABLE enrollments ADD COLUMN awaiting_since timestamptz;
