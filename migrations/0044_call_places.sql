-- The rate of a channel is counted here: a call takes a place and gives it back a period later. So any period holds no
-- more calls than the rate allows, over all workers and whatever becomes of them, and what is unused can be had at once.
-- Locks nothing. Workers of the release before keep the rate among themselves and do not count here.

CREATE TABLE call_places (
  channel text NOT NULL,
  -- By the database's clock, rounded up to a thousandth of the period, so that there are never many rows.
  free_at timestamptz NOT NULL,
  places integer NOT NULL,
  PRIMARY KEY (channel, free_at)
);

CREATE FUNCTION call_place_free_at(period interval, begun_within interval) RETURNS timestamptz
LANGUAGE sql VOLATILE RETURN date_bin(period / 1000, clock_timestamp() + begun_within + period, 'epoch') + period / 1000;

-- Takes up to `wanted` of a channel's places, for calls that begin within `begin_seconds`. A function, so that the lock is
-- held while the server counts and no longer, and counting sees what was taken before.
CREATE FUNCTION take_places(of_channel text, most integer, period_seconds integer, wanted integer, begin_seconds double precision)
RETURNS TABLE (taken integer, until timestamptz) LANGUAGE plpgsql AS $$
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
END $$;
