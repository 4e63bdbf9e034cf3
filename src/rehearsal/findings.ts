import { sql } from "kysely";
import type { Price } from "../config-values.ts";
import type { Database } from "../database/database.ts";
import { type PoolFindings, type Unplayed, findPools, findUnplayed } from "./beside.ts";

/** What came of a rehearsal with a shop's own customers. */
export interface Findings {
  readonly journeys: readonly JourneyFindings[];
  /** Messages that would have been sent, by day of the shop's own zone. */
  readonly days: readonly {
    readonly day: string;
    readonly channel: string;
    readonly messages: number;
  }[];
  readonly steps: readonly StepFindings[];
  readonly channels: readonly ChannelFindings[];
  /** Planned and not sent, by why. */
  readonly losses: readonly Loss[];
  readonly collisions: Collisions;
  readonly pools: readonly PoolFindings[];
  readonly unplayed: readonly Unplayed[];
}

export interface JourneyFindings {
  readonly journey: string;
  /** Without the holdout. */
  readonly enrolled: number;
  readonly holdout: number;
  /** Inside at the beginning; what became of them counts below, beside those who enrolled. */
  readonly before: number;
  readonly inside: number;
  readonly completed: number;
  readonly held: number;
  readonly exited: Readonly<Record<string, number>>;
  readonly sent: number;
  /** Enrolled customers who reached the goal in its window. No message reached them: they did so by themselves. */
  readonly converted: number;
  readonly value: number;
  /** Enrolled customers whose window was still open at the end. */
  readonly undecided: number;
}

export interface StepFindings {
  readonly journey: string;
  readonly step: string;
  readonly channel: string;
  readonly sent: number;
  /** Sent later than planned: quiet hours, or a cap. */
  readonly putOff: number;
  readonly lost: number;
}

export interface ChannelFindings {
  readonly channel: string;
  readonly messages: number;
  /** Of texts, which are billed by these; null for all else. */
  readonly segments: number | null;
  readonly cost: { readonly amount: number; readonly currency: string } | null;
}

export interface Loss {
  readonly journey: string;
  readonly channel: string;
  readonly reason: string;
  readonly messages: number;
}

/** Days on which a customer would have had more than one message. */
export interface Collisions {
  readonly customerDays: number;
  readonly customers: number;
  readonly pairs: readonly {
    readonly journeys: readonly string[];
    readonly customerDays: number;
  }[];
}

interface Asked {
  readonly from: Date;
  readonly until: Date;
  readonly zone: string;
  readonly prices: Readonly<Record<string, Price | undefined>>;
  /** Segments of each text, by delivery id. */
  readonly texts: ReadonlyMap<string, number>;
}

export async function find(database: Database, asked: Asked): Promise<Findings> {
  return {
    journeys: await findJourneys(database, asked),
    days: await findDays(database, asked),
    steps: await findSteps(database, asked),
    channels: await findChannels(database, asked),
    losses: await findLosses(database, asked),
    collisions: await findCollisions(database, asked),
    pools: await findPools(database, asked),
    unplayed: await findUnplayed(database, asked),
  };
}

/** Of the time that was played: the copy of a shop may hold older ones. */
const wasSent = (from: Date) => sql`m.sent_at >= ${from}`;

interface JourneyRow extends Omit<JourneyFindings, "exited"> {
  readonly exited: Record<string, number> | null;
}

async function findJourneys(
  database: Database,
  { from, until }: Asked,
): Promise<readonly JourneyFindings[]> {
  const entered = sql`e.entered_at >= ${from}`;
  const here = sql`e.journey_id = j.id and (${entered} or e.finished_at >= ${from} or e.state in ('entered', 'waiting')
    or (e.state = 'held' and e.moved_at >= ${from}))`;
  const { rows } = await sql<JourneyRow>`
    select j.name as journey, counted.*, exits.exited,
      (select count(*)::int from messages m where m.journey_id = j.id and ${wasSent(from)}) as sent
    from journeys j
    cross join lateral (
      select count(*) filter (where ${entered} and not e.holdout)::int as enrolled,
        count(*) filter (where ${entered} and e.holdout)::int as holdout, count(*) filter (where not ${entered})::int as before,
        count(*) filter (where e.state in ('entered', 'waiting'))::int as inside,
        count(*) filter (where e.state = 'completed')::int as completed, count(*) filter (where e.state = 'held')::int as held,
        count(*) filter (where ${entered} and e.converted_at is not null and not e.holdout)::int as converted,
        round(coalesce(sum(e.conversion_value) filter (where ${entered} and not e.holdout), 0), 2)::float8 as value,
        count(*) filter (where ${entered} and not e.holdout and e.converted_at is null and v.definition #>> '{objective,within,days}' is not null
          and e.entered_at + make_interval(months => (v.definition #>> '{objective,within,months}')::int,
            days => (v.definition #>> '{objective,within,days}')::int,
            secs => (v.definition #>> '{objective,within,seconds}')::int) > ${until})::int as undecided
      from enrollments e join journey_versions v on v.id = e.version_id where ${here}) as counted
    cross join lateral (
      select jsonb_object_agg(reason, customers) as exited from (
        select coalesce(e.reason, '') as reason, count(*)::int as customers from enrollments e
        where ${here} and e.state = 'exited' and not e.holdout group by 1) as reasons) as exits
    where j.state <> 'archived' or counted.before > 0 order by j.name`.execute(database);
  return rows.map((row) => ({ ...row, exited: row.exited ?? {} }));
}

async function findDays(database: Database, { from, zone }: Asked): Promise<Findings["days"]> {
  const { rows } = await sql<Findings["days"][number]>`
    select to_char(m.sent_at at time zone ${zone}, 'YYYY-MM-DD') as day, m.channel, count(*)::int as messages
    from messages m where ${wasSent(from)} group by 1, 2 order by 1, 2`.execute(database);
  return rows;
}

async function findSteps(database: Database, { from }: Asked): Promise<readonly StepFindings[]> {
  const { rows } = await sql<StepFindings>`
    select j.name as journey, m.step, m.channel, count(*) filter (where ${wasSent(from)})::int as sent,
      count(*) filter (where ${wasSent(from)} and m.due_at > m.planned_at + interval '1 minute')::int as "putOff",
      count(*) filter (where m.state in ('suppressed', 'expired', 'failed'))::int as lost
    from messages m join journeys j on j.id = m.journey_id
    where m.planned_at >= ${from} or ${wasSent(from)} group by 1, 2, 3 order by 1, 2, 3`.execute(
    database,
  );
  return rows;
}

async function findChannels(
  database: Database,
  { from, prices, texts }: Asked,
): Promise<readonly ChannelFindings[]> {
  const { rows } = await sql<{ channel: string; messages: number; segments: number | null }>`
    with told as (
      select * from unnest(${[...texts.keys()]}::uuid[], ${[...texts.values()]}::int[]) as told (delivery_id, segments))
    select m.channel, count(*)::int as messages, sum(told.segments)::int as segments
    from messages m left join told on told.delivery_id = m.delivery_id
    where ${wasSent(from)} group by 1 order by 1`.execute(database);
  return rows.map((row) => {
    const price = prices[row.channel];
    const units = price?.per === "segment" ? (row.segments ?? row.messages) : row.messages;
    const cost = price && {
      amount: Math.round(units * price.amount * 100) / 100,
      currency: price.currency,
    };
    return { ...row, cost: cost ?? null };
  });
}

async function findLosses(database: Database, { from }: Asked): Promise<readonly Loss[]> {
  const { rows } = await sql<Loss>`
    select j.name as journey, m.channel, case when m.state = 'failed' then 'failed: ' || coalesce(left(m.reason, 120), '')
        when m.reason = 'stopped' then 'the journey was stopped first' else coalesce(m.reason, m.state) end as reason, count(*)::int as messages
    from messages m join journeys j on j.id = m.journey_id
    where m.state in ('suppressed', 'expired', 'failed') and m.sent_at is null and m.planned_at >= ${from}
    group by 1, 2, 3 order by messages desc, 1, 2, 3 limit 100`.execute(database);
  return rows;
}

async function findCollisions(database: Database, { from, zone }: Asked): Promise<Collisions> {
  const { rows } = await sql<{ journeys: string[]; customerDays: number; customers: number }>`
    with days as (
      select m.customer_id, array_agg(distinct j.name order by j.name) as journeys
      from messages m join journeys j on j.id = m.journey_id
      where ${wasSent(from)} group by m.customer_id, (m.sent_at at time zone ${zone})::date having count(*) > 1)
    select journeys, count(*)::int as "customerDays",
      (select count(distinct customer_id)::int from days) as customers
    from days group by journeys order by 2 desc, 1`.execute(database);
  const pairs = rows.map(({ journeys, customerDays }) => ({ journeys, customerDays }));
  return {
    customerDays: pairs.reduce((sum, pair) => sum + pair.customerDays, 0),
    customers: rows[0]?.customers ?? 0,
    pairs,
  };
}
