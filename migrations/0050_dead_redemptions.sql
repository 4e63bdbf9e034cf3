-- An event that says a voucher was used, and that could not be noted there, is kept as well: for no journey, but for the vouchers.
-- ACCESS EXCLUSIVE on dead_events for a moment: no column changes its form, and few events are dead. Workers of the release before
-- pass over such rows.

ALTER TABLE dead_events
  ALTER COLUMN journey_id DROP NOT NULL,
  ALTER COLUMN version_id DROP NOT NULL,
  ADD CONSTRAINT dead_events_for_a_version CHECK ((journey_id IS NULL) = (version_id IS NULL));
CREATE UNIQUE INDEX dead_events_once_for_vouchers ON dead_events (event_id) WHERE journey_id IS NULL;
