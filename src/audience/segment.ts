import type { Database } from "../database/database.ts";
import { WaypostError, nearMiss } from "../errors.ts";
import type { Condition } from "../journey/condition.ts";
import type { Segment } from "../journey/read-segment.ts";

/** A segment as it is kept. `refreshedAt` is null until the condition it has now was first evaluated. */
export interface KeptSegment extends Segment {
  readonly size: number;
  readonly refreshedAt: Date | null;
  readonly refreshMs: number | null;
  /** Why the last refresh failed; its members are then those of the refresh before. */
  readonly failure: string | null;
}

export interface Member {
  readonly customerId: string;
  readonly enteredAt: Date;
}

/** The segments that have a file, by name. */
export async function listSegments(database: Database): Promise<readonly KeptSegment[]> {
  const rows = await database
    .selectFrom("segments")
    .selectAll()
    .where("removed_at", "is", null)
    .orderBy("name")
    .execute();
  return rows.map((row) => ({
    name: row.name,
    describe: row.describe,
    // Written by saveSegments, which compiled it first.
    condition: row.condition as Condition,
    file: row.file,
    size: Number(row.size),
    refreshedAt: row.refreshed_at,
    refreshMs: row.refresh_ms,
    failure: row.failure,
  }));
}

/** A page of a segment's members, in the order of their ids; `after` is the last id of the page before. */
export async function membersOf(
  database: Database,
  name: string,
  page: { readonly limit: number; readonly after?: string },
): Promise<readonly Member[]> {
  const id = await segmentId(database, name);
  const rows = await database
    .selectFrom("segment_members")
    .select(["customer_id", "entered_at"])
    .where("segment_id", "=", id)
    .where("left_at", "is", null)
    .where("customer_id", ">", page.after ?? "0")
    .orderBy("customer_id")
    .limit(page.limit)
    .execute();
  return rows.map((row) => ({ customerId: row.customer_id, enteredAt: row.entered_at }));
}

async function segmentId(database: Database, name: string): Promise<number> {
  const segments = await database
    .selectFrom("segments")
    .select(["id", "name"])
    .where("removed_at", "is", null)
    .execute();
  const found = segments.find((segment) => segment.name === name);
  if (found !== undefined) return found.id;
  throw noSuchSegment(
    name,
    segments.map((segment) => segment.name),
  );
}

export function noSuchSegment(name: string, known: readonly string[]): WaypostError {
  const meant = nearMiss(name, known);
  const hint = meant === undefined ? "" : ` Did you mean "${meant}"?`;
  return new WaypostError(
    "WAYPOST_NOT_FOUND",
    `segment: expected the name of a segment (${known.join(", ") || "there are none"}), got "${name}".${hint}`,
  );
}
