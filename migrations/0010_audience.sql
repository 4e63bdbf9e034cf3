-- Numbers and dates out of JSON text, for conditions on attributes and properties. What is neither is null and raises
-- nothing: one dirty value must not end a statement over a million customers. Plain SQL expressions, so that Postgres
-- inlines them, costs and parallel plans included (an exception block in plpgsql would take both away; pg_input_is_valid
-- is younger than Postgres 15).
-- New functions: locks nothing.

-- "12", " -1.50", "1e3". Digits are limited so that no text overflows the type.
CREATE FUNCTION as_number(given text) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN given ~ '^\s*[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,2})?\s*$' THEN given::numeric END
$$;

-- ISO 8601: "2026-01-31", "2026-01-31T10:30", "2026-01-31 10:30:00.5+01:00". Without a zone it is the session's, which
-- is UTC. The pattern knows the lengths of the months, leap years included, since the cast would raise on February 30.
CREATE FUNCTION as_instant(given text) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN given ~ ('^(?!0000)('
    '\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))'
    '|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)'
    '([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?)?$')
  THEN given::timestamptz END
$$;
