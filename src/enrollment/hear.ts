import type { Transaction } from "kysely";
import type { Tables } from "../database/tables.ts";
import { type Trial, blame } from "./blame.ts";
import { convertByEvents } from "./convert.ts";
import type { DeadEvent } from "./dead-event.ts";
import { enterByEvents } from "./enter-by-event.ts";
import type { Turn } from "./enrollment.ts";
import { type Listener, isHeard, listenersTo } from "./listener.ts";
import type { Passage } from "./passage.ts";
import { type PendingEvent, inSets } from "./pending-event.ts";
import { heardByNobody, nobodysEvent, plainListener } from "./plain-listener.ts";
import { sparing } from "./spare.ts";
import { stopByEvents } from "./stop.ts";
import { wakeByEvents } from "./wake.ts";

/** What events changed in a journey. */
export interface Effect {
  readonly enrolled: number;
  readonly woken: readonly Passage[];
  readonly stopped: number;
  readonly converted: number;
}

export interface Heard {
  readonly effects: readonly Effect[];
  /** What a journey could not react to. */
  readonly dead: readonly DeadEvent[];
  /** The search for what it cannot react to took too long, and is over: nothing of this may stay. */
  readonly isExhausted: boolean;
}

/** Lets every journey that listens react to the events, in the order in which each customer's came. */
export async function hear(
  transaction: Transaction<Tables>,
  events: readonly PendingEvent[],
  turn: Turn,
): Promise<Heard> {
  const effects: Effect[] = [];
  const dead: DeadEvent[] = [];
  for (const listeners of await listenersTo(transaction, events))
    for (const set of inSets(events.filter((event) => isHeard(event, listeners)))) {
      const heard = await hearSet(transaction, listeners, set, turn);
      if (heard.isExhausted) return heard;
      effects.push(...heard.effects);
      dead.push(...heard.dead);
    }
  return { effects, dead, isExhausted: false };
}

/**
 * What an event starts begins after it: it neither stops nor converts its own enrollment. For the same reason an event that
 * one version of the journey fails on goes no further in it, and starts nothing before it has been heard by all.
 */
async function hearSet(
  transaction: Transaction<Tables>,
  listeners: readonly Listener[],
  set: readonly PendingEvent[],
  turn: Turn,
): Promise<Heard> {
  const effects: Effect[] = [];
  const dead = new Map<string, DeadEvent>();
  for (const work of [inside, entering])
    for (const listener of listeners) {
      const { version } = listener;
      const heard = set.filter(
        (event) => listener.names.has(event.name) && !dead.has(event.event_id),
      );
      const [first] = heard;
      if (first === undefined) continue;
      const trial = () =>
        trialOf(transaction, work, listener, nobodysEvent(first.name, turn.now), turn);
      const { results, culprits, untried } = await sparing(
        transaction,
        { name: `journey ${version.journey.name}`, blame: () => blame(transaction, trial()) },
        heard,
        (those) => work(transaction, listener, those, turn),
      );
      if (untried.length > 0) return { effects: [], dead: [], isExhausted: true };
      effects.push(...results);
      for (const { member: event, reason } of culprits)
        dead.set(event.event_id, { event, version, reason });
    }
  return { effects, dead: [...dead.values()], isExhausted: false };
}

type Work = typeof inside;

function trialOf(
  transaction: Transaction<Tables>,
  work: Work,
  listener: Listener,
  event: PendingEvent,
  turn: Turn,
): Trial {
  return {
    own: () => work(transaction, heardByNobody(listener), [event], turn),
    plain: () => work(transaction, plainListener(event.name), [event], turn),
  };
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
