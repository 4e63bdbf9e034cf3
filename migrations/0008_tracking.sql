-- What came back: the inbox of raw provider requests (committed before they are acknowledged), the reports read from
-- them, and what people did with the messages.
-- New tables: locks nothing.

CREATE TABLE report_inbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider text NOT NULL,
  received_at timestamptz NOT NULL,
  -- The reports as verified and read at the door, still to be applied.
  reports jsonb NOT NULL,
  unread jsonb NOT NULL DEFAULT '[]',
  applied_at timestamptz
);
CREATE INDEX report_inbox_open ON report_inbox (id) WHERE applied_at IS NULL;

CREATE TABLE reports (
  provider text NOT NULL,
  event_id text NOT NULL,
  message_id bigint REFERENCES messages,
  kind text NOT NULL,
  at timestamptz NOT NULL,
  code text,
  detail text,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (provider, event_id)
);
CREATE INDEX reports_by_message ON reports (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE opens (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id bigint NOT NULL REFERENCES messages,
  at timestamptz NOT NULL,
  machine boolean NOT NULL,
  user_agent text
);
CREATE INDEX opens_by_message ON opens (message_id);

CREATE TABLE clicks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id bigint NOT NULL REFERENCES messages,
  link_id bigint NOT NULL REFERENCES links,
  at timestamptz NOT NULL,
  machine boolean NOT NULL,
  user_agent text
);
CREATE INDEX clicks_by_message ON clicks (message_id);
