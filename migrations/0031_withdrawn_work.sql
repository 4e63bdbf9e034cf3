-- What a migration took back of the customers it moved off a step or out of the journey, so that a rollback can give it back
-- as it was.
-- A new table: locks nothing.

CREATE TABLE withdrawn_work (
  change_id bigint NOT NULL,
  enrollment_id bigint NOT NULL,
  kind text NOT NULL CONSTRAINT withdrawn_work_kind_is_known CHECK (kind IN ('message', 'call', 'task')),
  -- Of the message, call or task.
  id bigint NOT NULL,
  -- Channels that a message might have taken yet.
  from_fallback text[],
  PRIMARY KEY (change_id, kind, id),
  FOREIGN KEY (change_id, enrollment_id) REFERENCES moved_enrollments ON DELETE CASCADE
);
CREATE INDEX withdrawn_work_by_enrollment ON withdrawn_work (change_id, enrollment_id);
