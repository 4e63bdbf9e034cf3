import { type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

const limitMs = 60_000;

/**
 * Runs queries of an audience alone: in a read-only transaction with a time limit, and as pg_read_all_data where the
 * server lets us, so that an operator's own SQL can neither write nor hold the house up. Hashes get room, and JIT is
 * off, since it would cost more than these plans take.
 */
export function asReader<T>(
  database: Database,
  read: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return database
    .transaction()
    .setAccessMode("read only")
    .execute(async (transaction) => {
      await sql`select set_config('statement_timeout', ${String(limitMs)}, true),
                       set_config('work_mem', '32MB', true), set_config('jit', 'off', true)`.execute(
        transaction,
      );
      await sql`select set_config('role', 'pg_read_all_data', true) where ${mayBecomeReader}`.execute(
        transaction,
      );
      return read(transaction);
    });
}

/** Since Postgres 16 membership alone does not allow SET ROLE. */
export const mayBecomeReader = sql<boolean>`pg_has_role('pg_read_all_data',
  case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end)`;
