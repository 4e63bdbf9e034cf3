import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { Journey } from "../journey/journey.ts";
import { livingVersions } from "./version.ts";

/** Every event name that starts, stops, wakes or judges a journey. */
export function eventsHeardBy(journey: Journey): ReadonlySet<string> {
  const names = new Set<string>();
  if (journey.start.kind === "event") names.add(journey.start.event);
  const goal = journey.objective?.goal;
  if (typeof goal === "string") names.add(goal);
  for (const stop of journey.stop) if (stop.kind === "event") names.add(stop.event);
  for (const step of Object.values(journey.steps)) if (step.kind === "await") names.add(step.event);
  return names;
}

/** Works out anew which events are queued for journeys. Events that came before are not queued after the fact. */
export async function listen(transaction: Kysely<Tables>, now: Date): Promise<void> {
  const versions = await livingVersions(transaction, now);
  const { rows: pools } = await sql<{
    name: string;
  }>`select distinct redeemed_by as name from voucher_pools`.execute(transaction);
  const heard = versions.flatMap(({ journey }) => [...eventsHeardBy(journey)]);
  const names = [...new Set([...heard, ...pools.map(({ name }) => name)])];
  await sql`delete from heard_events where name <> all(${names}::text[])`.execute(transaction);
  await sql`insert into heard_events (name) select unnest(${names}::text[]) on conflict do nothing`.execute(
    transaction,
  );
}
