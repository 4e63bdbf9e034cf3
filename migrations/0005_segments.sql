-- Named conditions whose members are kept, with when each entered and left.
-- New tables: locks nothing.

CREATE TABLE segments (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CONSTRAINT segments_name_once UNIQUE,
  describe text,
  -- The parsed condition, and the file it came from.
  condition jsonb NOT NULL,
  file text NOT NULL,
  size bigint NOT NULL DEFAULT 0,
  refreshed_at timestamptz,
  refresh_ms integer,
  failure text,
  removed_at timestamptz
);

CREATE TABLE segment_members (
  segment_id integer NOT NULL REFERENCES segments ON DELETE CASCADE,
  customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  entered_at timestamptz NOT NULL,
  left_at timestamptz,
  PRIMARY KEY (segment_id, customer_id, entered_at)
);
CREATE UNIQUE INDEX segment_members_once ON segment_members (segment_id, customer_id) WHERE left_at IS NULL;
CREATE INDEX segment_members_by_customer ON segment_members (customer_id);
CREATE INDEX segment_members_by_entry ON segment_members (segment_id, entered_at);
