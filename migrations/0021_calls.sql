-- Calls to the company's own services: one row for each time a passage comes to a `call` step, with the answer.
-- planned -> claimed (lease, fence) -> answered | failed, or retry (due_at) | withdrawn (its passage was stopped)
-- New table: locks nothing.

CREATE TABLE calls (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- 128 random bits, the same at every try: webhook-id and Idempotency-Key.
  call_id uuid NOT NULL DEFAULT md5(gen_random_uuid()::text || gen_random_uuid()::text)::uuid,
  enrollment_id bigint NOT NULL REFERENCES enrollments ON DELETE CASCADE,
  journey_id integer NOT NULL REFERENCES journeys,
  -- Address, method and headers are the step's in this version.
  version_id integer NOT NULL REFERENCES journey_versions,
  step text NOT NULL,
  occurrence integer NOT NULL,
  -- As it was when the passage came to the step; null for none.
  body jsonb,
  state text NOT NULL DEFAULT 'planned' CONSTRAINT calls_state_is_known CHECK (state IN
    ('planned', 'claimed', 'answered', 'failed', 'retry', 'withdrawn')),
  reason text,
  due_at timestamptz NOT NULL,
  -- Until then it is tried.
  expires_at timestamptz NOT NULL,
  planned_at timestamptz NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  lease_until timestamptz,
  attempts smallint NOT NULL DEFAULT 0,
  -- Of the last answer, whatever it was.
  status smallint,
  -- A JSON object; what is not JSON is kept as {"text": …}.
  answer jsonb,
  finished_at timestamptz,
  CONSTRAINT calls_id_once UNIQUE (call_id),
  CONSTRAINT calls_once UNIQUE (enrollment_id, step, occurrence)
) WITH (fillfactor = 70);
CREATE INDEX calls_due ON calls (due_at) WHERE state IN ('planned', 'retry');
CREATE INDEX calls_leased ON calls (lease_until) WHERE state = 'claimed';
