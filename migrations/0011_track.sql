-- Events in: one function records a batch of them for every door (HTTP, files, SQL), and `track` is the door for the
-- company's own transactions:
--
--   BEGIN; INSERT INTO shop.orders …; SELECT waypost.track('c-17', 'order_completed', '{"total": 12}'); COMMIT;
--
-- The event is there if and only if that transaction commits. Adds functions: locks nothing.

-- Events of known customers: [{"customer_id", "name", "occurred_at", "properties", "key"}]. A key seen before, in the
-- batch or ever, makes the event a duplicate. With `live`, what a journey listens for is queued in the same
-- transaction, and the workers are told when it commits.
CREATE FUNCTION record_events(batch jsonb, received timestamptz, live boolean, OUT recorded bigint, OUT heard bigint)
LANGUAGE plpgsql AS $$
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
END $$;

-- Records one event of the customer with the company's own id, who is created when unknown: an application's
-- transaction must not fail because marketing has not heard of somebody yet. False when the key was seen before.
-- `at` defaults to the start of the transaction.
CREATE FUNCTION track(customer text, event text, properties jsonb DEFAULT '{}', at timestamptz DEFAULT NULL, key text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER AS $$
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
END $$;

-- It runs with its owner's rights, so it finds our tables and nothing that a caller could put before them; and only
-- roles that were granted it may call it: GRANT USAGE ON SCHEMA waypost TO shop; GRANT EXECUTE ON FUNCTION waypost.track TO shop;
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION track(text, text, jsonb, timestamptz, text) SET search_path = pg_catalog, %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION record_events(jsonb, timestamptz, boolean) SET search_path = pg_catalog, %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION track(text, text, jsonb, timestamptz, text) FROM PUBLIC;
