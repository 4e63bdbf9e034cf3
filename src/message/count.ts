import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { rowsOf, sampleOf } from "../database/table-rows.ts";
import { isOpen } from "./claim.ts";
import { type MessageState, offCourseStates } from "./message.ts";

/** Counting ends here, so that a look costs the same over ten million rows that wait as over a hundred thousand. */
const countedAtMost = 100_000;
/** So many of one journey, or off course in one way, are counted; more of a large ledger are estimated. */
const few = 5000;

/** How many messages of a step are in one state. */
export interface MessageCount {
  readonly journey_id: number;
  readonly step: string;
  readonly state: MessageState;
  readonly messages: string;
  readonly isEstimated: boolean;
}

export type StateCounts = Readonly<Partial<Record<MessageState, number>>>;

/** Every message is counted. */
export async function countMessages(database: Database): Promise<readonly MessageCount[]> {
  const { rows } = await sql<MessageCount>`
    select journey_id, step, state, count(*) as messages, false as "isEstimated" from messages group by 1, 2, 3`.execute(
    database,
  );
  return rows;
}

/**
 * The same at a bounded cost. Of a large ledger journeys with few messages are counted, and what seldom happens; the rest is as
 * large as its share of some pages, which lie all over the ledger.
 */
export async function estimateMessages(database: Database): Promise<readonly MessageCount[]> {
  const ledger = await rowsOf(database, "messages");
  if (!ledger.isEstimated) return countMessages(database);
  const { rows } = await sql<MessageCount>`
    with small as materialized (
      select id from journeys
      where (select count(*) from (select from messages where journey_id = journeys.id limit ${few + 1}) as those) <= ${few}
    ), seldom as materialized (
      select state from unnest(${offCourseStates}::text[]) as known (state)
      where (select count(*) from (select from messages where off_course = known.state limit ${few + 1}) as those) <= ${few}
    ), sampled as materialized (
      select journey_id, step, state, count(*) as messages, ${ledger.rows}::numeric / sum(count(*)) over () as times
      from ${await sampleOf(database, "messages")} group by 1, 2, 3
    )
    select one.journey_id, one.step, one.state, count(*) as messages, false as "isEstimated" from small
      cross join lateral (select * from messages where journey_id = small.id limit ${few}) as one group by 1, 2, 3
    union all
    select one.journey_id, one.step, one.state, count(*), false from seldom
      cross join lateral (select * from messages where off_course = seldom.state limit ${few}) as one
      where one.journey_id not in (select id from small) group by 1, 2, 3
    union all
    select journey_id, step, state, round(messages * times), true from sampled
      where journey_id not in (select id from small) and state not in (select state from seldom)`.execute(
    database,
  );
  return rows;
}

export interface Ledger {
  readonly counts: StateCounts;
  /** The states of these that are estimated, as of the last ANALYZE; none where all was counted. */
  readonly estimated: readonly MessageState[];
}

/**
 * How many messages are in each state. Of a large ledger those that are accepted or delivered are estimated; all others have indexes of
 * their own and are counted, as far as counting goes.
 */
export async function countOrEstimate(database: Database, { exact = false } = {}): Promise<Ledger> {
  const { rows: size, isEstimated } = await rowsOf(database, "messages", { exact });
  if (!isEstimated) return { counts: byState(await countMessages(database)), estimated: [] };
  const { rows } = await sql<{ state: MessageState; count: number; isEstimated: boolean }>`
    with indexed as (
      select state, count(*)::float8 as count from (
        (select 'planned' as state from messages where needs = 'delivery' and off_course is null limit ${countedAtMost})
        union all select m.state from claims join messages m on ${isOpen}
        union all select found.state from unnest(${offCourseStates}::text[]) as known (state)
          cross join lateral (select known.state from messages where off_course = known.state limit ${countedAtMost}) as found
      ) as found group by state
    ), estimated as (
      select state, round(share * ${size})::float8 as count from (
        select unnest(most_common_vals::text::text[]) as state, unnest(most_common_freqs) as share from pg_stats
        where schemaname = current_schema() and tablename = 'messages' and attname = 'state') as known
    )
    select state, greatest(estimated.count, indexed.count) as count, true as "isEstimated"
      from estimated left join indexed using (state)
      where state in ('accepted', 'delivered') or indexed.count >= ${countedAtMost}
    union all select state, count, count >= ${countedAtMost} from indexed
      where count < ${countedAtMost} or state not in (select state from estimated)`.execute(
    database,
  );
  return {
    counts: Object.fromEntries(rows.map(({ state, count }) => [state, count])),
    estimated: rows.filter((row) => row.isEstimated).map(({ state }) => state),
  };
}

/** The same counts over all journeys and steps. */
export function byState(counted: readonly MessageCount[]): StateCounts {
  const sums: Partial<Record<MessageState, number>> = {};
  for (const { state, messages } of counted) sums[state] = (sums[state] ?? 0) + Number(messages);
  return sums;
}
