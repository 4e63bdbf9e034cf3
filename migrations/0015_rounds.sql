-- How often an enrollment has been through each `repeat` of its journey, so that every round has messages of its own.
-- A column without a default: ACCESS EXCLUSIVE on enrollments for an instant, nothing is rewritten.

-- {"<id of the repeat>": {"round": 2, "pass": 5}}: the round it is in (0: none), and all rounds ever begun, those of a
-- repeat around it included. Null until the first.
ALTER TABLE enrollments ADD COLUMN rounds jsonb;
