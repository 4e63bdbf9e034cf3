-- What customers allow. `consents` is the append-only proof (GDPR article 7(1)); `current_consents` is its newest line
-- per customer, channel and topic, kept by a trigger so that the two cannot drift.
-- New tables: locks nothing.

CREATE TABLE consents (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  -- '*' means every channel, every topic.
  channel text NOT NULL,
  topic text NOT NULL,
  state text NOT NULL CONSTRAINT consents_state_is_known CHECK (state IN ('granted', 'withdrawn')),
  -- How it was given or withdrawn: import, form, api, one_click, preferences, sms_keyword, provider_report, operator.
  method text NOT NULL,
  source text,
  text_version text,
  ip inet,
  actor text,
  occurred_at timestamptz NOT NULL,
  -- Implied consent ends (CASL: two years after a purchase, six months after an enquiry).
  expires_at timestamptz
);
CREATE INDEX consents_by_customer ON consents (customer_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: add a row instead of changing one', TG_TABLE_NAME;
END $$;
CREATE TRIGGER consents_are_append_only BEFORE UPDATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE current_consents (
  customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  channel text NOT NULL,
  topic text NOT NULL,
  state text NOT NULL,
  consent_id bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (customer_id, channel, topic)
);

CREATE FUNCTION keep_current_consents() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO current_consents AS kept (customer_id, channel, topic, state, consent_id, occurred_at, expires_at)
  SELECT DISTINCT ON (customer_id, channel, topic) customer_id, channel, topic, state, id, occurred_at, expires_at
  FROM added
  ORDER BY customer_id, channel, topic, occurred_at DESC, id DESC
  ON CONFLICT (customer_id, channel, topic) DO UPDATE
    SET state = excluded.state, consent_id = excluded.consent_id, occurred_at = excluded.occurred_at, expires_at = excluded.expires_at
    WHERE (kept.occurred_at, kept.consent_id) < (excluded.occurred_at, excluded.consent_id);
  RETURN NULL;
END $$;
CREATE TRIGGER consents_keep_current AFTER INSERT ON consents
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION keep_current_consents();

-- The consent row that decides for a channel and topic at an instant: the newest among the exact and the '*' rows.
-- No row is no consent. A withdrawal wins over a grant of the same instant.
CREATE FUNCTION deciding_consent(of_customer bigint, on_channel text, about_topic text, at timestamptz)
RETURNS TABLE (consent_id bigint, granted boolean)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT consent_id, state = 'granted' AND (expires_at IS NULL OR expires_at > at)
  FROM current_consents
  WHERE customer_id = of_customer AND channel IN (on_channel, '*') AND topic IN (about_topic, '*')
  ORDER BY occurred_at DESC, state DESC, consent_id DESC
  LIMIT 1
$$;

-- Addresses that must not be used, whoever they belong to.
CREATE TABLE suppressions (
  channel text NOT NULL,
  address text NOT NULL,
  reason text NOT NULL CONSTRAINT suppressions_reason_is_known CHECK (reason IN ('bounced', 'complained', 'invalid', 'unsubscribed', 'operator')),
  detail text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (channel, address)
);
