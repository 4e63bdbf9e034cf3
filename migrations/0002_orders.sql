-- What they bought: products, orders and their lines.
-- New tables: locks nothing.

CREATE TABLE products (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  external_id text NOT NULL CONSTRAINT products_external_id_once UNIQUE,
  name text,
  category text,
  price numeric(14, 4),
  currency char(3),
  url text,
  attributes jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  external_id text NOT NULL CONSTRAINT orders_external_id_once UNIQUE,
  customer_id bigint NOT NULL REFERENCES customers,
  ordered_at timestamptz NOT NULL,
  -- A return or a cancelled sale has a total of zero or less; conditions on orders count sales unless they say otherwise.
  status text NOT NULL DEFAULT 'completed' CONSTRAINT orders_status_is_known CHECK (status IN ('completed', 'returned', 'cancelled', 'adjusted')),
  total numeric(14, 4) NOT NULL,
  currency char(3) NOT NULL,
  attributes jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX orders_by_customer ON orders (customer_id, ordered_at);

CREATE TABLE order_lines (
  order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
  line integer NOT NULL,
  product_id bigint REFERENCES products,
  quantity numeric(14, 4) NOT NULL,
  unit_price numeric(14, 4) NOT NULL,
  attributes jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (order_id, line)
);
CREATE INDEX order_lines_by_product ON order_lines (product_id) WHERE product_id IS NOT NULL;
