import { type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { convertByEvents } from "./convert.ts";
import { enterByEvents } from "./enter-by-event.ts";
import type { Turn } from "./enrollment.ts";
import { eventsHeardBy } from "./heard-event.ts";
import { lock } from "../database/lock.ts";
import { type Passage, countPassages } from "./passage.ts";
import { type PendingEvent, inTurns, takeEvents } from "./pending-event.ts";
import { redeemByEvents } from "./redeem.ts";
import { boldly, sparing } from "./spare.ts";
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
  /** Events a journey could not react to, and why; the other journeys and events were not touched by it. */
  readonly failures: readonly Failure[];
  /** More events lie waiting. */
  readonly more: boolean;
}

export interface Failure {
  readonly journey: string;
  readonly events: readonly string[];
  readonly reason: string;
}

/**
 * Lets journeys react to the oldest events of the queue: one transaction with their deletion, so each event is reacted to
 * once. One at a time over all workers, which keeps a customer's events in the order they came in.
 */
export function react(database: Database, turn: Turn): Promise<Reacted> {
  return boldly(database, async (transaction) => {
    await lock(transaction, "react");
    const events = await takeEvents(transaction, turn.limit);
    await redeemByEvents(transaction, events);
    const versions = await listeners(transaction, events);
    const effects: Effect[] = [];
    const failures: Failure[] = [];
    for (const round of inTurns(events)) {
      // What an event starts begins after it: it neither stops nor converts its own enrollment.
      for (const work of [inside, entering]) {
        for (const version of work === inside ? versions.inside : versions.enrolling) {
          const done = await spared(transaction, version, round, (those) =>
            work(transaction, version, those, turn),
          );
          effects.push(...done.effects);
          failures.push(...done.failures);
        }
      }
    }
    await countPassages(
      transaction,
      effects.flatMap((effect) => effect.woken),
    );
    const more = await hasMore(transaction);
    return { events: events.length, ...added(effects), failures, more };
  });
}

interface Effect {
  readonly enrolled: number;
  readonly woken: readonly Passage[];
  readonly stopped: number;
  readonly converted: number;
}

async function inside(
  transaction: Transaction<Tables>,
  version: Version,
  events: readonly PendingEvent[],
  { now }: Turn,
): Promise<Effect> {
  const converted = await convertByEvents(transaction, version, events, now);
  const stopped = await stopByEvents(transaction, version, events, now);
  const woken = await wakeByEvents(transaction, version, events, now);
  return { enrolled: 0, woken, stopped, converted };
}

async function entering(
  transaction: Transaction<Tables>,
  version: Version,
  events: readonly PendingEvent[],
  turn: Turn,
): Promise<Effect> {
  const enrolled = await enterByEvents(transaction, version, events, turn);
  return { enrolled, woken: [], stopped: 0, converted: 0 };
}

async function spared(
  transaction: Transaction<Tables>,
  version: Version,
  round: readonly PendingEvent[],
  work: (events: readonly PendingEvent[]) => Promise<Effect>,
): Promise<{ readonly effects: readonly Effect[]; readonly failures: readonly Failure[] }> {
  const names = eventsHeardBy(version.journey);
  const heard = round.filter((event) => names.has(event.name));
  if (heard.length === 0) return { effects: [], failures: [] };
  const { results, culprits, untried } = await sparing(transaction, heard, work);
  const failed = [
    ...culprits,
    ...untried.map((member) => ({ member, reason: "left out after too many failures" })),
  ];
  const byReason = Map.groupBy(failed, ({ reason }) => reason);
  const failures = [...byReason].map(([reason, those]) => ({
    journey: version.journey.name,
    events: those.map(({ member }) => member.event_id),
    reason,
  }));
  return { effects: results, failures };
}

function added(effects: readonly Effect[]) {
  const sum = (read: (effect: Effect) => number) =>
    effects.reduce((total, effect) => total + read(effect), 0);
  return {
    enrolled: sum((effect) => effect.enrolled),
    stopped: sum((effect) => effect.stopped),
    converted: sum((effect) => effect.converted),
    woken: sum((effect) => effect.woken.reduce((total, passage) => total + passage.customers, 0)),
  };
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
