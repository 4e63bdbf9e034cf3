import type { Database } from "../database/database.ts";
import type { NewRow } from "../database/tables.ts";

/** Adds lines to the append-only ledger of consent; what holds now follows by itself. */
export async function recordConsents(
  database: Database,
  rows: readonly NewRow<"consents">[],
): Promise<void> {
  if (rows.length > 0) await database.insertInto("consents").values(rows).execute();
}

/** Addresses that must not be used any more. The first reason stays. */
export async function suppress(
  database: Database,
  rows: readonly NewRow<"suppressions">[],
): Promise<void> {
  if (rows.length === 0) return;
  await database
    .insertInto("suppressions")
    .values(rows)
    .onConflict((conflict) => conflict.columns(["channel", "address"]).doNothing())
    .execute();
}
