-- Splits that look for a winner: who took which arm and when, until it is found, and which arm it was. Without a
-- version, so that an edit elsewhere in the journey does not begin the trial anew.
-- New tables: lock nothing.

CREATE TABLE split_customers (
  journey_id integer NOT NULL REFERENCES journeys,
  step text NOT NULL,
  customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  -- The passage in which the arm was taken.
  enrollment_id bigint NOT NULL REFERENCES enrollments ON DELETE CASCADE,
  arm text NOT NULL,
  assigned_at timestamptz NOT NULL,
  PRIMARY KEY (journey_id, step, customer_id)
);
CREATE INDEX split_customers_by_customer ON split_customers (customer_id);

CREATE TABLE split_winners (
  journey_id integer NOT NULL REFERENCES journeys,
  step text NOT NULL,
  arm text NOT NULL,
  decided_at timestamptz NOT NULL,
  -- What it was decided by: {"<arm>": {"customers": 500, "reached": 61}}
  tally jsonb NOT NULL,
  PRIMARY KEY (journey_id, step)
);
