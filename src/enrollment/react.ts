import type { Transaction } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { convertByEvents } from "./convert.ts";
import { enterByEvents } from "./enter-by-event.ts";
import type { Turn } from "./enrollment.ts";
import { type Listener, isHeard, listenersTo } from "./listener.ts";
import { lock } from "../database/lock.ts";
import { type Passage, countPassages } from "./passage.ts";
import { type PendingEvent, inSets, takeEvents } from "./pending-event.ts";
import { redeemByEvents } from "./redeem.ts";
import { boldly, sparing } from "./spare.ts";
import { stopByEvents } from "./stop.ts";
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
    const { events, redeeming, more } = await takeEvents(transaction, turn.limit);
    await redeemByEvents(transaction, redeeming);
    const done: Done[] = [];
    for (const listeners of await listenersTo(transaction, events))
      for (const set of inSets(events.filter((event) => isHeard(event, listeners))))
        done.push(...(await hear(transaction, listeners, set, turn)));
    const effects = done.flatMap((one) => one.effects);
    const failures = done.flatMap((one) => one.failures);
    await countPassages(
      transaction,
      effects.flatMap((effect) => effect.woken),
    );
    return { events: events.length, ...added(effects), failures, more };
  });
}

interface Effect {
  readonly enrolled: number;
  readonly woken: readonly Passage[];
  readonly stopped: number;
  readonly converted: number;
}

interface Done {
  readonly effects: readonly Effect[];
  readonly failures: readonly Failure[];
}

/** What an event starts begins after it: it neither stops nor converts its own enrollment. */
async function hear(
  transaction: Transaction<Tables>,
  listeners: readonly Listener[],
  set: readonly PendingEvent[],
  turn: Turn,
): Promise<readonly Done[]> {
  const done: Done[] = [];
  for (const work of [inside, entering])
    for (const listener of listeners)
      done.push(
        await spared(transaction, listener, set, (those) =>
          work(transaction, listener, those, turn),
        ),
      );
  return done;
}

const nothing: Effect = { enrolled: 0, woken: [], stopped: 0, converted: 0 };

async function inside(
  transaction: Transaction<Tables>,
  { version, insiders, unconverted }: Listener,
  events: readonly PendingEvent[],
  turn: Turn,
): Promise<Effect> {
  const { now } = turn;
  const of = (customers: ReadonlySet<string>) =>
    events.filter((event) => customers.has(event.customer_id));
  const converted = await convertByEvents(transaction, version, of(unconverted), turn);
  const stopped = await stopByEvents(transaction, version, of(insiders), now);
  const woken = await wakeByEvents(transaction, version, of(insiders), now);
  return { enrolled: 0, woken, stopped, converted };
}

async function entering(
  transaction: Transaction<Tables>,
  { version, insiders, unconverted, enrols }: Listener,
  events: readonly PendingEvent[],
  turn: Turn,
): Promise<Effect> {
  if (!enrols) return nothing;
  const enrolled = await enterByEvents(transaction, version, events, turn);
  if (enrolled > 0)
    for (const { customer_id } of events) {
      insiders.add(customer_id);
      unconverted.add(customer_id);
    }
  return { ...nothing, enrolled };
}

async function spared(
  transaction: Transaction<Tables>,
  { version, names }: Listener,
  set: readonly PendingEvent[],
  work: (events: readonly PendingEvent[]) => Promise<Effect>,
): Promise<Done> {
  const heard = set.filter((event) => names.has(event.name));
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
