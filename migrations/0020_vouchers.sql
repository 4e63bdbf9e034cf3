-- Codes of vouchers, by pool, and which passage through a journey each was handed out to. How a pool is redeemed is
-- kept beside them, since events are queued by name before anybody reads the configuration.
-- New tables: lock nothing.

CREATE TABLE voucher_pools (
  name text PRIMARY KEY,
  -- The event that says a code was used, and the property that holds the code.
  redeemed_by text NOT NULL DEFAULT 'voucher_redeemed',
  property text NOT NULL DEFAULT 'code',
  -- Fewer free codes than this are worth a warning.
  low integer NOT NULL DEFAULT 0
);

CREATE TABLE vouchers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pool text NOT NULL REFERENCES voucher_pools,
  code text NOT NULL,
  -- Of the code itself, or of the step that handed it out, whichever is first.
  expires_at timestamptz NOT NULL DEFAULT 'infinity',
  added_at timestamptz NOT NULL,
  handed_out_at timestamptz,
  -- Null again when the passage is erased; the code stays used up.
  enrollment_id bigint REFERENCES enrollments ON DELETE SET NULL,
  step text,
  occurrence integer,
  redeemed_at timestamptz,
  redeemed_event_id bigint,
  CONSTRAINT vouchers_code_once UNIQUE (pool, code),
  -- The law: one code for each time a passage comes to the step.
  CONSTRAINT vouchers_once UNIQUE (enrollment_id, step, occurrence),
  CONSTRAINT vouchers_handed_out_to_somebody CHECK ((handed_out_at IS NULL) = (step IS NULL) AND (step IS NULL) = (occurrence IS NULL))
) WITH (fillfactor = 85);
-- Those that spoil first are handed out first.
CREATE INDEX vouchers_free ON vouchers (pool, expires_at, id) WHERE handed_out_at IS NULL;
