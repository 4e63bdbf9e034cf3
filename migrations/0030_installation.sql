-- Which database this is, and how far it has come: a restored backup or a copy is told by them and delivers nothing until
-- an operator confirms it. One row; it goes along with every dump and every snapshot, what it says of its server does not.
-- New table: locks nothing.

CREATE TABLE installation (
  is_only boolean PRIMARY KEY DEFAULT true CONSTRAINT installation_is_one CHECK (is_only),
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  -- Of the server, drawn by initdb; null where the role may not read it.
  system text,
  database_oid bigint NOT NULL,
  -- Counts on when a server leaves recovery: a failover, or a restore to a point in time.
  timeline text,
  -- Counted on by every heartbeat of a worker. What was seen outside as a higher one was lost inside.
  beat bigint NOT NULL DEFAULT 0,
  beat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Set when it was found to be restored, until that is confirmed.
  restored_at timestamptz,
  restored_why text
);
