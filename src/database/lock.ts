import { type Kysely, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

const keyOf = (name: string) => sql`hashtextextended(current_schema() || ':' || ${name}, 0)`;

/** Waits until no other transaction holds the lock of that name; released with the transaction. */
export async function lock(transaction: Kysely<Tables>, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(${keyOf(name)})`.execute(transaction);
}

/** The same, for a lock that many wait for: a process that is stopped while it has it loses it after so long. */
export async function lockBriefly(
  transaction: Kysely<Tables>,
  name: string,
  atMost: `${number}s`,
): Promise<void> {
  await sql`select set_config('idle_in_transaction_session_timeout', ${atMost}, true), pg_advisory_xact_lock(${keyOf(name)})`.execute(
    transaction,
  );
}

/**
 * Runs work of several transactions that only one process should be at; undefined when another one is. The lock belongs
 * to the session, so it ends with a process that is killed.
 */
export function whenAlone<T>(
  database: Database,
  name: string,
  work: (session: Kysely<Tables>) => Promise<T>,
): Promise<T | undefined> {
  return database.connection().execute(async (session) => {
    const { rows } = await sql<{ taken: boolean }>`
      select pg_try_advisory_lock(${keyOf(name)}) as taken`.execute(session);
    if (rows[0]?.taken !== true) return undefined;
    try {
      return await work(session);
    } finally {
      await sql`select pg_advisory_unlock(${keyOf(name)})`.execute(session);
    }
  });
}
