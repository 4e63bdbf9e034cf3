import { listSegments } from "../audience/segment.ts";
import type { Rate } from "../config-values.ts";
import { listDeadEvents } from "../enrollment/dead-event.ts";
import { type JourneyCounts, journeyCounts } from "../enrollment/journey-counts.ts";
import { type ChannelState, channelStates, dueCountedTo } from "../message/channel-state.ts";
import { type LastDay, sentOn } from "../message/last-day.ts";
import type { MessageState } from "../message/message.ts";
import { attentionOf } from "./attention.ts";
import type { Figures } from "./figures.ts";
import { oldestOf } from "./kept-figure.ts";
import type { Page } from "./page.ts";
import { shareOut } from "./share.ts";
import type { Site } from "./site.ts";

/** What runs, what went out in the last 24 hours, and what somebody should look at. */
export async function overviewPage({ engine }: Site, figures: Figures): Promise<Page> {
  const { database, clock, config } = engine;
  const now = clock.now();
  const [counted, day, customers, channels, segments, deadEvents] = await Promise.all([
    figures.journeys.read(),
    figures.day.read(),
    figures.customers.read(),
    channelStates(database, configuredChannels(config), now),
    listSegments(database),
    listDeadEvents(database),
  ]);
  const journeys = await journeyCounts(database, counted.value);
  const model = {
    now,
    asOf: oldestOf(counted, day, customers),
    journeys: journeys.map(journeyLine),
    customers: customers.value,
    isEmpty: customers.value === 0,
    totals: totalsOf(journeys),
    day: dayOf(day.value),
    channels: channels.map((channel) => channelLine(channel, day.value)),
    attention: attentionOf(journeys, channels, segments, deadEvents),
  };
  return { view: "overview", title: "Overview", model };
}

/** A channel with what it did in the last day. */
export function channelLine(channel: ChannelState, day: LastDay) {
  const { sent: sentToday, failed: failedToday } = sentOn(channel.name, day);
  const isMoreDue = channel.due >= dueCountedTo;
  return { ...channel, sentToday, failedToday, isMoreDue, state: stateOf(channel) };
}

export function configuredChannels(config: {
  readonly channels: Readonly<
    Record<string, { readonly provider: string; readonly rate?: Rate | undefined }>
  >;
}): { name: string; provider: string; rate: Rate | undefined }[] {
  return Object.entries(config.channels).map(([name, { provider, rate }]) => ({
    name,
    provider,
    rate,
  }));
}

function stateOf(channel: ChannelState): "open" | "paused" | "throttled" {
  if (channel.pausedAt !== null) return "paused";
  return channel.throttledUntil === null ? "open" : "throttled";
}

function journeyLine(counts: JourneyCounts) {
  const { name, state, journey, entered, inside, held, converted, value, holdout } = counts;
  return {
    name,
    state,
    describe: journey.describe,
    entered,
    inside,
    held,
    converted,
    value,
    holdout,
    rate: entered === 0 ? null : converted / entered,
    target: journey.objective?.target ?? null,
  };
}

function totalsOf(journeys: readonly JourneyCounts[]) {
  const sum = (read: (journey: JourneyCounts) => number) =>
    journeys.reduce((total, journey) => total + read(journey), 0);
  return {
    inside: sum((one) => one.inside),
    converted: sum((one) => one.converted),
    value: sum((one) => one.value),
    active: sum((one) => (one.state === "active" ? 1 : 0)),
  };
}

function dayOf({ counts, until }: LastDay) {
  const states: Partial<Record<MessageState, number>> = {};
  const hours = Array.from({ length: 24 }, () => 0);
  for (const { state, ago, count } of counts) {
    states[state] = (states[state] ?? 0) + count;
    if (ago !== null) hours[23 - ago] = (hours[23 - ago] ?? 0) + count;
  }
  const most = Math.max(...hours, 1);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const sent = hours.reduce((sum, count) => sum + count, 0);
  const bars = hours.map((count, index) => ({
    at: new Date(until.getTime() - (23 - index) * 3_600_000),
    count,
    x: index * 10,
    y: Number((60 - barHeight(count, most)).toFixed(1)),
    height: Number(barHeight(count, most).toFixed(1)),
  }));
  return { total, sent, states: shareOut(states), bars, from: bars[0]?.at ?? until };
}

/** Few beside many are still seen. */
function barHeight(count: number, most: number): number {
  return count === 0 ? 1 : Math.max(3, (58 * count) / most);
}
