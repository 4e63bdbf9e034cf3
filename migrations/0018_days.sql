-- The day an attribute holds, for journeys that start on it: a day as it stands, of an instant the day it was in a zone.
-- Null for whatever is neither, so that no customer's data can break a query over all of them.
-- New function: locks nothing.

CREATE FUNCTION as_day(given text, zone text) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN as_instant(given) IS NULL THEN NULL
    WHEN length(given) = 10 THEN given::date
    ELSE (as_instant(given) AT TIME ZONE zone)::date
  END
$$;
