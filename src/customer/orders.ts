import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Merged, Relation } from "./people.ts";
import { mergeProducts } from "./products.ts";

/**
 * Writes rows of orders, one per line (n, customer_id, order_number, ordered_at, status, total, currency, order_attributes,
 * line, product, product_name, product_category, quantity, unit_price, line_attributes), into `orders`, their lines and products.
 *
 * Rows of one number are one order: placed at the earliest of their times, later rows win in the rest. Without a given
 * total it is the sum of all its lines; without a given status a negative one is a return. Lines of an
 * earlier import that the rows do not name stay.
 */
export async function mergeOrders(database: Database, rows: Relation, now: Date): Promise<Merged> {
  await mergeProducts(
    database,
    sql`SELECT n, product AS external_id, product_name AS name, product_category AS category, NULL::numeric AS price,
      NULL::text AS currency, NULL::text AS url, NULL::jsonb AS attributes FROM (${rows}) r WHERE product IS NOT NULL`,
    now,
  );
  const heads = await mergeHeads(database, rows, now);
  const lines = await mergeLines(database, rows);
  await addUp(database, lines, now);
  const inserted = new Set(heads.filter(({ is_new: isNew }) => isNew).map(({ id }) => id));
  const touched = new Set([...heads.map(({ id }) => id), ...lines.map(({ order_id: id }) => id)]);
  return { inserted: inserted.size, updated: touched.size - inserted.size };
}

/** Held within what the column takes: an absurd order must not stop the sound ones beside it. */
function sumOf(amount: string) {
  return sql.raw(`least(greatest(sum(${amount}), -9999999999), 9999999999)`);
}

async function mergeHeads(
  database: Database,
  rows: Relation,
  now: Date,
): Promise<{ id: string; is_new: boolean }[]> {
  const last = (column: string) =>
    sql.raw(`(array_agg(${column} ORDER BY n DESC) FILTER (WHERE ${column} IS NOT NULL))[1]`);
  const result = await sql<{ id: string; is_new: boolean }>`
    WITH given AS MATERIALIZED (${rows}),
    merged_attributes AS (
      SELECT order_number, jsonb_object_agg(key, value ORDER BY n) AS attributes FROM given, jsonb_each(order_attributes) GROUP BY order_number
    ),
    heads AS MATERIALIZED (
      SELECT order_number, ${last("customer_id")} AS customer_id, min(ordered_at) AS ordered_at, ${last("status")} AS status,
        round(${last("total")}, 4) AS total, coalesce(${sumOf("round(quantity, 4) * round(unit_price, 4)")}, 0) AS sum, ${last("currency")} AS currency
      FROM given GROUP BY order_number
    )
    INSERT INTO orders AS o (external_id, customer_id, ordered_at, status, total, currency, attributes, created_at, updated_at)
    SELECT h.order_number, h.customer_id, h.ordered_at,
      coalesce(h.status, was.status, CASE WHEN coalesce(h.total, h.sum) < 0 THEN 'returned' ELSE 'completed' END),
      coalesce(h.total, was.total, h.sum), h.currency, coalesce(a.attributes, '{}'), ${now}::timestamptz, ${now}::timestamptz
    FROM heads h LEFT JOIN merged_attributes a USING (order_number) LEFT JOIN orders was ON was.external_id = h.order_number
    ORDER BY h.order_number
    ON CONFLICT (external_id) DO UPDATE SET customer_id = excluded.customer_id, ordered_at = excluded.ordered_at, status = excluded.status,
      total = excluded.total, currency = excluded.currency, attributes = o.attributes || excluded.attributes, updated_at = excluded.updated_at
      WHERE (o.customer_id, o.ordered_at, o.status, o.total, o.currency, o.attributes || excluded.attributes)
        IS DISTINCT FROM (excluded.customer_id, excluded.ordered_at, excluded.status, excluded.total, excluded.currency, o.attributes)
    RETURNING id, xmax = 0 AS is_new`.execute(database);
  return result.rows;
}

/** An order whose lines are not what they were. */
interface ChangedOrder {
  readonly order_id: string;
  /** Nobody gave its total. */
  readonly is_summed: boolean;
}

/**
 * A line is known by its number, where the rows give one, else by its product and its place among the order's lines of
 * that product; so a file imported again finds its lines, and a mended row that was left out joins the others.
 */
async function mergeLines(database: Database, rows: Relation): Promise<ChangedOrder[]> {
  const result = await sql<ChangedOrder>`
    WITH placed AS MATERIALIZED (
      SELECT o.id AS order_id, p.id AS product_id, r.n, r.line, r.total, r.quantity, r.unit_price, coalesce(r.line_attributes, '{}') AS attributes,
        row_number() OVER (PARTITION BY o.id, p.id ORDER BY r.n) AS nth
      FROM (${rows}) r JOIN orders o ON o.external_id = r.order_number LEFT JOIN products p ON p.external_id = r.product
      WHERE r.quantity IS NOT NULL
    ),
    known AS MATERIALIZED (
      SELECT order_id, line, product_id, row_number() OVER (PARTITION BY order_id, product_id ORDER BY line) AS nth
      FROM order_lines WHERE order_id IN (SELECT order_id FROM placed)
    ),
    highest AS (SELECT order_id, max(line) AS line FROM (SELECT order_id, line FROM known UNION ALL SELECT order_id, line FROM placed) l GROUP BY order_id),
    matched AS (
      SELECT p.*, coalesce(p.line, k.line) AS known_line FROM placed p
      LEFT JOIN known k ON p.line IS NULL AND k.order_id = p.order_id AND k.nth = p.nth AND k.product_id IS NOT DISTINCT FROM p.product_id
    ),
    numbered AS (
      SELECT m.order_id, m.n, m.product_id, m.quantity, m.unit_price, m.attributes,
        coalesce(m.known_line, coalesce(h.line, 0) + row_number() OVER (PARTITION BY m.order_id, m.known_line IS NULL ORDER BY m.n)) AS line
      FROM matched m LEFT JOIN highest h USING (order_id)
    ),
    written AS (
    INSERT INTO order_lines AS l (order_id, line, product_id, quantity, unit_price, attributes)
    SELECT DISTINCT ON (order_id, line) order_id, line, product_id, quantity, unit_price, attributes FROM numbered ORDER BY order_id, line, n DESC
    ON CONFLICT (order_id, line) DO UPDATE SET product_id = coalesce(excluded.product_id, l.product_id), quantity = excluded.quantity,
      unit_price = excluded.unit_price, attributes = l.attributes || excluded.attributes
      WHERE (coalesce(excluded.product_id, l.product_id), excluded.quantity, excluded.unit_price, l.attributes || excluded.attributes)
        IS DISTINCT FROM (l.product_id, l.quantity, l.unit_price, l.attributes)
    RETURNING order_id
    )
    SELECT order_id, count(p.total) = 0 AS is_summed FROM (SELECT DISTINCT order_id FROM written) w
    JOIN placed p USING (order_id) GROUP BY order_id`.execute(database);
  return result.rows;
}

/** Totals that nobody gave are the sums of the lines in the table, which may be more than the rows just read. */
async function addUp(
  database: Database,
  changed: readonly ChangedOrder[],
  now: Date,
): Promise<void> {
  if (changed.length === 0) return;
  const ids = changed.map(({ order_id: id }) => id);
  const summed = changed.flatMap(({ order_id: id, is_summed: isSummed }) => (isSummed ? id : []));
  await sql`
    WITH sums AS MATERIALIZED (
      SELECT order_id, round(${sumOf("quantity * unit_price")}, 4) AS total FROM order_lines
      WHERE order_id = ANY(${summed}::bigint[]) GROUP BY order_id
    )
    UPDATE orders o SET total = coalesce(s.total, o.total), updated_at = ${now}::timestamptz
    FROM unnest(${ids}::bigint[]) AS c (id) LEFT JOIN sums s ON s.order_id = c.id
    WHERE o.id = c.id AND (o.total <> s.total OR o.updated_at < ${now}::timestamptz)`.execute(
    database,
  );
}
