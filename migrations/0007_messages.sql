-- The ledger: one row per message, one per attempt, and the URLs that messages may link to.
-- planned -> claimed (lease, fence) -> sending (attempt committed) -> accepted -> delivered | bounced
--   or suppressed (reason) | expired | failed | retry (due_at) | unknown
-- New tables: locks nothing.

CREATE TABLE messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- 128 random bits: the only identifier that leaves the house.
  delivery_id uuid NOT NULL DEFAULT md5(gen_random_uuid()::text || gen_random_uuid()::text)::uuid,
  enrollment_id bigint NOT NULL REFERENCES enrollments,
  journey_id integer NOT NULL,
  version_id integer NOT NULL,
  customer_id bigint NOT NULL REFERENCES customers,
  step text NOT NULL,
  channel text NOT NULL,
  occurrence integer NOT NULL DEFAULT 0,
  template text NOT NULL,
  class text NOT NULL CONSTRAINT messages_class_is_known CHECK (class IN ('marketing', 'transactional')),
  topic text,
  state text NOT NULL DEFAULT 'planned' CONSTRAINT messages_state_is_known CHECK (state IN
    ('planned', 'claimed', 'sending', 'accepted', 'delivered', 'bounced', 'suppressed', 'expired', 'failed', 'retry', 'unknown')),
  -- Why it is suppressed, expired, failed, held back or unknown.
  reason text,
  due_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  planned_at timestamptz NOT NULL,
  -- Raised by every claim; every later write carries it, so a worker that lost its lease writes nothing.
  fence bigint NOT NULL DEFAULT 0,
  lease_until timestamptz,
  attempts smallint NOT NULL DEFAULT 0,
  -- Attempts that count against the channel's limit; a 429 does not.
  strikes smallint NOT NULL DEFAULT 0,
  provider text,
  address text,
  subject text,
  -- The consent row that allowed it.
  consent_id bigint,
  receipt text,
  sent_at timestamptz,
  accepted_at timestamptz,
  delivered_at timestamptz,
  bounced_at timestamptz,
  opened_at timestamptz,
  clicked_at timestamptz,
  complained_at timestamptz,
  unsubscribed_at timestamptz,
  CONSTRAINT messages_delivery_id_once UNIQUE (delivery_id),
  -- The law: one message per enrollment, step, channel and occurrence.
  CONSTRAINT messages_once UNIQUE (enrollment_id, step, channel, occurrence)
) WITH (fillfactor = 70);
CREATE INDEX messages_due ON messages (channel, due_at) WHERE state IN ('planned', 'retry');
CREATE INDEX messages_leased ON messages (lease_until) WHERE state IN ('claimed', 'sending');
CREATE INDEX messages_by_customer ON messages (customer_id, sent_at);
CREATE INDEX messages_by_journey ON messages (journey_id, step, state);
CREATE INDEX messages_by_receipt ON messages (receipt) WHERE receipt IS NOT NULL;

-- One call to a provider, committed before the call is made.
CREATE TABLE attempts (
  message_id bigint NOT NULL REFERENCES messages,
  number smallint NOT NULL,
  fence bigint NOT NULL,
  provider text NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  outcome text CONSTRAINT attempts_outcome_is_known CHECK (outcome IN ('accepted', 'later', 'refused', 'unknown', 'misconfigured')),
  code text,
  detail text,
  PRIMARY KEY (message_id, number)
);

-- Every URL a rendered message links to. Redirects go to these and nowhere else.
CREATE TABLE links (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  url text NOT NULL,
  -- SHA-256 of the URL.
  hash bytea NOT NULL,
  CONSTRAINT links_once UNIQUE (hash)
);

-- A channel that is paused or throttled hands nothing over; its messages stay open.
CREATE TABLE channels (
  name text PRIMARY KEY,
  provider text NOT NULL,
  -- The provider asked for quiet until then.
  throttled_until timestamptz,
  paused_at timestamptz,
  -- 'operator', or the provider's complaint.
  reason text,
  changed_at timestamptz NOT NULL
);
