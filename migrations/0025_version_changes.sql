-- Which version of a journey was put in force when, and whom that moved to another version and from where: what a
-- rollback needs to bring them back, and what a plan refuses to go against.
-- New tables: locks nothing.

CREATE TABLE version_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  journey_id integer NOT NULL REFERENCES journeys,
  -- The version in force before, null for the first; the same as `to_version_id` when only customers moved.
  from_version_id integer REFERENCES journey_versions,
  to_version_id integer NOT NULL REFERENCES journey_versions,
  kind text NOT NULL CONSTRAINT version_changes_kind_is_known CHECK (kind IN ('applied', 'rolled back')),
  at timestamptz NOT NULL,
  -- The rollback that undid this change.
  undone_by bigint REFERENCES version_changes
);
CREATE INDEX version_changes_by_journey ON version_changes (journey_id, id);

-- Where customers stood before a change moved them, and where it put them.
CREATE TABLE moved_enrollments (
  change_id bigint NOT NULL REFERENCES version_changes,
  enrollment_id bigint NOT NULL REFERENCES enrollments ON DELETE CASCADE,
  from_version_id integer NOT NULL REFERENCES journey_versions,
  from_state text NOT NULL,
  from_step text NOT NULL,
  from_due_at timestamptz,
  from_awaiting text,
  from_reason text,
  from_moved_at timestamptz NOT NULL,
  to_state text NOT NULL,
  to_step text NOT NULL,
  to_due_at timestamptz,
  to_awaiting text,
  brought_back_at timestamptz,
  PRIMARY KEY (change_id, enrollment_id)
);
CREATE INDEX moved_enrollments_by_enrollment ON moved_enrollments (enrollment_id);
