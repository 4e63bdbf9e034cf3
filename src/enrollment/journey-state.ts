import type { Kysely } from "kysely";
import type { Database } from "../database/database.ts";
import type { JourneysState, Tables } from "../database/tables.ts";
import { WaypostError, nearMiss } from "../errors.ts";

/** Nobody enters, nobody moves, from the next batch on. False when it was paused already. */
export function pauseJourney(database: Database, name: string, now: Date): Promise<boolean> {
  return change(database, name, { from: ["active"], to: "paused" }, now);
}

/**
 * Those inside go on from where they stand. Who would have entered during the pause stays out: a start that was missed on
 * purpose is not made up for. False when it was not paused.
 */
export function resumeJourney(database: Database, name: string, now: Date): Promise<boolean> {
  return change(database, name, { from: ["paused"], to: "active" }, now);
}

/** Nobody enters any more; those inside go on to their end. False when it was archived already. */
export function archiveJourney(database: Database, name: string, now: Date): Promise<boolean> {
  return change(database, name, { from: ["active", "paused"], to: "archived" }, now);
}

async function change(
  database: Database,
  name: string,
  { from, to }: { readonly from: readonly JourneysState[]; readonly to: JourneysState },
  now: Date,
): Promise<boolean> {
  const journey = await getJourney(database, name);
  const isResumed = to === "active" && journey.entered_until !== null;
  const { numUpdatedRows } = await database
    .updateTable("journeys")
    .set({ state: to, changed_at: now, ...(isResumed ? { entered_until: now } : {}) })
    .where("id", "=", journey.id)
    .where("state", "in", from)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The journey of that name, or an error with the one that may have been meant. */
export async function getJourney(database: Kysely<Tables>, name: string) {
  const journeys = await database
    .selectFrom("journeys")
    .select(["id", "name", "state", "entered_until"])
    .execute();
  const found = journeys.find((journey) => journey.name === name);
  if (found !== undefined) return found;
  const names = journeys.map((journey) => journey.name);
  const meant = nearMiss(name, names);
  const hint =
    meant === undefined ? `applied are ${names.join(", ") || "none"}` : `did you mean "${meant}"?`;
  throw new WaypostError(
    "WAYPOST_NOT_FOUND",
    `journey "${name}": no such journey is applied; ${hint}`,
  );
}
