import { roughSeconds } from "../duration.ts";
import { afterMidnight, minutesOf } from "../enrollment/local-time.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import type { Guess } from "./branch-share.ts";
import { type Cohort, Places, type Repeating } from "./cap-estimate.ts";
import type { Arrival } from "./forecast.ts";
import type { ChannelForecast, MessagesPlan } from "./plan.ts";
import type { MessagePrice } from "./price-message.ts";
import { tidy } from "./tidy.ts";
import { type Reach, type ScopedCap, takenBy } from "./reach.ts";

type Send = Extract<Step, { kind: "send" }>;

/** When a channel may be used: of its customers' day, or null at any time. */
export type Hours = { readonly from: string; readonly until: string } | null;

export interface Sending {
  readonly journey: Journey;
  readonly now: Date;
  readonly cohorts: readonly ForeseenCohort[];
  readonly reach: Reach | null;
  readonly prices: readonly MessagePrice[];
  readonly guessed: readonly Guess[];
  /** The channels a send step may take, most wanted first. */
  readonly channelsOf: (step: Send) => readonly string[];
  readonly hoursOf: (channel: string) => Hours;
  /** Those its messages may fall under. */
  readonly caps: readonly ScopedCap[];
  readonly repeating: Repeating;
  readonly zone: string;
}

/** Customers who come together, and when how many of them come to which step. */
export interface ForeseenCohort extends Cohort {
  readonly arrivals: readonly Arrival[];
}

const DAY_MS = 86_400_000;

interface Sent {
  readonly channel: string;
  readonly step: StepId;
  readonly template: string;
  readonly day: string;
  readonly messages: number;
}

/** The messages that come of so many customers at the send steps, and those that do not. */
export function planMessages(sending: Sending): MessagesPlan {
  const { journey, now, cohorts, reach, prices, guessed } = sending;
  const patienceMs = roughSeconds(journey.maxLateness) * 1000;
  const places = new Places(sending.caps, sending.repeating, patienceMs);
  const sent: Sent[] = [];
  const lost: Record<string, number> = {};
  let delayed = 0;
  const lose = (why: string, messages: number) => {
    if (messages > 0) lost[why] = (lost[why] ?? 0) + messages;
  };
  for (const { cohort, arrival } of inTime(cohorts)) {
    const { step: id, at, customers } = arrival;
    const step = journey.steps[id];
    if (step?.kind !== "send") continue;
    const taken = takenBy(reach, sending.channelsOf(step));
    for (const [why, share] of Object.entries(taken.lost)) lose(why, customers * share);
    for (const { pattern, channel, share, capDays } of taken.by) {
      const messages = customers * share;
      const free = Math.max(at.getTime(), now.getTime() + capDays * DAY_MS);
      const closed = lateness(sending, channel, new Date(free)) * 1000;
      const goes = free + closed;
      if (goes - at.getTime() > patienceMs) {
        lose(free > at.getTime() ? "cap" : "outside the permitted hours for too long", messages);
        continue;
      }
      const each = Math.min(1, customers / cohort.customers);
      let placed = 0;
      for (const part of places.take({ cohort, pattern, channel, at: goes, each })) {
        const theirs = (messages * part.each) / each;
        placed += theirs;
        const day = dayAt(new Date(part.at), sending.zone);
        sent.push({ channel, step: id, template: step.template, day, messages: theirs });
      }
      if (closed > 0) delayed += placed;
      if (messages - placed > 1e-6) lose("cap", messages - placed);
    }
  }
  return {
    channels: channelsIn(sent, prices),
    steps: stepsIn(sent),
    prices,
    lost: Object.fromEntries(Object.entries(lost).map(([why, count]) => [why, tidy(count)])),
    delayed: tidy(delayed),
    sample: reach?.sample ?? 0,
    caps: sending.caps.length,
    guessed,
  };
}

function inTime(cohorts: readonly ForeseenCohort[]) {
  return cohorts
    .flatMap((cohort) => cohort.arrivals.map((arrival) => ({ cohort, arrival })))
    .toSorted((a, b) => a.arrival.at.getTime() - b.arrival.at.getTime());
}

/** Seconds until the channel's hours begin, reckoned in the shop's zone. */
function lateness({ journey, hoursOf, zone }: Sending, channel: string, at: Date): number {
  const hours = hoursOf(channel);
  if (hours === null || journey.class === "transactional") return 0;
  const minute = afterMidnight(at, zone) / 60_000;
  const [from, until] = [minutesOf(hours.from), minutesOf(hours.until)];
  if (minute >= from && minute < until) return 0;
  return (minute < from ? from - minute : 24 * 60 - minute + from) * 60;
}

function channelsIn(
  sent: readonly Sent[],
  prices: readonly MessagePrice[],
): readonly ChannelForecast[] {
  const byChannel = [...Map.groupBy(sent, ({ channel }) => channel)];
  return byChannel
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([channel, those]) => {
      const priceOf = (one: Sent) =>
        prices.find((price) => price.template === one.template && price.channel === channel);
      const total = (each: (one: Sent) => number | null) => {
        const values = those.map(each);
        const known = values.filter((value) => value !== null);
        if (known.length < values.length) return null;
        return tidy(known.reduce((sum, value) => sum + value, 0));
      };
      return {
        channel,
        messages: total((one) => one.messages) ?? 0,
        segments: total((one) => times(one.messages, priceOf(one)?.length?.segments)),
        cost: total((one) => times(one.messages, priceOf(one)?.cost)),
        currency: prices.find((price) => price.channel === channel)?.currency ?? null,
        perDay: added(those, ({ day }) => day),
      };
    });
}

function times(messages: number, each: number | null | undefined): number | null {
  return each === null || each === undefined ? null : messages * each;
}

function stepsIn(sent: readonly Sent[]): MessagesPlan["steps"] {
  return [...Map.groupBy(sent, ({ step }) => step)].map(([step, those]) => ({
    step,
    template: those[0]?.template ?? "",
    reached: tidy(those.reduce((sum, one) => sum + one.messages, 0)),
    by: added(those, ({ channel }) => channel),
  }));
}

function added(sent: readonly Sent[], key: (one: Sent) => string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const one of sent) sums[key(one)] = (sums[key(one)] ?? 0) + one.messages;
  return Object.fromEntries(
    Object.entries(sums)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => [name, tidy(count)]),
  );
}

/** "2026-01-12" on the clocks of a zone. */
function dayAt(at: Date, zone: string): string {
  let format = formats.get(zone);
  if (format === undefined)
    formats.set(
      zone,
      (format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" })),
    );
  return format.format(at);
}

const formats = new Map<string, Intl.DateTimeFormat>();
