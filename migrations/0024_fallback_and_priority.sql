-- A message knows which channels are left to try when it does not arrive, and whose journey goes first under a cap.
-- Columns with constant defaults: ACCESS EXCLUSIVE on messages for an instant, nothing is rewritten.
-- SHARE on messages while the index is built; no row is in it yet.

ALTER TABLE messages
  -- Channels still to be tried, most wanted first; null where the step does not say so, and once it is done.
  ADD COLUMN fallback text[],
  -- Of the journey, when the message was planned.
  ADD COLUMN priority smallint NOT NULL DEFAULT 0;
CREATE INDEX messages_to_fall_back ON messages (id) WHERE fallback IS NOT NULL AND state IN ('bounced', 'failed', 'suppressed');
