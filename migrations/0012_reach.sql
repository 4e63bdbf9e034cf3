-- The address of a customer on a channel: the columns for e-mail and everything that dials a phone, and for any other
-- channel the attribute of the channel's name (`attributes.slack`).
-- New function: locks nothing.

CREATE FUNCTION address_on(channel text, email text, phone text, attributes jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN channel = 'email' THEN email WHEN channel IN ('sms', 'whatsapp', 'phone') THEN phone ELSE attributes ->> channel END
$$;
