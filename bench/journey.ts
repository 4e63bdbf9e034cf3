import { sql } from "kysely";
import type { Database } from "../src/database/database.ts";
import { advance } from "../src/enrollment/advance.ts";
import { applyJourneys } from "../src/enrollment/apply.ts";
import { enterDue } from "../src/enrollment/enter-due.ts";
import { readJourney } from "../src/journey/read-journey.ts";

/** Applied so long ago that the schedule of `onSchedule` has come round since. */
const longAgoMs = 400 * 86_400_000;

/** A journey everybody enters once, on the first of January. */
export const onSchedule = (steps: string) =>
  `journey: bench\ntopic: offers\nstart: { every: "0 0 1 1 *", again: never }\nsteps: ${steps}\n`;

/** Applies a workflow file's text and returns the journey's id. */
export async function applyText(database: Database, source: string, now: Date): Promise<number> {
  const file = "workflows/bench.yaml";
  const { journey, mistakes } = readJourney(source, file);
  if (journey === undefined) throw new Error(JSON.stringify(mistakes));
  await applyJourneys(database, [{ journey, source, file }], new Date(now.getTime() - longAgoMs));
  const { rows } = await sql<{ id: number }>`select id from journeys`.execute(database);
  return rows[0]?.id ?? 0;
}

/** Lets everybody in who may, as the engine's job does; returns how many. */
export async function enterAll(database: Database, journeyId: number, now: Date): Promise<number> {
  const { entered } = await enterDue(database, journeyId, { now, zone: "UTC" });
  return entered;
}

/** Moves on all that are due at `now`, in the engine's batches; returns how many. */
export async function advanceAll(database: Database, now: Date): Promise<number> {
  let moved = 0;
  for (;;) {
    const turn = await advance(database, { now, limit: 1000, zone: "UTC" });
    moved += turn.moved;
    if (!turn.more) return moved;
  }
}
