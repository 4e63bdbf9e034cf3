import { type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { convertByEvents } from "./convert.ts";
import { enterByEvents } from "./enter-by-event.ts";
import type { Turn } from "./enrollment.ts";
import { lock } from "./lock.ts";
import { type Passage, countPassages } from "./passage.ts";
import { type PendingEvent, inTurns, takeEvents } from "./pending-event.ts";
import { stopByEvents } from "./stop.ts";
import { type Version, enrollingJourneys, versionsOf } from "./version.ts";
import { wakeByEvents } from "./wake.ts";

export interface Reacted {
  readonly events: number;
  /** The holdout included. */
  readonly enrolled: number;
  readonly woken: number;
  readonly stopped: number;
  readonly converted: number;
  /** More events lie waiting. */
  readonly more: boolean;
}

/**
 * Lets journeys react to the oldest events of the queue: one transaction with their deletion, so each event is reacted to
 * once. One at a time over all workers, which keeps a customer's events in the order they came in.
 */
export function react(database: Database, { now, limit }: Turn): Promise<Reacted> {
  return database.transaction().execute(async (transaction) => {
    await lock(transaction, "react");
    const events = await takeEvents(transaction, limit);
    const versions = await listeners(transaction, events);
    const done = { enrolled: 0, stopped: 0, converted: 0 };
    const woken: Passage[] = [];
    for (const round of inTurns(events)) {
      // What an event starts begins after it: it neither stops nor converts its own enrollment.
      for (const version of versions.inside) {
        done.converted += await convertByEvents(transaction, version, round);
        done.stopped += await stopByEvents(transaction, version, round, now);
        woken.push(...(await wakeByEvents(transaction, version, round, now)));
      }
      for (const version of versions.enrolling)
        done.enrolled += await enterByEvents(transaction, version, round, now);
    }
    await countPassages(transaction, woken);
    const total = woken.reduce((sum, passage) => sum + passage.customers, 0);
    return { events: events.length, ...done, woken: total, more: await hasMore(transaction) };
  });
}

/** The versions that enrol, and beside these the older ones that customers of the events may still be in. */
async function listeners(
  transaction: Transaction<Tables>,
  events: readonly PendingEvent[],
): Promise<{ readonly enrolling: readonly Version[]; readonly inside: readonly Version[] }> {
  if (events.length === 0) return { enrolling: [], inside: [] };
  const enrolling = await enrollingJourneys(transaction);
  const known = new Set(enrolling.map(({ id }) => id));
  const { rows } = await sql<{ version_id: number }>`
    select distinct version_id from enrollments
    where customer_id = any(${[...new Set(events.map((event) => event.customer_id))]}::bigint[])`.execute(
    transaction,
  );
  const older = rows.map((row) => row.version_id).filter((id) => !known.has(id));
  const versions = await versionsOf(transaction, older);
  return { enrolling, inside: [...versions.values(), ...enrolling] };
}

async function hasMore(transaction: Transaction<Tables>): Promise<boolean> {
  const { rows } = await sql<{ more: boolean }>`
    select exists (select from pending_events) as more`.execute(transaction);
  return rows[0]?.more === true;
}
