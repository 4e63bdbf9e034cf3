-- Journeys, their immutable versions, and customers' passages through them.
-- New tables: locks nothing.

CREATE TABLE journeys (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT journeys_name_once UNIQUE,
  state text NOT NULL DEFAULT 'active' CONSTRAINT journeys_state_is_known CHECK (state IN ('active', 'paused', 'archived')),
  -- The version that enrols; null until the first apply commits.
  version_id integer,
  -- The last occurrence of a scheduled start, or the last segment entry, that was enrolled.
  entered_until timestamptz,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL
);

CREATE TABLE journey_versions (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  journey_id integer NOT NULL REFERENCES journeys,
  number integer NOT NULL,
  -- The parsed journey as the engine executes it, and the file's text as the operator wrote it.
  definition jsonb NOT NULL,
  source text NOT NULL,
  file text NOT NULL,
  hash text NOT NULL,
  applied_at timestamptz NOT NULL,
  CONSTRAINT journey_versions_number_once UNIQUE (journey_id, number)
);
CREATE TRIGGER journey_versions_are_immutable BEFORE UPDATE ON journey_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE journeys ADD CONSTRAINT journeys_version_exists FOREIGN KEY (version_id) REFERENCES journey_versions;

-- entered -> waiting (moves from step to step inside transactions) -> completed | exited (reason) | held (reason)
CREATE TABLE enrollments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  journey_id integer NOT NULL REFERENCES journeys,
  version_id integer NOT NULL REFERENCES journey_versions,
  customer_id bigint NOT NULL REFERENCES customers,
  -- Carries the re-entry rule: 'once', or what makes this entry a new one (event, occurrence, segment entry).
  entry_key text NOT NULL,
  state text NOT NULL DEFAULT 'entered' CONSTRAINT enrollments_state_is_known CHECK (state IN ('entered', 'waiting', 'completed', 'exited', 'held')),
  -- The step to execute at due_at; for an await, the step that waits.
  step text,
  due_at timestamptz,
  -- The event an await waits for, or null.
  awaiting text,
  reason text,
  -- Properties of the entry event, in reach of conditions and templates.
  entry jsonb NOT NULL DEFAULT '{}',
  holdout boolean NOT NULL DEFAULT false,
  entered_at timestamptz NOT NULL,
  moved_at timestamptz NOT NULL,
  finished_at timestamptz,
  converted_at timestamptz,
  conversion_value numeric(14, 4),
  -- Customer first, so that the same index answers "where is this customer?".
  CONSTRAINT enrollments_once_per_entry UNIQUE (customer_id, journey_id, entry_key),
  CONSTRAINT enrollments_open_have_a_step CHECK (state IN ('completed', 'exited') OR step IS NOT NULL),
  CONSTRAINT enrollments_finished_are_not_due CHECK (state IN ('entered', 'waiting') OR due_at IS NULL)
) WITH (fillfactor = 85);
CREATE INDEX enrollments_due ON enrollments (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX enrollments_by_journey ON enrollments (journey_id, state, step);
