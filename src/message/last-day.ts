import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { MessageState } from "./message.ts";

export interface LastDay {
  /** The end of the day. */
  readonly until: Date;
  readonly counts: readonly DayCount[];
}

interface DayCount {
  readonly channel: string;
  readonly state: MessageState;
  /** Hours since it was sent, from 0 to 23; null when it was only planned. */
  readonly ago: number | null;
  readonly count: number;
}

/** The messages planned or sent in the last 24 hours, by channel, state, and the hour they went out in. */
export async function lastDay(database: Database, now: Date): Promise<LastDay> {
  const { rows } = await sql<DayCount>`
    select channel, state, case when sent_at > ${now}::timestamptz - interval '1 day' and sent_at <= ${now}
      then least(23, floor(extract(epoch from ${now}::timestamptz - sent_at) / 3600))::int end as ago, count(*)::int as count
    from messages where planned_at > ${now}::timestamptz - interval '1 day' or sent_at > ${now}::timestamptz - interval '1 day'
    group by 1, 2, 3`.execute(database);
  return { until: now, counts: rows };
}

/** What went out on one channel, and what of it came back. */
export function sentOn(channel: string, { counts }: LastDay): { sent: number; failed: number } {
  const total = (isOne: (state: MessageState) => boolean) =>
    counts
      .filter((one) => one.channel === channel && one.ago !== null && isOne(one.state))
      .reduce((sum, { count }) => sum + count, 0);
  const isBack = (state: MessageState) => state === "failed" || state === "bounced";
  return { failed: total(isBack), sent: total((state) => !isBack(state) && state !== "retry") };
}
