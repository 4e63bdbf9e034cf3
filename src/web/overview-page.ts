import { sql } from "kysely";
import { listSegments } from "../audience/segment.ts";
import type { Database } from "../database/database.ts";
import { type JourneyCounts, journeyCounts } from "../enrollment/journey-counts.ts";
import { type ChannelState, channelStates } from "../message/channel-state.ts";
import type { MessageState } from "../message/message.ts";
import { attentionOf } from "./attention.ts";
import type { Page } from "./page.ts";
import { shareOut } from "./share.ts";
import type { Site } from "./site.ts";

/** What runs, what went out in the last 24 hours, and what somebody should look at. */
export async function overviewPage({ engine }: Site): Promise<Page> {
  const { database, clock, config } = engine;
  const now = clock.now();
  const [journeys, channels, segments, day, customers] = await Promise.all([
    journeyCounts(database),
    channelStates(database, configuredChannels(config), now),
    listSegments(database),
    lastDay(database, now),
    countCustomers(database),
  ]);
  const model = {
    now,
    journeys: journeys.map(journeyLine),
    customers,
    isEmpty: customers === 0,
    totals: totalsOf(journeys),
    day,
    channels: channels.map((channel) => ({ ...channel, state: stateOf(channel) })),
    attention: attentionOf(journeys, channels, segments),
  };
  return { view: "overview", title: "Overview", model };
}

export function configuredChannels(config: {
  readonly channels: Readonly<Record<string, { readonly provider: string }>>;
}): { name: string; provider: string }[] {
  return Object.entries(config.channels).map(([name, { provider }]) => ({ name, provider }));
}

export function stateOf(channel: ChannelState): "open" | "paused" | "throttled" {
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

async function countCustomers(database: Database): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`select count(*)::int as count from customers`.execute(database);
  return rows[0]?.count ?? 0;
}

/** The messages planned or sent in the last 24 hours, by state, and by the hour they went out in. */
async function lastDay(database: Database, now: Date) {
  const { rows } = await sql<{ state: MessageState; ago: number | null; count: number }>`
    select state, case when sent_at > ${now}::timestamptz - interval '1 day' and sent_at <= ${now}
      then floor(extract(epoch from ${now}::timestamptz - sent_at) / 3600)::int end as ago, count(*)::int as count
    from messages where planned_at > ${now}::timestamptz - interval '1 day' or sent_at > ${now}::timestamptz - interval '1 day'
    group by 1, 2`.execute(database);
  const states: Partial<Record<MessageState, number>> = {};
  const hours = Array.from({ length: 24 }, () => 0);
  for (const { state, ago, count } of rows) {
    states[state] = (states[state] ?? 0) + count;
    if (ago !== null) hours[23 - Math.min(23, ago)] = (hours[23 - Math.min(23, ago)] ?? 0) + count;
  }
  const most = Math.max(...hours, 1);
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  const sent = hours.reduce((sum, count) => sum + count, 0);
  const bars = hours.map((count, index) => ({
    at: new Date(now.getTime() - (23 - index) * 3_600_000),
    count,
    x: index * 10,
    y: Number((60 - barHeight(count, most)).toFixed(1)),
    height: Number(barHeight(count, most).toFixed(1)),
  }));
  return { total, sent, states: shareOut(states), bars, from: bars[0]?.at ?? now };
}

/** Few beside many are still seen. */
function barHeight(count: number, most: number): number {
  return count === 0 ? 1 : Math.max(3, (58 * count) / most);
}
