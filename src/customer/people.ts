import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";

/** A relation: the text of a SELECT, with its parameters. */
export type Relation = RawBuilder<unknown>;

/** The columns of a relation of people: `n` (later ones win), then what a customer has. */
export const personColumns = [
  "external_id",
  "email",
  "phone",
  "first_name",
  "last_name",
  "locale",
  "zone",
  "country",
  "city",
  "postcode",
  "birthday",
] as const;

const fields = sql.raw(personColumns.join(", "));
/** Of `given`: all but those that the rows around it may have told. */
const others = sql.raw(
  personColumns
    .slice(2)
    .map((column) => `g.${column}`)
    .join(", "),
);
const lastOf = (column: string): string =>
  `(array_agg(${column} ORDER BY n DESC) FILTER (WHERE ${column} IS NOT NULL))[1] AS ${column}`;
const lastFields = sql.raw(personColumns.map(lastOf).join(", "));

/** Rows that name nobody by an id (or only by a telephone number) are linked with the rows of the file that do, by their address (or number). */
const linking = sql`
    id_of_email AS (
      SELECT email, min(external_id) AS external_id FROM given
      WHERE external_id IS NOT NULL AND email IN (SELECT email FROM given WHERE external_id IS NULL) GROUP BY email
    ),
    address_of_phone AS (
      SELECT DISTINCT ON (phone) phone, external_id, email FROM given
      WHERE (external_id IS NOT NULL OR email IS NOT NULL)
        AND phone IN (SELECT phone FROM given WHERE external_id IS NULL AND email IS NULL)
      ORDER BY phone, external_id, n
    ),
    linked AS MATERIALIZED (
      SELECT g.n, coalesce(g.external_id, e.external_id, f.external_id) AS external_id, coalesce(g.email, f.email) AS email, g.phone, g.known_id
      FROM given g
      LEFT JOIN id_of_email e ON g.external_id IS NULL AND e.email = g.email
      LEFT JOIN address_of_phone f ON g.external_id IS NULL AND g.email IS NULL AND f.phone = g.phone
    )`;

/** The customer in the table that each linked row means. */
const finding = sql`
    adopted AS (
      SELECT DISTINCT ON (c.id) c.id, l.external_id FROM linked l JOIN customers c ON c.email = l.email AND c.external_id IS NULL
      WHERE l.external_id IS NOT NULL AND NOT EXISTS (SELECT FROM customers x WHERE x.external_id = l.external_id)
      ORDER BY c.id, l.n
    ),
    at_email AS (
      SELECT l.n, min(c.id) AS id FROM linked l JOIN customers c ON c.email = l.email WHERE l.external_id IS NULL GROUP BY l.n
    ),
    at_phone AS (
      SELECT l.n, min(c.id) AS id FROM linked l JOIN customers c ON c.phone = l.phone AND (l.email IS NULL OR c.email IS NULL)
      WHERE l.external_id IS NULL GROUP BY l.n
    ),
    found AS (
      SELECT l.n, l.external_id, l.email, l.phone, coalesce(l.known_id, x.id, i.customer_id, a.id, m.id, t.id) AS customer_id
      FROM linked l
      LEFT JOIN customers x ON x.external_id = l.external_id
      LEFT JOIN identities i ON i.kind = 'external_id' AND i.value = l.external_id
      LEFT JOIN (SELECT external_id, min(id) AS id FROM adopted GROUP BY external_id) a ON a.external_id = l.external_id
      LEFT JOIN at_email m ON m.n = l.n
      LEFT JOIN at_phone t ON t.n = l.n
    )`;

/**
 * One row per customer out of rows that may name the same one several times. A row's customer is found by external id,
 * then e-mail address, then telephone number, in the table and among the other rows. Fields of later rows win, nulls never
 * erase. A row whose customer is known already says so by `known_id`. `customer_id` is null for those still to be created.
 * Rows of one customer have neighbouring `place`s, from 1, the first of which is the customer's: in their order the table's indexes are written side by side.
 *
 * A row with an external id takes over a customer known only by that e-mail address. A telephone number joins only
 * where one side has no e-mail address: households share telephones.
 */
export function foldPeople(rows: Relation): Relation {
  return sql`
    WITH given AS MATERIALIZED (${rows}), ${linking}, ${finding},
    keyed AS (SELECT *, coalesce('c' || customer_id, 'x' || external_id, 'e' || email, 'p' || phone) AS identity FROM found),
    counted AS MATERIALIZED (
      SELECT n, customer_id, external_id, email, identity,
        row_number() OVER (ORDER BY identity) AS place, count(*) OVER (PARTITION BY identity) > 1 AS is_repeated FROM keyed
    ),
    whole AS NOT MATERIALIZED (
      SELECT k.identity, k.is_repeated, k.place, k.n, k.customer_id, k.external_id, k.email, ${others}, g.attributes
      FROM counted k JOIN given g USING (n)
    ),
    repeated AS MATERIALIZED (SELECT * FROM whole WHERE is_repeated),
    merged_attributes AS (
      SELECT identity, jsonb_object_agg(key, value ORDER BY n) AS attributes FROM repeated, jsonb_each(attributes) GROUP BY identity
    )
    SELECT place, n, customer_id, ${fields}, coalesce(attributes, '{}') AS attributes FROM whole WHERE NOT is_repeated
    UNION ALL
    SELECT f.place, f.n, f.customer_id, ${fields}, coalesce(a.attributes, '{}') FROM (
      SELECT identity, min(place) AS place, min(n) AS n, min(customer_id) AS customer_id, ${lastFields} FROM repeated GROUP BY identity
    ) f LEFT JOIN merged_attributes a USING (identity)`;
}

export interface Merged {
  readonly inserted: number;
  readonly updated: number;
}

const kept = sql.raw(
  personColumns
    .slice(1)
    .map((column) => `${column} = coalesce(p.${column}, c.${column})`)
    .join(", "),
);
const after = sql.raw(
  personColumns
    .slice(1)
    .map((column) => `coalesce(p.${column}, c.${column})`)
    .join(", "),
);
const before = sql.raw(
  personColumns
    .slice(1)
    .map((column) => `c.${column}`)
    .join(", "),
);
const onConflict = sql.raw(
  personColumns
    .slice(1)
    .map((column) => `${column} = coalesce(excluded.${column}, c.${column})`)
    .join(", "),
);

/**
 * Writes folded people into `customers`: those found are changed where they differ, the others created. What does not
 * differ is not touched. Rows are locked in the order of their ids, so that two merges wait and do not deadlock.
 */
export async function mergePeople(
  database: Database,
  folded: Relation,
  now: Date,
): Promise<Merged> {
  const result = await sql<{ inserted: string; updated: string }>`
    WITH people AS MATERIALIZED (${folded}),
    changing AS MATERIALIZED (
      SELECT p.* FROM people p CROSS JOIN LATERAL (SELECT * FROM customers WHERE id = p.customer_id OFFSET 0) c
      WHERE (c.external_id IS NULL AND p.external_id IS NOT NULL) OR (${after}) IS DISTINCT FROM (${before})
        OR c.attributes || p.attributes <> c.attributes
    ),
    locked AS MATERIALIZED (
      SELECT id FROM customers WHERE id = ANY (ARRAY(SELECT customer_id FROM changing)) ORDER BY id FOR NO KEY UPDATE
    ),
    updated AS (
      UPDATE customers c SET external_id = coalesce(c.external_id, p.external_id), ${kept},
        attributes = c.attributes || p.attributes, updated_at = ${now}::timestamptz
      FROM changing p JOIN locked l ON l.id = p.customer_id WHERE c.id = p.customer_id RETURNING 1
    ),
    inserted AS (
      INSERT INTO customers AS c (${fields}, attributes, created_at, updated_at)
      SELECT ${fields}, attributes, ${now}::timestamptz, ${now}::timestamptz FROM people WHERE customer_id IS NULL
      ORDER BY external_id, n
      ON CONFLICT (external_id) DO UPDATE SET ${onConflict}, attributes = c.attributes || excluded.attributes, updated_at = excluded.updated_at
      RETURNING 1
    )
    SELECT (SELECT count(*) FROM inserted) AS inserted, (SELECT count(*) FROM updated) AS updated`.execute(
    database,
  );
  const [row] = result.rows;
  return { inserted: Number(row?.inserted ?? 0), updated: Number(row?.updated ?? 0) };
}

/**
 * The customer each row of a relation `s` means, as a lateral join named `who`: by external id, else by e-mail address,
 * else by telephone number, as `foldPeople` has it. To be used once the people of the rows are merged.
 */
export const customerOfRow = sql`LATERAL (
  SELECT customer_id FROM (
    SELECT id AS customer_id, 1 AS rank FROM customers c WHERE c.external_id = s.external_id
    UNION ALL SELECT i.customer_id, 2 FROM identities i WHERE i.kind = 'external_id' AND i.value = s.external_id
    UNION ALL SELECT id, 3 FROM customers c WHERE s.external_id IS NULL AND c.email = s.email
    UNION ALL SELECT id, 4 FROM customers c WHERE s.external_id IS NULL AND c.phone = s.phone AND (s.email IS NULL OR c.email IS NULL)
    UNION ALL SELECT id, 5 FROM customers c WHERE s.external_id IS NULL AND s.email IS NULL AND c.phone = s.phone
  ) found ORDER BY rank, customer_id LIMIT 1
)`;
