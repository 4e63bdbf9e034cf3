-- Lines on the lists that agents work through, each from a `task` step that waits for its outcome.
-- New table: locks nothing.

CREATE TABLE tasks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enrollment_id bigint NOT NULL REFERENCES enrollments ON DELETE CASCADE,
  journey_id integer NOT NULL REFERENCES journeys,
  version_id integer NOT NULL REFERENCES journey_versions,
  step text NOT NULL,
  occurrence integer NOT NULL,
  list text NOT NULL,
  -- What to do.
  text text NOT NULL,
  -- What may come of it, as the step names them.
  outcomes text[] NOT NULL,
  state text NOT NULL DEFAULT 'open' CONSTRAINT tasks_state_is_known CHECK (state IN ('open', 'done', 'timed_out', 'withdrawn')),
  outcome text,
  note text,
  -- Who recorded the outcome.
  done_by text,
  made_at timestamptz NOT NULL,
  -- Then the passage goes on without it.
  until timestamptz NOT NULL,
  finished_at timestamptz,
  CONSTRAINT tasks_once UNIQUE (enrollment_id, step, occurrence),
  CONSTRAINT tasks_done_have_an_outcome CHECK ((state = 'done') = (outcome IS NOT NULL))
);
CREATE INDEX tasks_open ON tasks (list, until, id) WHERE state = 'open';
