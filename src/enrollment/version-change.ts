import { type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";

/** One version of a journey put in force after another. */
export interface VersionChange {
  readonly journeyId: number;
  /** Null for a journey's first; the same as `to` where only customers moved. */
  readonly from: number | null;
  readonly to: number;
}

export async function noteChange(
  transaction: Transaction<Tables>,
  { journeyId, from, to }: VersionChange,
  now: Date,
  kind: "applied" | "rolled back" = "applied",
): Promise<string> {
  const { id } = await transaction
    .insertInto("version_changes")
    .values({ journey_id: journeyId, from_version_id: from, to_version_id: to, kind, at: now })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** Takes back the note of a change in which nothing moved. */
export async function forgetChange(transaction: Transaction<Tables>, id: string): Promise<void> {
  await sql`delete from version_changes where id = ${id}`.execute(transaction);
}
