import { type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { lockPatiently } from "../database/lock.ts";
import type { Tables } from "../database/tables.ts";
import { type DeadEvent, bury, isReplayDue } from "./dead-event.ts";
import type { Turn } from "./enrollment.ts";
import { type Effect, hear } from "./hear.ts";
import { countPassages } from "./passage.ts";
import { redeemByEvents } from "./redeem.ts";
import { boldly } from "./spare.ts";
import { takeEvents } from "./take-events.ts";

export interface Reacted {
  readonly events: number;
  /** The holdout included. */
  readonly enrolled: number;
  readonly woken: number;
  readonly stopped: number;
  readonly converted: number;
  /** Events that a journey or the vouchers could not react to, and why; the other journeys and events were not touched by it. */
  readonly dead: readonly DeadEvent[];
  /** More events lie waiting. */
  readonly more: boolean;
}

const PATIENCE_MS = 2_000;
/** Who was stopped while at it loses the turn after `atMost`. */
const lockTerms = { patience: `${PATIENCE_MS / 1_000}s`, atMost: "3s" } as const;
/** A batch with more faults in it than a transaction has time for is begun anew with a part of it. */
const SMALLER = 4;

/**
 * Lets journeys react to the oldest events of the queue: one transaction with their deletion, so each event is reacted to
 * once. One at a time over all workers, which keeps a customer's events in the order they came in. What a journey cannot
 * react to is kept for it (dead-event.ts). A fault that no event has leaves all of them in the queue.
 */
export async function react(database: Database, turn: Turn): Promise<Reacted> {
  const askedAt = performance.now();
  try {
    return await boldly(database, async (transaction) =>
      (await isOurTurn(database, transaction)) ? reactOnce(transaction, turn, askedAt) : elsewhere,
    );
  } catch (thrown) {
    if (!(thrown instanceof Exhausted)) throw thrown;
    return react(database, { ...turn, limit: Math.ceil(thrown.events / SMALLER) });
  }
}

/** Another is at it, and hears what has come by now: nothing is done here. */
const elsewhere: Reacted = { events: 0, ...added([]), dead: [], more: false };

class Exhausted extends Error {
  readonly events: number;
  constructor(events: number) {
    super(`too many faults among ${events} events for one transaction`);
    this.events = events;
  }
}

const waiting = new WeakSet<Database>();

/** Of those who share a database's connections one waits at most: it begins after all the others asked. */
async function isOurTurn(database: Database, transaction: Transaction<Tables>): Promise<boolean> {
  if (waiting.has(database)) return false;
  waiting.add(database);
  try {
    return await lockPatiently(transaction, "react", lockTerms);
  } finally {
    waiting.delete(database);
  }
}

async function reactOnce(
  transaction: Transaction<Tables>,
  turn: Turn,
  askedAt: number,
): Promise<Reacted> {
  const { taken, events, replayed, redeeming, isFull } = await takeEvents(transaction, turn.limit);
  const effects: Effect[] = [];
  const dead: DeadEvent[] = [];
  for (const listen of [
    () => redeemByEvents(transaction, redeeming, turn.now),
    () => hear(transaction, replayed, turn),
    () => hear(transaction, events, turn),
  ]) {
    const heard = await listen();
    if (heard.isExhausted) throw new Exhausted(taken);
    effects.push(...heard.effects);
    dead.push(...heard.dead);
  }
  await bury(transaction, dead, turn.now);
  await countPassages(
    transaction,
    effects.flatMap((effect) => effect.woken),
  );
  const more = isFull || (mayHaveGivenUp(askedAt) && (await isMoreWaiting(transaction)));
  return { events: taken, ...added(effects), dead, more };
}

/**
 * Whether somebody who asked for the turn after us may have lost patience meanwhile; else whoever was woken by what came
 * since is still there, and goes next.
 */
function mayHaveGivenUp(askedAt: number): boolean {
  return performance.now() - askedAt > PATIENCE_MS / 2;
}

/** Asked at the very end. */
async function isMoreWaiting(transaction: Transaction<Tables>): Promise<boolean> {
  const { rows } = await sql<{ more: boolean }>`
    select exists (select from pending_events) or ${isReplayDue()} as more`.execute(transaction);
  return rows[0]?.more === true;
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
