-- Written by `npm run schema` from the migrated database, for reading and for review. A test compares them.
-- Nothing runs it: the files beside it build the schema.

CREATE SEQUENCE event_ids;

CREATE TABLE accounts (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  external_id text NOT NULL,
  name text,
  domain text,
  industry text,
  employees integer,
  country character(2),
  attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  CONSTRAINT accounts_external_id_once UNIQUE (external_id)
);

CREATE TABLE api_keys (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  hash bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  CONSTRAINT api_keys_pkey PRIMARY KEY (id),
  CONSTRAINT api_keys_hash_once UNIQUE (hash)
);

CREATE TABLE applied_templates (
  file text NOT NULL,
  hash text NOT NULL,
  noted_at timestamp with time zone NOT NULL,
  CONSTRAINT applied_templates_pkey PRIMARY KEY (file)
);

CREATE TABLE attempts (
  message_id bigint NOT NULL,
  number smallint NOT NULL,
  provider text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  outcome text,
  code text,
  detail text,
  receipt text,
  opened_at timestamp with time zone,
  text_sha256 bytea,
  CONSTRAINT attempts_outcome_is_known CHECK (outcome = ANY (ARRAY['accepted'::text, 'later'::text, 'refused'::text, 'unknown'::text, 'misconfigured'::text])),
  CONSTRAINT attempts_pkey PRIMARY KEY (message_id, number)
);
CREATE INDEX attempts_by_receipt ON attempts USING btree (receipt) WHERE receipt IS NOT NULL;

CREATE TABLE call_places (
  channel text NOT NULL,
  free_at timestamp with time zone NOT NULL,
  places integer NOT NULL,
  CONSTRAINT call_places_pkey PRIMARY KEY (channel, free_at)
);

CREATE TABLE calls (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  call_id uuid DEFAULT (md5(((gen_random_uuid())::text || (gen_random_uuid())::text)))::uuid NOT NULL,
  enrollment_id bigint NOT NULL,
  journey_id integer NOT NULL,
  version_id integer NOT NULL,
  step text NOT NULL,
  occurrence integer NOT NULL,
  body jsonb,
  state text DEFAULT 'planned'::text NOT NULL,
  reason text,
  due_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  planned_at timestamp with time zone NOT NULL,
  fence bigint DEFAULT 0 NOT NULL,
  lease_until timestamp with time zone,
  attempts smallint DEFAULT 0 NOT NULL,
  status smallint,
  answer jsonb,
  finished_at timestamp with time zone,
  CONSTRAINT calls_state_is_known CHECK (state = ANY (ARRAY['planned'::text, 'claimed'::text, 'answered'::text, 'failed'::text, 'retry'::text, 'withdrawn'::text])),
  CONSTRAINT calls_enrollment_id_fkey FOREIGN KEY (enrollment_id) REFERENCES enrollments(id) ON DELETE CASCADE,
  CONSTRAINT calls_journey_id_fkey FOREIGN KEY (journey_id) REFERENCES journeys(id),
  CONSTRAINT calls_version_id_fkey FOREIGN KEY (version_id) REFERENCES journey_versions(id),
  CONSTRAINT calls_pkey PRIMARY KEY (id),
  CONSTRAINT calls_id_once UNIQUE (call_id),
  CONSTRAINT calls_once UNIQUE (enrollment_id, step, occurrence)
) WITH (fillfactor=70);
CREATE INDEX calls_due ON calls USING btree (due_at) WHERE state = ANY (ARRAY['planned'::text, 'retry'::text]);
CREATE INDEX calls_leased ON calls USING btree (lease_until) WHERE state = 'claimed'::text;

CREATE TABLE channels (
  name text NOT NULL,
  provider text NOT NULL,
  throttled_until timestamp with time zone,
  paused_at timestamp with time zone,
  reason text,
  changed_at timestamp with time zone NOT NULL,
  resumed_at timestamp with time zone,
  CONSTRAINT channels_pkey PRIMARY KEY (name)
);

CREATE TABLE claims (
  id uuid NOT NULL,
  channel text NOT NULL,
  messages bigint[] NOT NULL,
  lease_until timestamp with time zone NOT NULL,
  CONSTRAINT claims_pkey PRIMARY KEY (id)
);

CREATE TABLE clicks (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  message_id bigint NOT NULL,
  link_id bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  machine boolean NOT NULL,
  user_agent text,
  CONSTRAINT clicks_link_id_fkey FOREIGN KEY (link_id) REFERENCES links(id),
  CONSTRAINT clicks_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
  CONSTRAINT clicks_pkey PRIMARY KEY (id)
);
CREATE INDEX clicks_by_message ON clicks USING btree (message_id);

CREATE TABLE consents (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  customer_id bigint NOT NULL,
  channel text NOT NULL,
  topic text NOT NULL,
  state text NOT NULL,
  method text NOT NULL,
  source text,
  text_version text,
  ip inet,
  actor text,
  occurred_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  CONSTRAINT consents_state_is_known CHECK (state = ANY (ARRAY['granted'::text, 'withdrawn'::text])),
  CONSTRAINT consents_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE,
  CONSTRAINT consents_pkey PRIMARY KEY (id)
);
CREATE INDEX consents_by_customer ON consents USING btree (customer_id);

CREATE TABLE current_consents (
  customer_id bigint NOT NULL,
  channel text NOT NULL,
  topic text NOT NULL,
  state text NOT NULL,
  consent_id bigint NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  CONSTRAINT current_consents_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE,
  CONSTRAINT current_consents_pkey PRIMARY KEY (customer_id, channel, topic)
);

CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  external_id text,
  account_id bigint,
  email text,
  phone text,
  first_name text,
  last_name text,
  locale text,
  zone text,
  country character(2),
  city text,
  postcode text,
  birthday date,
  attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  merged_into bigint,
  CONSTRAINT customers_attributes_are_an_object CHECK (jsonb_typeof(attributes) = 'object'::text),
  CONSTRAINT customers_phone_is_e164 CHECK (phone ~ '^\+[1-9][0-9]{5,14}$'::text),
  CONSTRAINT customers_zone_is_known CHECK (timezone(zone, '2000-01-01 00:00:00+00'::timestamp with time zone) IS NOT NULL OR zone IS NULL),
  CONSTRAINT customers_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id),
  CONSTRAINT customers_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES customers(id) ON DELETE SET NULL,
  CONSTRAINT customers_pkey PRIMARY KEY (id),
  CONSTRAINT customers_external_id_once UNIQUE (external_id)
);
CREATE INDEX customers_by_birthday ON customers USING btree (EXTRACT(month FROM birthday), EXTRACT(day FROM birthday)) WHERE birthday IS NOT NULL;
CREATE INDEX customers_by_email ON customers USING btree (email) WHERE email IS NOT NULL;
CREATE INDEX customers_by_phone ON customers USING btree (phone) WHERE phone IS NOT NULL;
CREATE INDEX customers_merged ON customers USING btree (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE dead_events (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  journey_id integer,
  version_id integer,
  event_id bigint NOT NULL,
  customer_id bigint NOT NULL,
  name text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  properties jsonb NOT NULL,
  reason text NOT NULL,
  died_at timestamp with time zone NOT NULL,
  replayed_at timestamp with time zone,
  CONSTRAINT dead_events_for_a_version CHECK ((journey_id IS NULL) = (version_id IS NULL)),
  CONSTRAINT dead_events_journey_id_fkey FOREIGN KEY (journey_id) REFERENCES journeys(id),
  CONSTRAINT dead_events_version_id_fkey FOREIGN KEY (version_id) REFERENCES journey_versions(id),
  CONSTRAINT dead_events_pkey PRIMARY KEY (id),
  CONSTRAINT dead_events_once UNIQUE (journey_id, event_id)
);
CREATE INDEX dead_events_by_age ON dead_events USING btree (died_at);
CREATE INDEX dead_events_by_customer ON dead_events USING btree (customer_id);
CREATE UNIQUE INDEX dead_events_once_for_vouchers ON dead_events USING btree (event_id) WHERE journey_id IS NULL;
CREATE INDEX dead_events_to_replay ON dead_events USING btree (id) WHERE replayed_at IS NOT NULL;

CREATE TABLE enrollments (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  journey_id integer NOT NULL,
  version_id integer NOT NULL,
  customer_id bigint,
  entry_key text NOT NULL,
  state text DEFAULT 'entered'::text NOT NULL,
  step text,
  due_at timestamp with time zone,
  awaiting text,
  reason text,
  entry jsonb DEFAULT '{}'::jsonb NOT NULL,
  holdout boolean DEFAULT false NOT NULL,
  entered_at timestamp with time zone NOT NULL,
  moved_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  converted_at timestamp with time zone,
  conversion_value numeric(14,4),
  rounds jsonb,
  resting_at text,
  awaiting_since timestamp with time zone,
  owed_at timestamp with time zone,
  reached_before boolean,
  CONSTRAINT enrollments_finished_are_not_due CHECK ((state = ANY (ARRAY['entered'::text, 'waiting'::text])) OR due_at IS NULL),
  CONSTRAINT enrollments_open_have_a_step CHECK ((state = ANY (ARRAY['completed'::text, 'exited'::text])) OR step IS NOT NULL),
  CONSTRAINT enrollments_state_is_known CHECK (state = ANY (ARRAY['entered'::text, 'waiting'::text, 'completed'::text, 'exited'::text, 'held'::text])),
  CONSTRAINT enrollments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  CONSTRAINT enrollments_journey_id_fkey FOREIGN KEY (journey_id) REFERENCES journeys(id),
  CONSTRAINT enrollments_version_id_fkey FOREIGN KEY (version_id) REFERENCES journey_versions(id),
  CONSTRAINT enrollments_pkey PRIMARY KEY (id),
  CONSTRAINT enrollments_once_per_entry UNIQUE (customer_id, journey_id, entry_key)
) WITH (fillfactor=85);
CREATE INDEX enrollments_by_journey ON enrollments USING btree (journey_id, state, step);
CREATE INDEX enrollments_due ON enrollments USING btree (journey_id, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE erased_addresses (
  hash bytea NOT NULL,
  channel text NOT NULL,
  reason text NOT NULL,
  erased_at timestamp with time zone NOT NULL,
  CONSTRAINT erased_addresses_reason_is_known CHECK (reason = ANY (ARRAY['bounced'::text, 'complained'::text, 'invalid'::text, 'unsubscribed'::text, 'operator'::text, 'erased'::text])),
  CONSTRAINT erased_addresses_pkey PRIMARY KEY (hash, channel)
);

CREATE TABLE erasure_key (
  is_only boolean DEFAULT true NOT NULL,
  sealed bytea NOT NULL,
  CONSTRAINT erasure_key_is_one CHECK (is_only),
  CONSTRAINT erasure_key_pkey PRIMARY KEY (is_only)
);

CREATE TABLE erasures (
  customer_id bigint NOT NULL,
  erased_at timestamp with time zone NOT NULL,
  CONSTRAINT erasures_pkey PRIMARY KEY (customer_id)
);

CREATE TABLE event_keys (
  key text NOT NULL,
  received_at timestamp with time zone NOT NULL,
  CONSTRAINT event_keys_pkey PRIMARY KEY (key)
);
CREATE INDEX event_keys_by_age ON event_keys USING btree (received_at) WHERE key !~~ 'row:%'::text;

CREATE TABLE events (
  id bigint DEFAULT nextval('event_ids'::regclass) NOT NULL,
  customer_id bigint NOT NULL,
  name text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL,
  properties jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT events_properties_are_an_object CHECK (jsonb_typeof(properties) = 'object'::text),
  CONSTRAINT events_pkey PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX events_by_customer ON ONLY events USING btree (customer_id, name, occurred_at);
CREATE INDEX events_by_name ON ONLY events USING btree (name, occurred_at) INCLUDE (customer_id);

CREATE TABLE faded (
  what text NOT NULL,
  until bigint NOT NULL,
  CONSTRAINT faded_pkey PRIMARY KEY (what)
);

CREATE TABLE heard_events (
  name text NOT NULL,
  CONSTRAINT heard_events_pkey PRIMARY KEY (name)
);

CREATE TABLE identities (
  kind text NOT NULL,
  value text NOT NULL,
  customer_id bigint NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  CONSTRAINT identities_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE,
  CONSTRAINT identities_pkey PRIMARY KEY (kind, value)
);
CREATE INDEX identities_by_customer ON identities USING btree (customer_id);

CREATE TABLE imports (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text NOT NULL,
  file text NOT NULL,
  rows bigint NOT NULL,
  rejected bigint NOT NULL,
  inserted bigint NOT NULL,
  updated bigint NOT NULL,
  started_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone NOT NULL,
  CONSTRAINT imports_pkey PRIMARY KEY (id)
);

CREATE TABLE installation (
  is_only boolean DEFAULT true NOT NULL,
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  system text,
  database_oid bigint NOT NULL,
  timeline text,
  beat bigint DEFAULT 0 NOT NULL,
  beat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  restored_at timestamp with time zone,
  restored_why text,
  sent_until timestamp with time zone,
  CONSTRAINT installation_is_one CHECK (is_only),
  CONSTRAINT installation_pkey PRIMARY KEY (is_only)
);

CREATE TABLE journey_versions (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  journey_id integer NOT NULL,
  number integer NOT NULL,
  definition jsonb NOT NULL,
  source text NOT NULL,
  file text NOT NULL,
  hash text NOT NULL,
  applied_at timestamp with time zone NOT NULL,
  CONSTRAINT journey_versions_journey_id_fkey FOREIGN KEY (journey_id) REFERENCES journeys(id),
  CONSTRAINT journey_versions_pkey PRIMARY KEY (id),
  CONSTRAINT journey_versions_number_once UNIQUE (journey_id, number)
);

CREATE TABLE journeys (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  version_id integer,
  entered_until timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT journeys_state_is_known CHECK (state = ANY (ARRAY['active'::text, 'paused'::text, 'archived'::text])),
  CONSTRAINT journeys_version_exists FOREIGN KEY (version_id) REFERENCES journey_versions(id),
  CONSTRAINT journeys_pkey PRIMARY KEY (id),
  CONSTRAINT journeys_name_once UNIQUE (name)
);

CREATE TABLE links (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  url text NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT links_pkey PRIMARY KEY (id),
  CONSTRAINT links_once UNIQUE (hash)
);

CREATE TABLE login_tokens (
  hash bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  CONSTRAINT login_tokens_pkey PRIMARY KEY (hash)
);

CREATE TABLE messages (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  delivery_id uuid DEFAULT (md5(((gen_random_uuid())::text || (gen_random_uuid())::text)))::uuid NOT NULL,
  enrollment_id bigint NOT NULL,
  journey_id integer NOT NULL,
  version_id integer NOT NULL,
  customer_id bigint,
  step text NOT NULL,
  channel text NOT NULL,
  occurrence integer DEFAULT 0 NOT NULL,
  template text NOT NULL,
  class text NOT NULL,
  topic text,
  state text DEFAULT 'planned'::text NOT NULL,
  reason text,
  due_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  planned_at timestamp with time zone NOT NULL,
  attempts smallint DEFAULT 0 NOT NULL,
  strikes smallint DEFAULT 0 NOT NULL,
  provider text,
  address text,
  subject text,
  consent_id bigint,
  sent_at timestamp with time zone,
  accepted_at timestamp with time zone,
  delivered_at timestamp with time zone,
  bounced_at timestamp with time zone,
  opened_at timestamp with time zone,
  clicked_at timestamp with time zone,
  complained_at timestamp with time zone,
  unsubscribed_at timestamp with time zone,
  fallback text[],
  priority smallint DEFAULT 0 NOT NULL,
  claim_id uuid,
  needs text GENERATED ALWAYS AS (
CASE
    WHEN (state = ANY (ARRAY['planned'::text, 'retry'::text])) THEN 'delivery'::text
    WHEN (state = 'unknown'::text) THEN 'resolution'::text
    WHEN ((fallback IS NOT NULL) AND (state = ANY (ARRAY['bounced'::text, 'failed'::text, 'suppressed'::text]))) THEN 'fallback'::text
    ELSE NULL::text
END) STORED,
  off_course text GENERATED ALWAYS AS (
CASE
    WHEN (state <> ALL (ARRAY['planned'::text, 'sending'::text, 'accepted'::text, 'delivered'::text])) THEN state
    ELSE NULL::text
END) STORED,
  CONSTRAINT messages_class_is_known CHECK (class = ANY (ARRAY['marketing'::text, 'transactional'::text])),
  CONSTRAINT messages_state_is_known CHECK (state = ANY (ARRAY['planned'::text, 'sending'::text, 'accepted'::text, 'delivered'::text, 'bounced'::text, 'suppressed'::text, 'expired'::text, 'failed'::text, 'retry'::text, 'unknown'::text])),
  CONSTRAINT messages_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  CONSTRAINT messages_enrollment_id_fkey FOREIGN KEY (enrollment_id) REFERENCES enrollments(id),
  CONSTRAINT messages_pkey PRIMARY KEY (id),
  CONSTRAINT messages_delivery_id_once UNIQUE (delivery_id),
  CONSTRAINT messages_once UNIQUE (enrollment_id, step, channel, occurrence)
) WITH (fillfactor=70);
CREATE INDEX messages_by_customer ON messages USING btree (customer_id, sent_at);
CREATE INDEX messages_by_journey ON messages USING btree (journey_id, step);
CREATE INDEX messages_by_time ON messages USING brin (planned_at, sent_at) WITH (autosummarize='on');
CREATE INDEX messages_due ON messages USING btree (channel, class, journey_id, due_at) WHERE needs = 'delivery'::text;
CREATE INDEX messages_off_course ON messages USING btree (off_course, id) WHERE off_course IS NOT NULL;
CREATE INDEX messages_to_fall_back ON messages USING btree (id) WHERE needs = 'fallback'::text;
CREATE INDEX messages_unknown ON messages USING btree (class, sent_at) WHERE needs = 'resolution'::text;

CREATE TABLE moved_enrollments (
  change_id bigint NOT NULL,
  enrollment_id bigint NOT NULL,
  from_version_id integer NOT NULL,
  from_state text NOT NULL,
  from_step text NOT NULL,
  from_due_at timestamp with time zone,
  from_awaiting text,
  from_reason text,
  from_moved_at timestamp with time zone NOT NULL,
  to_state text NOT NULL,
  to_step text NOT NULL,
  to_due_at timestamp with time zone,
  to_awaiting text,
  brought_back_at timestamp with time zone,
  from_reached_before boolean,
  CONSTRAINT moved_enrollments_change_id_fkey FOREIGN KEY (change_id) REFERENCES version_changes(id),
  CONSTRAINT moved_enrollments_enrollment_id_fkey FOREIGN KEY (enrollment_id) REFERENCES enrollments(id) ON DELETE CASCADE,
  CONSTRAINT moved_enrollments_from_version_id_fkey FOREIGN KEY (from_version_id) REFERENCES journey_versions(id),
  CONSTRAINT moved_enrollments_pkey PRIMARY KEY (change_id, enrollment_id)
);
CREATE INDEX moved_enrollments_by_enrollment ON moved_enrollments USING btree (enrollment_id);

CREATE TABLE opens (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  message_id bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  machine boolean NOT NULL,
  user_agent text,
  CONSTRAINT opens_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
  CONSTRAINT opens_pkey PRIMARY KEY (id)
);
CREATE INDEX opens_by_message ON opens USING btree (message_id);

CREATE TABLE order_lines (
  order_id bigint NOT NULL,
  line integer NOT NULL,
  product_id bigint,
  quantity numeric(14,4) NOT NULL,
  unit_price numeric(14,4) NOT NULL,
  attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT order_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE,
  CONSTRAINT order_lines_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
  CONSTRAINT order_lines_pkey PRIMARY KEY (order_id, line)
);
CREATE INDEX order_lines_by_product ON order_lines USING btree (product_id) WHERE product_id IS NOT NULL;

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  external_id text NOT NULL,
  customer_id bigint NOT NULL,
  ordered_at timestamp with time zone NOT NULL,
  status text DEFAULT 'completed'::text NOT NULL,
  total numeric(14,4) NOT NULL,
  currency character(3) NOT NULL,
  attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT orders_status_is_known CHECK (status = ANY (ARRAY['completed'::text, 'returned'::text, 'cancelled'::text, 'adjusted'::text])),
  CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  CONSTRAINT orders_pkey PRIMARY KEY (id),
  CONSTRAINT orders_external_id_once UNIQUE (external_id)
);
CREATE INDEX orders_by_customer ON orders USING btree (customer_id, ordered_at);

CREATE TABLE passages (
  version_id integer NOT NULL,
  step text NOT NULL,
  next text NOT NULL,
  customers bigint NOT NULL,
  CONSTRAINT passages_version_id_fkey FOREIGN KEY (version_id) REFERENCES journey_versions(id),
  CONSTRAINT passages_pkey PRIMARY KEY (version_id, step, next)
) WITH (fillfactor=50);

CREATE TABLE pending_events (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  event_id bigint NOT NULL,
  customer_id bigint NOT NULL,
  name text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  properties jsonb NOT NULL,
  CONSTRAINT pending_events_pkey PRIMARY KEY (id)
);

CREATE TABLE products (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  external_id text NOT NULL,
  name text,
  category text,
  price numeric(14,4),
  currency character(3),
  url text,
  attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT products_pkey PRIMARY KEY (id),
  CONSTRAINT products_external_id_once UNIQUE (external_id)
);

CREATE TABLE report_inbox (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  provider text NOT NULL,
  received_at timestamp with time zone NOT NULL,
  reports json NOT NULL,
  unread jsonb DEFAULT '[]'::jsonb NOT NULL,
  applied_at timestamp with time zone,
  size integer GENERATED ALWAYS AS (json_array_length(reports)) STORED NOT NULL,
  CONSTRAINT report_inbox_pkey PRIMARY KEY (id)
);
CREATE INDEX report_inbox_by_age ON report_inbox USING btree (applied_at) WHERE applied_at IS NOT NULL;
CREATE INDEX report_inbox_open ON report_inbox USING btree (id) WHERE applied_at IS NULL;

CREATE TABLE reports (
  provider text NOT NULL,
  event_id text NOT NULL,
  message_id bigint,
  kind text NOT NULL,
  at timestamp with time zone NOT NULL,
  code text,
  detail text,
  received_at timestamp with time zone NOT NULL,
  attempt smallint,
  CONSTRAINT reports_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id),
  CONSTRAINT reports_pkey PRIMARY KEY (provider, event_id)
);
CREATE INDEX reports_by_message ON reports USING btree (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE segment_members (
  segment_id integer NOT NULL,
  customer_id bigint NOT NULL,
  entered_at timestamp with time zone NOT NULL,
  left_at timestamp with time zone,
  CONSTRAINT segment_members_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE,
  CONSTRAINT segment_members_segment_id_fkey FOREIGN KEY (segment_id) REFERENCES segments(id) ON DELETE CASCADE,
  CONSTRAINT segment_members_pkey PRIMARY KEY (segment_id, customer_id, entered_at)
);
CREATE INDEX segment_members_by_customer ON segment_members USING btree (customer_id);
CREATE INDEX segment_members_by_entry ON segment_members USING btree (segment_id, entered_at);
CREATE INDEX segment_members_by_leaving ON segment_members USING btree (segment_id, left_at) WHERE left_at IS NOT NULL;
CREATE UNIQUE INDEX segment_members_once ON segment_members USING btree (segment_id, customer_id) WHERE left_at IS NULL;

CREATE TABLE segments (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text NOT NULL,
  describe text,
  condition jsonb NOT NULL,
  file text NOT NULL,
  size bigint DEFAULT 0 NOT NULL,
  refreshed_at timestamp with time zone,
  refresh_ms integer,
  failure text,
  removed_at timestamp with time zone,
  CONSTRAINT segments_pkey PRIMARY KEY (id),
  CONSTRAINT segments_name_once UNIQUE (name)
);

CREATE TABLE sessions (
  hash bytea NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT sessions_pkey PRIMARY KEY (hash)
);

CREATE TABLE split_customers (
  journey_id integer NOT NULL,
  step text NOT NULL,
  customer_id bigint NOT NULL,
  enrollment_id bigint NOT NULL,
  arm text NOT NULL,
  assigned_at timestamp with time zone NOT NULL,
  CONSTRAINT split_customers_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE,
  CONSTRAINT split_customers_enrollment_id_fkey FOREIGN KEY (enrollment_id) REFERENCES enrollments(id) ON DELETE CASCADE,
  CONSTRAINT split_customers_journey_id_fkey FOREIGN KEY (journey_id) REFERENCES journeys(id),
  CONSTRAINT split_customers_pkey PRIMARY KEY (journey_id, step, customer_id)
);
CREATE INDEX split_customers_by_customer ON split_customers USING btree (customer_id);

CREATE TABLE split_winners (
  journey_id integer NOT NULL,
  step text NOT NULL,
  arm text NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  tally jsonb NOT NULL,
  CONSTRAINT split_winners_journey_id_fkey FOREIGN KEY (journey_id) REFERENCES journeys(id),
  CONSTRAINT split_winners_pkey PRIMARY KEY (journey_id, step)
);

CREATE TABLE suppressions (
  channel text NOT NULL,
  address text NOT NULL,
  reason text NOT NULL,
  detail text,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT suppressions_reason_is_known CHECK (reason = ANY (ARRAY['bounced'::text, 'complained'::text, 'invalid'::text, 'unsubscribed'::text, 'operator'::text, 'erased'::text])),
  CONSTRAINT suppressions_pkey PRIMARY KEY (channel, address)
);

CREATE TABLE tasks (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  enrollment_id bigint NOT NULL,
  journey_id integer NOT NULL,
  version_id integer NOT NULL,
  step text NOT NULL,
  occurrence integer NOT NULL,
  list text NOT NULL,
  text text NOT NULL,
  outcomes text[] NOT NULL,
  state text DEFAULT 'open'::text NOT NULL,
  outcome text,
  note text,
  done_by text,
  made_at timestamp with time zone NOT NULL,
  until timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  CONSTRAINT tasks_done_have_an_outcome CHECK ((state = 'done'::text) = (outcome IS NOT NULL)),
  CONSTRAINT tasks_state_is_known CHECK (state = ANY (ARRAY['open'::text, 'done'::text, 'timed_out'::text, 'withdrawn'::text])),
  CONSTRAINT tasks_enrollment_id_fkey FOREIGN KEY (enrollment_id) REFERENCES enrollments(id) ON DELETE CASCADE,
  CONSTRAINT tasks_journey_id_fkey FOREIGN KEY (journey_id) REFERENCES journeys(id),
  CONSTRAINT tasks_version_id_fkey FOREIGN KEY (version_id) REFERENCES journey_versions(id),
  CONSTRAINT tasks_pkey PRIMARY KEY (id),
  CONSTRAINT tasks_once UNIQUE (enrollment_id, step, occurrence)
);
CREATE INDEX tasks_open ON tasks USING btree (list, until, id) WHERE state = 'open'::text;

CREATE TABLE version_changes (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  journey_id integer NOT NULL,
  from_version_id integer,
  to_version_id integer NOT NULL,
  kind text NOT NULL,
  at timestamp with time zone NOT NULL,
  undone_by bigint,
  CONSTRAINT version_changes_kind_is_known CHECK (kind = ANY (ARRAY['applied'::text, 'rolled back'::text])),
  CONSTRAINT version_changes_from_version_id_fkey FOREIGN KEY (from_version_id) REFERENCES journey_versions(id),
  CONSTRAINT version_changes_journey_id_fkey FOREIGN KEY (journey_id) REFERENCES journeys(id),
  CONSTRAINT version_changes_to_version_id_fkey FOREIGN KEY (to_version_id) REFERENCES journey_versions(id),
  CONSTRAINT version_changes_undone_by_fkey FOREIGN KEY (undone_by) REFERENCES version_changes(id),
  CONSTRAINT version_changes_pkey PRIMARY KEY (id)
);
CREATE INDEX version_changes_by_journey ON version_changes USING btree (journey_id, id);

CREATE TABLE voucher_pools (
  name text NOT NULL,
  redeemed_by text DEFAULT 'voucher_redeemed'::text NOT NULL,
  property text DEFAULT 'code'::text NOT NULL,
  low integer DEFAULT 0 NOT NULL,
  CONSTRAINT voucher_pools_pkey PRIMARY KEY (name)
);

CREATE TABLE vouchers (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  pool text NOT NULL,
  code text NOT NULL,
  expires_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
  added_at timestamp with time zone NOT NULL,
  handed_out_at timestamp with time zone,
  enrollment_id bigint,
  step text,
  occurrence integer,
  redeemed_at timestamp with time zone,
  redeemed_event_id bigint,
  CONSTRAINT vouchers_handed_out_to_somebody CHECK ((handed_out_at IS NULL) = (step IS NULL) AND (step IS NULL) = (occurrence IS NULL)),
  CONSTRAINT vouchers_enrollment_id_fkey FOREIGN KEY (enrollment_id) REFERENCES enrollments(id) ON DELETE SET NULL,
  CONSTRAINT vouchers_pool_fkey FOREIGN KEY (pool) REFERENCES voucher_pools(name),
  CONSTRAINT vouchers_pkey PRIMARY KEY (id),
  CONSTRAINT vouchers_code_once UNIQUE (pool, code),
  CONSTRAINT vouchers_once UNIQUE (enrollment_id, step, occurrence)
) WITH (fillfactor=85);
CREATE INDEX vouchers_free ON vouchers USING btree (pool, expires_at, id) WHERE handed_out_at IS NULL;

CREATE TABLE withdrawn_work (
  change_id bigint NOT NULL,
  enrollment_id bigint NOT NULL,
  kind text NOT NULL,
  id bigint NOT NULL,
  from_fallback text[],
  CONSTRAINT withdrawn_work_kind_is_known CHECK (kind = ANY (ARRAY['message'::text, 'call'::text, 'task'::text])),
  CONSTRAINT withdrawn_work_change_id_enrollment_id_fkey FOREIGN KEY (change_id, enrollment_id) REFERENCES moved_enrollments(change_id, enrollment_id) ON DELETE CASCADE,
  CONSTRAINT withdrawn_work_pkey PRIMARY KEY (change_id, kind, id)
);
CREATE INDEX withdrawn_work_by_enrollment ON withdrawn_work USING btree (change_id, enrollment_id);

CREATE TABLE events_elsewhen PARTITION OF events DEFAULT;

CREATE OR REPLACE FUNCTION address_on(channel text, email text, phone text, attributes jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE WHEN channel = 'email' THEN email WHEN channel IN ('sms', 'whatsapp', 'phone') THEN phone ELSE attributes ->> channel END
$function$;

CREATE OR REPLACE FUNCTION as_day(given text, zone text)
 RETURNS date
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  -- A day is read as its midnight on the session's clocks, and is that day on the same clocks again.
  SELECT (as_instant(given) AT TIME ZONE CASE WHEN length(given) = 10 THEN current_setting('TimeZone') ELSE zone END)::date
$function$;

CREATE OR REPLACE FUNCTION as_instant(given text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  SELECT CASE WHEN
    left(given, 10) ~ ('^(\d\d\d\d-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))'
      '|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$')
    AND left(given, 4) <> '0000'
    AND (length(given) = 10
      OR substr(given, 11) ~ '^[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?$' AND length(given) < 45)
  THEN given::timestamptz END
$function$;

CREATE OR REPLACE FUNCTION as_number(given jsonb)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE jsonb_typeof(given)
    WHEN 'number' THEN given::numeric
    WHEN 'string' THEN CASE
      WHEN given #>> '{}' ~ '^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d\d?)?\s*$' AND length(given #>> '{}') < 100
      THEN (given #>> '{}')::numeric
    END
  END
$function$;

CREATE OR REPLACE FUNCTION call_place_free_at(period interval, begun_within interval)
 RETURNS timestamp with time zone
 LANGUAGE sql
RETURN (date_bin((period / (1000)::double precision), ((clock_timestamp() + begun_within) + period), '1970-01-01 00:00:00+00'::timestamp with time zone) + (period / (1000)::double precision));

CREATE OR REPLACE FUNCTION deciding_consent(of_customer bigint, on_channel text, about_topic text, at timestamp with time zone)
 RETURNS TABLE(consent_id bigint, granted boolean)
 LANGUAGE sql
 STABLE
 SET search_path TO 'waypost', 'public'
AS $function$
  SELECT consent_id, state = 'granted' AND (expires_at IS NULL OR expires_at > at)
  FROM current_consents
  WHERE customer_id = of_customer AND channel IN (on_channel, '*') AND topic IN (about_topic, '*')
  ORDER BY occurred_at DESC, state DESC, consent_id DESC
  LIMIT 1
$function$;

CREATE OR REPLACE FUNCTION ensure_event_months(first timestamp with time zone, last timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'waypost', 'public'
 SET "TimeZone" TO 'UTC'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION keep_current_consents()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'waypost', 'public'
AS $function$
BEGIN
  INSERT INTO current_consents AS kept (customer_id, channel, topic, state, consent_id, occurred_at, expires_at)
  SELECT DISTINCT ON (customer_id, channel, topic) customer_id, channel, topic, state, id, occurred_at, expires_at
  FROM added
  ORDER BY customer_id, channel, topic, occurred_at DESC, id DESC
  ON CONFLICT (customer_id, channel, topic) DO UPDATE
    SET state = excluded.state, consent_id = excluded.consent_id, occurred_at = excluded.occurred_at, expires_at = excluded.expires_at
    WHERE (kept.occurred_at, kept.consent_id) < (excluded.occurred_at, excluded.consent_id);
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION keyed_hash(text text, inner_block bytea, outer_block bytea)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT sha256(outer_block || sha256(inner_block || convert_to(text, 'UTF8')))
$function$;

CREATE OR REPLACE FUNCTION record_events(batch jsonb, received timestamp with time zone, live boolean, OUT recorded bigint, OUT heard bigint)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'waypost', 'pg_temp'
AS $function$
BEGIN
  WITH given AS (
    SELECT g.value ->> 'key' AS key, (g.value ->> 'customer_id')::bigint AS customer_id, g.value ->> 'name' AS name,
      (g.value ->> 'occurred_at')::timestamptz AS occurred_at, coalesce(g.value -> 'properties', '{}') AS properties, g.ordinality AS nth
    FROM jsonb_array_elements(batch) WITH ORDINALITY g
  ),
  new_keys AS (
    INSERT INTO event_keys (key, received_at) SELECT DISTINCT g.key, received FROM given g WHERE g.key IS NOT NULL ORDER BY g.key
    ON CONFLICT DO NOTHING RETURNING event_keys.key
  ),
  firsts AS (SELECT min(g.nth) AS nth FROM given g JOIN new_keys USING (key) GROUP BY g.key),
  stored AS (
    INSERT INTO events (customer_id, name, occurred_at, received_at, properties)
    SELECT g.customer_id, g.name, g.occurred_at, received, g.properties FROM given g
    WHERE g.key IS NULL OR g.nth IN (SELECT f.nth FROM firsts f) ORDER BY g.nth
    RETURNING id, events.customer_id, events.name, events.occurred_at, events.properties
  ),
  queued AS (
    INSERT INTO pending_events (event_id, customer_id, name, occurred_at, properties)
    SELECT s.id, s.customer_id, s.name, s.occurred_at, s.properties FROM stored s JOIN heard_events h ON h.name = s.name
    WHERE live ORDER BY s.id RETURNING 1
  )
  SELECT (SELECT count(*) FROM stored), (SELECT count(*) FROM queued) INTO recorded, heard;
  IF heard > 0 THEN
    PERFORM pg_notify('waypost_events', '');
  END IF;
END $function$;

CREATE OR REPLACE FUNCTION refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '% is append-only: add a row instead of changing one', TG_TABLE_NAME;
END $function$;

CREATE OR REPLACE FUNCTION take_places(of_channel text, most integer, period_seconds integer, wanted integer, begin_seconds double precision)
 RETURNS TABLE(taken integer, until timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
DECLARE
  period CONSTANT interval := period_seconds * interval '1 second';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || ':places of ' || of_channel, 0));
  DELETE FROM call_places WHERE channel = of_channel AND free_at <= clock_timestamp();
  SELECT greatest(0, least(wanted, most - coalesce(sum(places), 0))) INTO taken FROM call_places WHERE channel = of_channel;
  until := call_place_free_at(period, begin_seconds * interval '1 second');
  IF taken > 0 THEN
    INSERT INTO call_places VALUES (of_channel, until, taken)
    ON CONFLICT (channel, free_at) DO UPDATE SET places = call_places.places + excluded.places;
  END IF;
  RETURN NEXT;
END $function$;

CREATE OR REPLACE FUNCTION track(customer text, event text, properties jsonb DEFAULT '{}'::jsonb, at timestamp with time zone DEFAULT NULL::timestamp with time zone, key text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'waypost', 'pg_temp'
AS $function$
DECLARE
  of_customer bigint;
  is_new boolean;
BEGIN
  IF coalesce(trim(customer), '') = '' OR length(customer) > 255 THEN
    RAISE EXCEPTION 'track: expected the customer''s id, got %', coalesce(quote_literal(left(customer, 40)), 'null')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Pass the id your application has for the customer, as text.';
  ELSIF coalesce(trim(event), '') = '' OR length(event) > 255 THEN
    RAISE EXCEPTION 'track: expected the name of the event, such as order_completed, got %', coalesce(quote_literal(left(event, 40)), 'null')
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF jsonb_typeof(coalesce(properties, '{}')) <> 'object' THEN
    RAISE EXCEPTION 'track: expected a JSON object of properties, got %', jsonb_typeof(properties) USING ERRCODE = 'invalid_parameter_value';
  ELSIF length(key) > 255 THEN
    RAISE EXCEPTION 'track: expected a key of at most 255 characters, got %', length(key) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT coalesce(
    (SELECT c.id FROM customers c WHERE c.external_id = trim(customer)),
    (SELECT i.customer_id FROM identities i WHERE i.kind = 'external_id' AND i.value = trim(customer))) INTO of_customer;
  IF of_customer IS NULL THEN
    -- DO UPDATE, since DO NOTHING would not return the customer another transaction just created.
    INSERT INTO customers AS c (external_id, created_at, updated_at) VALUES (trim(customer), now(), now())
    ON CONFLICT (external_id) DO UPDATE SET external_id = c.external_id RETURNING c.id INTO of_customer;
  END IF;
  SELECT r.recorded > 0 INTO is_new FROM record_events(
    jsonb_build_array(jsonb_build_object('customer_id', of_customer, 'name', trim(event), 'occurred_at', coalesce(at, now()),
      'properties', coalesce(properties, '{}'), 'key', key)), now(), true) r;
  RETURN is_new;
END $function$;

CREATE TRIGGER consents_are_append_only BEFORE UPDATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER consents_keep_current AFTER INSERT ON consents REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION keep_current_consents();

CREATE TRIGGER journey_versions_are_immutable BEFORE UPDATE ON journey_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
