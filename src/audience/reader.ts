import { type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

const limitMs = 60_000;

/**
 * Runs queries of an audience alone: in a read-only transaction with a time limit, and as pg_read_all_data where the
 * server lets us, so that an operator's own SQL can neither write nor hold the house up.
 */
export function asReader<T>(
  database: Database,
  read: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  if (database.isTransaction) return readBetween(database as Transaction<Tables>, read);
  return database
    .transaction()
    .setAccessMode("read only")
    .execute(async (transaction) => {
      await restrict(transaction);
      return read(transaction);
    });
}

async function restrict(transaction: Transaction<Tables>): Promise<void> {
  await sql`select set_config('statement_timeout', ${String(limitMs)}, true)`.execute(transaction);
  await giveRoom(transaction);
  await sql`select set_config('role', 'pg_read_all_data', true) where ${mayBecomeReader}`.execute(
    transaction,
  );
}

/**
 * Gives the rest of a transaction what questions to all customers need: hashes over a million of them in memory, and no
 * JIT, which would cost more than these plans take.
 */
export async function giveRoom(transaction: Database): Promise<void> {
  await sql`select set_config('work_mem', '64MB', true), set_config('jit', 'off', true)`.execute(
    transaction,
  );
}

/** In a transaction that goes on to write. One that fails is lost as a whole. */
async function readBetween<T>(
  transaction: Transaction<Tables>,
  read: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  const { rows } = await sql<{ role: string; timeout: string }>`
    select current_setting('role') as role, current_setting('statement_timeout') as timeout`.execute(
    transaction,
  );
  await sql`savepoint reading`.execute(transaction);
  await sql`set transaction read only`.execute(transaction);
  await restrict(transaction);
  const found = await read(transaction);
  // Releasing it makes the transaction a writing one again, but keeps settings.
  await sql`select set_config('role', ${rows[0]?.role ?? "none"}, true),
    set_config('statement_timeout', ${rows[0]?.timeout ?? "0"}, true)`.execute(transaction);
  await sql`release savepoint reading`.execute(transaction);
  return found;
}

/** Since Postgres 16 membership alone does not allow SET ROLE. */
export const mayBecomeReader = sql<boolean>`pg_has_role('pg_read_all_data',
  case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end)`;
