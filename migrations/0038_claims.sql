-- What a worker has in its hands is one row with a lease, instead of a state and a lease in each of five hundred. Its id, that
-- no other claim ever has, is the fence: a message knows by whose claim it was opened last. And what a
-- message still needs is a column of its own, so that no index changes while it goes from `sending` to `delivered`: those
-- updates stay on their page (HOT). The provider's receipt belongs to the attempt alone.
-- ACCESS EXCLUSIVE on messages while it is rewritten and its indexes are built: a minute for ten million. Stop workers of
-- an earlier version before: they claim by a state that is gone, and would only fail.

CREATE TABLE claims (
  id uuid PRIMARY KEY,
  channel text NOT NULL,
  messages bigint[] NOT NULL,
  -- By the database's clock, renewed as its messages are opened. What is `sending` when it is over becomes `unknown`.
  lease_until timestamptz NOT NULL
);

ALTER TABLE messages ADD COLUMN claim_id uuid;
INSERT INTO claims (id, channel, messages, lease_until)
SELECT gen_random_uuid(), channel, array_agg(id), max(lease_until) FROM messages WHERE state = 'sending' GROUP BY channel;
UPDATE messages SET claim_id = claims.id FROM claims WHERE state = 'sending' AND claims.channel = messages.channel;
UPDATE messages SET state = CASE WHEN attempts = 0 THEN 'planned' ELSE 'retry' END WHERE state = 'claimed';
UPDATE attempts SET receipt = messages.receipt FROM messages
WHERE messages.id = attempts.message_id AND messages.attempts = attempts.number
  AND attempts.receipt IS NULL AND messages.receipt IS NOT NULL;

DROP INDEX messages_by_journey, messages_by_receipt, messages_due, messages_leased, messages_to_fall_back, messages_unknown;
ALTER TABLE messages
  DROP CONSTRAINT messages_state_is_known,
  DROP COLUMN fence,
  DROP COLUMN lease_until,
  DROP COLUMN receipt,
  ADD COLUMN needs text GENERATED ALWAYS AS (
    CASE WHEN state IN ('planned', 'retry') THEN 'delivery'
         WHEN state = 'unknown' THEN 'resolution'
         WHEN fallback IS NOT NULL AND state IN ('bounced', 'failed', 'suppressed') THEN 'fallback' END) STORED,
  ADD CONSTRAINT messages_state_is_known CHECK (state IN
    ('planned', 'sending', 'accepted', 'delivered', 'bounced', 'suppressed', 'expired', 'failed', 'retry', 'unknown'));
CREATE INDEX messages_due ON messages (channel, class, due_at) WHERE needs = 'delivery';
CREATE INDEX messages_unknown ON messages (sent_at) WHERE needs = 'resolution';
CREATE INDEX messages_to_fall_back ON messages (id) WHERE needs = 'fallback';
CREATE INDEX messages_by_journey ON messages (journey_id, step);

CREATE INDEX attempts_by_receipt ON attempts (receipt) WHERE receipt IS NOT NULL;
-- Only ever written beside its message, in one statement: looking the message up once more for each call is a tenth of that.
ALTER TABLE attempts DROP CONSTRAINT attempts_message_id_fkey, DROP COLUMN fence;
