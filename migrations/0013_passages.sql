-- How many customers left each step by each way, added up as they move: a passage through a step leaves no other trace.
-- Enrollments are claimed journey by journey, so that the due ones of a paused journey are never walked over.
-- New table: locks nothing. The index: SHARE on enrollments while it is built.

CREATE TABLE passages (
  version_id integer NOT NULL REFERENCES journey_versions,
  step text NOT NULL,
  -- The step gone to; '' for the end of the journey.
  next text NOT NULL,
  customers bigint NOT NULL,
  PRIMARY KEY (version_id, step, next)
) WITH (fillfactor = 50);

DROP INDEX enrollments_due;
CREATE INDEX enrollments_due ON enrollments (journey_id, due_at) WHERE due_at IS NOT NULL;
