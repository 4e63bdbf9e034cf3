-- Events that one journey could not react to, while the others did: kept for it alone, until they are replayed. Before, they
-- were gone but for a line in the log. A new table: locks nothing, and workers of the release before know nothing of it.

CREATE TABLE dead_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  journey_id integer NOT NULL REFERENCES journeys,
  -- That failed. Whoever replays it lets the version react that is in force by then, and those that customers are in.
  version_id integer NOT NULL REFERENCES journey_versions,
  event_id bigint NOT NULL,
  customer_id bigint NOT NULL,
  name text NOT NULL,
  occurred_at timestamptz NOT NULL,
  -- Its own, since months of events may be dropped.
  properties jsonb NOT NULL,
  -- Why, without what the database quoted of the customer.
  reason text NOT NULL,
  died_at timestamptz NOT NULL,
  -- Set when it is to be heard once more; then it goes the next time that the journey reacts.
  replayed_at timestamptz,
  CONSTRAINT dead_events_once UNIQUE (journey_id, event_id)
);
CREATE INDEX dead_events_to_replay ON dead_events (id) WHERE replayed_at IS NOT NULL;
