-- What they did: events, partitioned by the month they occurred in so that old months can be dropped, and the queue of
-- events that journeys still have to react to. The queue is written in the transaction of the event itself.
-- New tables: locks nothing.

CREATE SEQUENCE event_ids;

CREATE TABLE events (
  id bigint NOT NULL DEFAULT nextval('event_ids'),
  customer_id bigint NOT NULL,
  name text NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  properties jsonb NOT NULL DEFAULT '{}' CONSTRAINT events_properties_are_an_object CHECK (jsonb_typeof(properties) = 'object'),
  PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX events_by_customer ON events (customer_id, name, occurred_at);

-- Catches what no month covers, so that no event is ever refused for its date.
CREATE TABLE events_elsewhen PARTITION OF events DEFAULT;

-- The caller's own id of an event: the same id twice is the same event. Apart from `events` because a unique
-- constraint there would have to include the time.
CREATE TABLE event_keys (
  key text PRIMARY KEY,
  received_at timestamptz NOT NULL
);

-- Event names that an applied journey starts, stops, waits or is judged by. Kept by `apply`; only these are queued.
CREATE TABLE heard_events (
  name text PRIMARY KEY
);

CREATE TABLE pending_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id bigint NOT NULL,
  customer_id bigint NOT NULL,
  name text NOT NULL,
  occurred_at timestamptz NOT NULL,
  properties jsonb NOT NULL
);

-- Makes the partition of every month from `first` to `last`. Attaching takes SHARE UPDATE EXCLUSIVE on events, so
-- reads and writes go on (CREATE TABLE … PARTITION OF would take ACCESS EXCLUSIVE); rows already in events_elsewhen for that month keep it from being made, which is reported.
CREATE FUNCTION ensure_event_months(first timestamptz, last timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT SET timezone = 'UTC' AS $$
DECLARE
  month timestamptz := date_trunc('month', first);
  made integer := 0;
  partition text;
BEGIN
  WHILE month <= last LOOP
    partition := 'events_' || to_char(month, 'YYYY_MM');
    IF to_regclass(partition) IS NULL THEN
      PERFORM pg_advisory_xact_lock(hashtext('waypost:' || current_schema() || ':' || partition));
      IF to_regclass(partition) IS NULL AND NOT EXISTS (
        SELECT FROM events_elsewhen WHERE occurred_at >= month AND occurred_at < month + interval '1 month'
      ) THEN
        EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
        EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, month, month + interval '1 month');
        made := made + 1;
      END IF;
    END IF;
    month := month + interval '1 month';
  END LOOP;
  RETURN made;
END $$;
