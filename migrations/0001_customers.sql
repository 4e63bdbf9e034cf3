-- Whom we know: customers, the accounts they buy for, and other identities they were seen under.
-- New tables: locks nothing.

CREATE TABLE accounts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  external_id text NOT NULL CONSTRAINT accounts_external_id_once UNIQUE,
  name text,
  domain text,
  industry text,
  employees integer,
  country char(2),
  attributes jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The company's own key. Absent for people known by an address or a cookie alone.
  external_id text CONSTRAINT customers_external_id_once UNIQUE,
  account_id bigint REFERENCES accounts,
  -- Normalised: lower case domain for e-mail, E.164 for phone. Two customers may share an address.
  email text,
  phone text,
  first_name text,
  last_name text,
  locale text,
  -- IANA zone; null when unknown.
  zone text,
  country char(2),
  city text,
  postcode text,
  birthday date,
  attributes jsonb NOT NULL DEFAULT '{}' CONSTRAINT customers_attributes_are_an_object CHECK (jsonb_typeof(attributes) = 'object'),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- Raises for a zone the server does not know, so that local times can always be worked out.
  CONSTRAINT customers_zone_is_known CHECK (timezone(zone, timestamptz '2000-01-01 00:00Z') IS NOT NULL OR zone IS NULL),
  CONSTRAINT customers_phone_is_e164 CHECK (phone ~ '^\+[1-9][0-9]{5,14}$')
);
CREATE INDEX customers_by_email ON customers (email) WHERE email IS NOT NULL;
CREATE INDEX customers_by_phone ON customers (phone) WHERE phone IS NOT NULL;
CREATE INDEX customers_by_birthday ON customers ((extract(month FROM birthday)), (extract(day FROM birthday))) WHERE birthday IS NOT NULL;

-- Other names a customer goes by: an anonymous id of a browser, a former external id after a merge.
CREATE TABLE identities (
  kind text NOT NULL,
  value text NOT NULL,
  customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (kind, value)
);
CREATE INDEX identities_by_customer ON identities (customer_id);

-- What was imported when: the terminal's history, and how fresh the data is.
CREATE TABLE imports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  file text NOT NULL,
  rows bigint NOT NULL,
  rejected bigint NOT NULL,
  inserted bigint NOT NULL,
  updated bigint NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL
);
