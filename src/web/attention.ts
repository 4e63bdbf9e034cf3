import type { KeptSegment } from "../audience/segment.ts";
import type { DeadEvents } from "../enrollment/dead-event.ts";
import type { JourneyCounts } from "../enrollment/journey-counts.ts";
import { type ChannelState, dueCountedTo } from "../message/channel-state.ts";
import type { Tone } from "./tone.ts";

/** Something a person should look at, and where. */
export interface Attention {
  readonly tone: Tone;
  readonly href: string;
  readonly what: string;
  readonly why: string | null;
}

/** The worst first: what stops everybody, then what stops some, then what was stopped on purpose. */
export function attentionOf(
  journeys: readonly JourneyCounts[],
  channels: readonly ChannelState[],
  segments: readonly KeptSegment[],
  deadEvents: readonly DeadEvents[],
): readonly Attention[] {
  return [
    ...channels.flatMap(pausedChannel),
    ...channels.flatMap(unconnectedChannel),
    ...segments.flatMap(failingSegment),
    ...channels.flatMap(waitingChannel),
    ...journeys.flatMap(heldIn),
    ...deadEvents.map(deadFor),
    ...lostMessages(journeys),
    ...journeys.flatMap(pausedJourney),
  ];
}

function pausedChannel({ name, pausedAt, reason, due }: ChannelState): readonly Attention[] {
  if (pausedAt === null) return [];
  const waiting =
    due === 0
      ? ""
      : `, ${due >= dueCountedTo ? `${due}+ messages wait` : counted(due, "message waits", "messages wait")}`;
  const what = `Channel ${name} is paused${waiting}`;
  return [{ tone: "bad", href: "/channels", what, why: reason }];
}

function unconnectedChannel({ name, unconnectedAt, reason }: ChannelState): readonly Attention[] {
  if (unconnectedAt === null) return [];
  const what = `Channel ${name} does not reach its provider`;
  return [{ tone: "bad", href: "/channels", what, why: reason }];
}

function waitingChannel({ name, pausedAt, throttledUntil }: ChannelState): readonly Attention[] {
  if (pausedAt !== null || throttledUntil === null) return [];
  const what = `Channel ${name} was told by its provider to wait`;
  return [{ tone: "warn", href: "/channels", what, why: null }];
}

function failingSegment({ name, failure }: KeptSegment): readonly Attention[] {
  if (failure === null) return [];
  const href = `/segments/${encodeURIComponent(name)}`;
  return [{ tone: "bad", href, what: `Segment ${name} cannot be worked out`, why: failure }];
}

function heldIn({ name, held }: JourneyCounts): readonly Attention[] {
  if (held === 0) return [];
  const what = `${counted(held, "customer is", "customers are")} held in ${name}`;
  return [{ tone: "bad", href: `/journeys/${encodeURIComponent(name)}#held`, what, why: null }];
}

function deadFor({ journey, events, reason }: DeadEvents): Attention {
  const why = `${reason}. They are kept: waypost replay --events`;
  if (journey === null) {
    const what = `Vouchers could not be marked as used by ${counted(events, "event", "events")}`;
    return { tone: "bad", href: "/vouchers", what, why };
  }
  const what = `${journey} could not react to ${counted(events, "event", "events")}`;
  return { tone: "bad", href: `/journeys/${encodeURIComponent(journey)}`, what, why };
}

const meanings = {
  failed: "Given up. Each says why, and can be tried again.",
  unknown: "The provider may or may not have them. A report or a look-up will tell.",
} as const;

function lostMessages(journeys: readonly JourneyCounts[]): readonly Attention[] {
  return (["failed", "unknown"] as const).flatMap((state) => {
    const count = journeys.reduce((sum, { messages }) => sum + (messages[state] ?? 0), 0);
    if (count === 0) return [];
    const what =
      state === "failed"
        ? `${counted(count, "message has", "messages have")} failed`
        : `${counted(count, "message has", "messages have")} an unknown outcome`;
    return [{ tone: "warn", href: `/messages?state=${state}`, what, why: meanings[state] }];
  });
}

function pausedJourney({ name, state, inside }: JourneyCounts): readonly Attention[] {
  if (state !== "paused") return [];
  const what = `Journey ${name} is paused`;
  const why = inside === 0 ? null : `${counted(inside, "customer waits", "customers wait")} inside`;
  return [{ tone: "warn", href: `/journeys/${encodeURIComponent(name)}`, what, why }];
}

function counted(count: number, one: string, other: string): string {
  return `${count} ${count === 1 ? one : other}`;
}
