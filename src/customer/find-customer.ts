import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Row } from "../database/tables.ts";
import { WaypostError } from "../errors.ts";
import { readEmail } from "./email-address.ts";

/**
 * The customer somebody means at a terminal or in a search box: the company's own id first, then a former or anonymous
 * id, an e-mail address, a telephone number in E.164, and our own id last, since both kinds of ids may be numbers; #41 is
 * our own for sure.
 */
export async function findCustomer(
  database: Database,
  meant: string,
): Promise<Row<"customers"> | undefined> {
  const text = meant.trim();
  const ownId = /^#?(\d{1,18})$/.exec(text)?.[1] ?? null;
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM (
      SELECT id, 1 AS rank FROM customers WHERE external_id = ${text}
      UNION ALL SELECT customer_id, 2 FROM identities WHERE kind IN ('external_id', 'anonymous_id') AND value = ${text}
      UNION ALL SELECT id, 3 FROM customers WHERE email = ${readEmail(text) ?? text}
      UNION ALL SELECT id, 4 FROM customers WHERE phone = ${text}
      UNION ALL SELECT id, 5 FROM customers WHERE id = ${ownId}::bigint
    ) found ORDER BY rank, id LIMIT 1`.execute(database);
  const id = rows[0]?.id;
  if (id === undefined) return undefined;
  return database.selectFrom("customers").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function getCustomer(database: Database, meant: string): Promise<Row<"customers">> {
  const customer = await findCustomer(database, meant);
  if (customer !== undefined) return customer;
  throw new WaypostError(
    "WAYPOST_NOT_FOUND",
    `customer "${meant}": expected your own id, an e-mail address, a telephone number such as +447700900123, or #id; found nobody`,
  );
}
