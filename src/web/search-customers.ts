import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { sqlStateOf } from "../database/sql-state.ts";

export interface FoundCustomer {
  readonly id: string;
  readonly name: string | null;
  readonly externalId: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly city: string | null;
  readonly country: string | null;
  readonly createdAt: Date;
}

const most = 50;
/** Names have no index: over a million customers the search by name gives up rather than hold up the shop. */
const patienceMs = 3000;

export interface CustomerSearch {
  readonly found: readonly FoundCustomer[];
  /** The names were not all read in time. */
  readonly isCutShort: boolean;
}

/** By id, own id, telephone number and the beginning of the e-mail address, then by any part of the name. */
export async function searchCustomers(database: Database, text: string): Promise<CustomerSearch> {
  const wanted = text.trim().replaceAll("\0", "").slice(0, 200);
  if (wanted === "")
    return { found: await select(database, sql`true`, sql`id desc`), isCutShort: false };
  const byKeys = await select(database, byKey(wanted), sql`id`);
  if (/[@\d]/.test(wanted) && byKeys.length > 0) return { found: byKeys, isCutShort: false };
  const byName = await searchNames(database, wanted);
  const known = new Set(byKeys.map(({ id }) => id));
  const found = [...byKeys, ...byName.found.filter(({ id }) => !known.has(id))].slice(0, most);
  return { found, isCutShort: byName.isCutShort && found.length === 0 };
}

function byKey(wanted: string): RawBuilder<unknown> {
  const address = wanted.toLowerCase();
  const ownId = /^\d{1,18}$/.test(wanted) ? wanted : null;
  return sql`id in (
    select id from customers where external_id = ${wanted}
    union select id from customers where id = ${ownId}::bigint
    union select id from customers where phone = ${wanted.replaceAll(/[\s().-]/g, "")}
    union select customer_id from identities where value = ${wanted}
    union select id from (select id, email from customers where email >= ${address} order by email limit ${most}) near
      where starts_with(email, ${address}))`;
}

async function searchNames(database: Database, wanted: string): Promise<CustomerSearch> {
  const words = wanted
    .split(/\s+/)
    .slice(0, 5)
    .map((word) => `%${word.replaceAll(/[\\%_]/g, "\\$&")}%`);
  const conditions = words.map((word) => sql`concat_ws(' ', first_name, last_name) ilike ${word}`);
  try {
    const found = await database.transaction().execute(async (transaction) => {
      await sql`select set_config('statement_timeout', ${String(patienceMs)}, true)`.execute(
        transaction,
      );
      return select(transaction, sql.join(conditions, sql` and `), sql`id desc`);
    });
    return { found, isCutShort: false };
  } catch (thrown) {
    const canceled = "57014";
    if (sqlStateOf(thrown) !== canceled) throw thrown;
    return { found: [], isCutShort: true };
  }
}

async function select(
  database: Database,
  where: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
): Promise<FoundCustomer[]> {
  const { rows } = await sql<FoundCustomer>`
    select id, nullif(concat_ws(' ', first_name, last_name), '') as name, external_id as "externalId", email, phone, city, country,
      created_at as "createdAt"
    from customers where ${where} order by ${order} limit ${most}`.execute(database);
  return rows;
}

/** The same columns for customers known by id, in the order given. */
export async function customersByIds(
  database: Database,
  ids: readonly string[],
): Promise<FoundCustomer[]> {
  return select(database, sql`id = any(${ids}::bigint[])`, sql`id`);
}
