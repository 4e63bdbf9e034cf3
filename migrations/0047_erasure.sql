-- A person can be erased (`waypost erase`). What figures are made of stays and belongs to nobody: messages and passages whose
-- customer is null. An address that was erased is known again by a keyed hash alone, so that a later import does not bring
-- marketing back; the key is kept sealed with WAYPOST_SECRET, not readable by whoever has the database alone.
-- Dropping NOT NULL and the constraint locks messages, enrollments and suppressions for a moment; the new constraint reads
-- suppressions once. Workers of the release before go on: they never meet a message or a passage without a customer as due.

ALTER TABLE messages ALTER COLUMN customer_id DROP NOT NULL;
ALTER TABLE enrollments ALTER COLUMN customer_id DROP NOT NULL;

-- 'erased' keeps marketing away, and nothing else: its holder was erased, and came back.
ALTER TABLE suppressions DROP CONSTRAINT suppressions_reason_is_known;
ALTER TABLE suppressions ADD CONSTRAINT suppressions_reason_is_known
  CHECK (reason IN ('bounced', 'complained', 'invalid', 'unsubscribed', 'operator', 'erased'));

-- That somebody was erased, and nothing of who: the number our own tables had for them.
CREATE TABLE erasures (
  customer_id bigint PRIMARY KEY,
  erased_at timestamptz NOT NULL
);

CREATE TABLE erased_addresses (
  -- HMAC-SHA256 of the address.
  hash bytea NOT NULL,
  -- 'id' for the company's own id of the customer: it says that they were erased, no more.
  channel text NOT NULL,
  -- What stood against the address, and stands again once it is back.
  reason text NOT NULL CONSTRAINT erased_addresses_reason_is_known
    CHECK (reason IN ('bounced', 'complained', 'invalid', 'unsubscribed', 'operator', 'erased')),
  erased_at timestamptz NOT NULL,
  PRIMARY KEY (hash, channel)
);

CREATE TABLE erasure_key (
  is_only boolean PRIMARY KEY DEFAULT true CONSTRAINT erasure_key_is_one CHECK (is_only),
  sealed bytea NOT NULL
);

-- HMAC by the two blocks that a key makes (RFC 2104), since pgcrypto may not be there.
CREATE FUNCTION keyed_hash(text text, inner_block bytea, outer_block bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sha256(outer_block || sha256(inner_block || convert_to(text, 'UTF8')))
$$;
