import type { Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** Works in the caller's transaction where there is one, which then commits or fails as a whole; else in one of its own. */
export function inTransaction<T>(
  database: Database,
  work: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return database.isTransaction
    ? work(database as Transaction<Tables>)
    : database.transaction().execute(work);
}
