import { type Kysely, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { sqlStateOf } from "./sql-state.ts";

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

/** The same for whoever need not wait until it is their turn: false when others had it all the while. */
export async function lockPatiently(
  transaction: Kysely<Tables>,
  name: string,
  { patience, atMost }: { readonly patience: `${number}s`; readonly atMost: `${number}s` },
): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select set_config('idle_in_transaction_session_timeout', ${atMost}, true), pg_try_advisory_xact_lock(${keyOf(name)}) as taken`.execute(
    transaction,
  );
  if (rows[0]?.taken === true) return true;
  await sql`savepoint asking`.execute(transaction);
  await sql`select set_config('lock_timeout', ${patience}, true)`.execute(transaction);
  try {
    await lock(transaction, name);
  } catch (thrown) {
    if (sqlStateOf(thrown) !== LOCK_NOT_AVAILABLE) throw thrown;
    await sql`rollback to savepoint asking`.execute(transaction);
    return false;
  }
  await sql`set local lock_timeout to default`.execute(transaction);
  return true;
}

const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Runs work of several transactions that only one process should be at; undefined when another one is. The lock belongs
 * to the session, so it ends with a process that is killed, and is lost by one that is stopped for a minute.
 */
export function whenAlone<T>(
  database: Database,
  name: string,
  work: (session: Kysely<Tables>) => Promise<T>,
  stoppedAtMost: `${number}s` = "60s",
): Promise<T | undefined> {
  return database.connection().execute(async (session) => {
    const { rows } = await sql<{ taken: boolean }>`
      select pg_try_advisory_lock(${keyOf(name)}) as taken`.execute(session);
    if (rows[0]?.taken !== true) return undefined;
    try {
      await sql`select set_config('idle_session_timeout', ${stoppedAtMost}, false)`.execute(
        session,
      );
      return await work(session);
    } finally {
      await sql`select pg_advisory_unlock(${keyOf(name)})`.execute(session);
      await sql`reset idle_session_timeout`.execute(session);
    }
  });
}
