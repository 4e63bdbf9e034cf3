import { type RawBuilder, type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { sqlStateOf } from "../database/sql-state.ts";
import type { Tables } from "../database/tables.ts";
import { rememberErased } from "./erased-addresses.ts";
import { type Secrets, getErasureKey } from "./erasure-key.ts";
import { type Person, ownAddresses, readPerson } from "./person.ts";
import { type PersonalTable, personal } from "./personal-tables.ts";

export interface Erasing {
  readonly customerId: string;
  /** By whose addresses they were written to. */
  readonly channels: readonly string[];
  readonly secrets: Secrets;
  readonly now: Date;
}

/** Rows by table, of those that have any. */
export type Rows = Partial<Record<keyof Tables, number>>;

export type Erased =
  | { readonly kind: "erased"; readonly rows: Rows }
  /** Calls to providers or services are open, whose answers must find their rows. Nothing was changed. */
  | { readonly kind: "in flight"; readonly messages: number; readonly calls: number };

/** How many rows of each table erasing would delete or make nobody's. */
export async function countPerson(database: Database, person: Person): Promise<Rows> {
  const rows: Rows = {};
  for (const [table, place] of personal) {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.table(table)} t where ${place.rows(person)}`.execute(
      database,
    );
    note(rows, table, found.rows[0]?.count ?? 0);
  }
  return rows;
}

/**
 * Takes a person out of the database, in one transaction: what they were and did is deleted, what figures are made of belongs
 * to nobody from then on, what was planned for them is not sent. Their addresses are remembered by a keyed hash, so that
 * marketing stays away when they are imported again.
 *
 * The customers are locked first, for which whoever would write of them waits, and finds nobody then.
 */
export async function erasePerson(database: Database, erasing: Erasing): Promise<Erased> {
  // Links are read as a whole, which may take seconds: before anything is locked that others wait for.
  const seen = await readPerson(database, erasing.customerId, erasing.channels);
  if (seen === undefined) return nothing;
  // A deadlock with a worker that has locked the same rows the other way round ends one of the two.
  for (let left = 4; ; left -= 1) {
    try {
      return await database
        .transaction()
        .execute((transaction) => eraseWithin(transaction, erasing, seen.links));
    } catch (thrown) {
      if (left === 0 || !conflicts.has(sqlStateOf(thrown))) throw thrown;
    }
  }
}

const nothing: Erased = { kind: "erased", rows: {} };
const conflicts = new Set(["40001", "40P01"]);

async function eraseWithin(
  transaction: Transaction<Tables>,
  { customerId, channels, secrets, now }: Erasing,
  links: readonly string[],
): Promise<Erased> {
  await sql`select from customers where id = ${customerId} or merged_into = ${customerId} order by id for update`.execute(
    transaction,
  );
  await lock(transaction, "enrollments", customerId);
  await lock(transaction, "messages", customerId);
  const person = await readPerson(transaction, customerId, channels, links);
  if (person === undefined) return nothing;
  const { messages, calls } = await inFlight(transaction, person);
  if (messages + calls > 0) return { kind: "in flight", messages, calls };
  const key = await getErasureKey(transaction, secrets);
  await rememberErased(
    transaction,
    key,
    [
      ...ownAddresses(person).map(({ reason, ...one }) => ({ ...one, reason: reason ?? "erased" })),
      ...person.names.map((address) => ({ channel: "id", address, reason: "erased" as const })),
    ],
    now,
  );
  const rows: Rows = {};
  for (const [table, place] of personal)
    note(rows, table, await eraseFrom(transaction, table, place, person, now));
  await sql`insert into erasures (customer_id, erased_at) select id, ${now} from unnest(${person.customers}::bigint[]) as id on conflict do nothing`.execute(
    transaction,
  );
  return { kind: "erased", rows };
}

function lock(transaction: Database, table: "enrollments" | "messages", customerId: string) {
  return sql`select from ${sql.table(table)} where customer_id in (select id from customers where id = ${customerId} or merged_into = ${customerId})
    order by id for update`.execute(transaction);
}

/** Messages and calls that are on their way at this moment. */
export async function inFlight(
  database: Database,
  person: Person,
): Promise<{ readonly messages: number; readonly calls: number }> {
  const { rows } = await sql<{ messages: number; calls: number }>`
    select (select count(*) from messages where id = any(${person.messages}::bigint[]) and state = 'sending')::int as messages,
      (select count(*) from calls where enrollment_id = any(${person.enrollments}::bigint[]) and state = 'claimed')::int as calls`.execute(
    database,
  );
  return rows[0] ?? { messages: 0, calls: 0 };
}

async function eraseFrom(
  transaction: Database,
  table: keyof Tables,
  { rows, erasing }: PersonalTable,
  person: Person,
  now: Date,
): Promise<number> {
  const where = rows(person);
  const { numAffectedRows = 0n } = await (
    erasing === "deletes"
      ? sql`delete from ${sql.table(table)} t where ${where}`
      : sql`update ${sql.table(table)} t set ${assignments(erasing.sets(person, now))} where ${where}`
  ).execute(transaction);
  return Number(numAffectedRows);
}

function assignments(sets: Readonly<Record<string, RawBuilder<unknown>>>): RawBuilder<unknown> {
  return sql.join(
    Object.entries(sets).map(([column, value]) => sql`${sql.ref(column)} = ${value}`),
  );
}

function note(rows: Rows, table: keyof Tables, count: number): void {
  if (count > 0) rows[table] = count;
}

/**
 * Events that a transaction wrote which had found the customer before they were erased: nothing in the table keeps them out.
 * To be called now and then.
 */
export async function eraseLeftovers(database: Database, now: Date): Promise<void> {
  for (const table of ["events", "pending_events", "dead_events"] as const)
    await sql`delete from ${sql.table(table)} where customer_id = any(array(
      select customer_id from erasures where erased_at > ${now}::timestamptz - interval '2 days'))`.execute(
      database,
    );
}
