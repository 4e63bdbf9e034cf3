import { type RawBuilder, sql } from "kysely";
import { type Trace, type TraceRow, readTrace, traceSql } from "../audience/trace.ts";
import { briefly } from "../customer/briefly.ts";
import type { Json } from "../customer/storable.ts";
import type { Condition } from "../journey/condition.ts";
import { leftAlone, mayEnter } from "./enter.ts";
import { lastOccurrence } from "./enter-on-schedule.ts";
import { type Case, instant } from "./why-case.ts";
import { dateSeen } from "./why-date.ts";
import { startingSince } from "./starting-since.ts";

/** Whether the customer would be let in now, and by what. */
export interface Entry {
  /** Whether what starts the journey has come to pass for the customer, and what was seen of it. */
  readonly occasion: { readonly holds: boolean; readonly seen: string };
  /** The tests on the event, and the start's own `if`. */
  readonly condition: Trace | null;
  /** What keeps the customer out although the condition may hold. */
  readonly bars: readonly string[];
  readonly lets: boolean;
}

/** The occasion, with the properties of its event where it is one. */
interface Occasion {
  readonly holds: boolean;
  readonly seen: string;
  readonly entry: unknown;
  readonly bars: readonly string[];
  /** Why it lets nobody in any more, where nothing else is known to keep the customer out. */
  readonly over?: string | null;
}

export async function entryOf(one: Case): Promise<Entry> {
  const occasion = await occasionOf(one);
  const asked = conditionOf(one);
  const condition = asked === null ? null : await traceStart(one, asked, occasion.entry);
  const { holds, seen, over = null } = occasion;
  const known = [...stateBars(one), ...occasion.bars, ...(await rowBars(one))];
  const isUnsaid = known.length === 0 && condition?.holds !== false;
  const bars = isUnsaid && over !== null ? [over] : known;
  return {
    occasion: { holds, seen },
    condition,
    bars,
    lets: holds && condition?.holds !== false && bars.length === 0,
  };
}

/** The event's `where` are tests on what it carries, which is the entry. */
function conditionOf({ version: { journey } }: Case): Condition | null {
  const { start } = journey;
  const tests = start.kind === "event" ? Object.entries(start.where) : [];
  const all: Condition[] = tests.map(([field, test]) => ({ kind: "entry", field, test }));
  if (start.if !== null) all.push(start.if);
  const [only] = all;
  return only === undefined ? null : all.length === 1 ? only : { kind: "all", of: all };
}

async function traceStart(one: Case, condition: Condition, entry: unknown): Promise<Trace> {
  const { session, customerId, version, at: now, rewound } = one;
  const scope = {
    now,
    rewound,
    journey: version.journey.name,
    entry: sql`${JSON.stringify(entry ?? {})}::jsonb`,
  };
  const { rows } = await sql<TraceRow>`
    select ${traceSql(condition, scope)} from customers customer where customer.id = ${customerId}`.execute(
    session,
  );
  return readTrace(condition, rows[0] ?? { holds: [], seen: [] });
}

function stateBars({ version }: Case): readonly string[] {
  if (version.state === "active") return [];
  return [version.state === "paused" ? "the journey is paused" : "the journey is archived"];
}

async function occasionOf(one: Case): Promise<Occasion> {
  const { version, at, zone } = one;
  const { start } = version.journey;
  const plain = { entry: null, bars: [] };
  switch (start.kind) {
    case "event":
      return newestEvent(one, start.event);
    case "segment":
      return membership(one, start);
    case "every": {
      const last = lastOccurrence(start.cron, start.zone ?? zone, at);
      const seen = last === undefined ? "it has not come yet" : `it last came ${instant(last)}`;
      return { ...plain, holds: true, seen, bars: await missed(one, last ?? null) };
    }
    case "date":
      return { ...plain, ...(await dateSeen(one, start)) };
    case "request":
      return { ...plain, ...(await lastRequest(one)) };
  }
}

/** With what it will be asked for is known only then; so the condition is asked of what it was asked with last. */
async function lastRequest({ session, customerId, version, at }: Case) {
  const { rows } = await sql<{ at: Date; entry: Json }>`
    select entered_at as at, entry from enrollments
    where customer_id = ${customerId} and journey_id = ${version.journeyId} and entered_at <= ${at}
    order by entered_at desc limit 1`.execute(session);
  const [last] = rows;
  const said = last === undefined ? null : briefly(last.entry);
  const seen = [
    "whenever it is asked for",
    ...(last === undefined
      ? []
      : [`last ${instant(last.at)}${said === null ? "" : ` with ${said}`}`]),
  ];
  return { holds: true, seen: seen.join("; "), entry: last?.entry ?? null };
}

interface Newest {
  readonly at: Date;
  readonly received: Date;
  readonly properties: Json;
  readonly is_open: boolean;
  /** Why the journey could not react to it. */
  readonly dead: string | null;
}

/** What an event that has been and gone without letting the customer in may have met: of none of it there is a record. */
const notHeard =
  "it let nobody in when it came: the journey was paused, the condition did not hold, or it was imported as history";

async function newestEvent(one: Case, name: string): Promise<Occasion> {
  const { session, customerId, version, at, rewound } = one;
  const { rows } = await sql<Newest>`
    select occurred_at as at, received_at as received, properties,
           exists (select from enrollments let_in where let_in.customer_id = ${customerId} and let_in.journey_id = ${version.journeyId}
             and (let_in.entry_key = 'event:' || events.id or let_in.entered_at = occurred_at
               or let_in.entered_at between received_at and occurred_at))
           or exists (select from pending_events waiting where waiting.event_id = events.id) as is_open,
           (select reason from dead_events dead where dead.journey_id = ${version.journeyId} and dead.event_id = events.id) as dead
    from events
    where customer_id = ${customerId} and name = ${name} and occurred_at <= ${at}
    order by occurred_at desc limit 1`.execute(session);
  const [newest] = rows;
  if (newest === undefined) return { holds: false, seen: `no ${name}`, entry: null, bars: [] };
  const said = briefly(newest.properties);
  return {
    holds: true,
    seen: `${name} ${instant(newest.at)}${said === null ? "" : `, ${said}`}`,
    entry: newest.properties,
    bars: newest.is_open ? [] : await missed(one, heardAt(newest)),
    over: newest.is_open || rewound ? null : overSince(newest),
  };
}

function overSince({ dead }: Newest): string {
  return dead === null ? notHeard : `the journey could not react to it: ${dead}`;
}

/** Journeys hear what comes in, however long ago it was; what happened and came in at the very instant counts as after. */
function heardAt({ at, received }: Newest): Date {
  return at < received ? received : new Date(received.getTime() + 1);
}

interface Membership {
  readonly entered: Date;
  readonly left: Date | null;
}

async function membership(
  one: Case,
  start: Extract<Case["version"]["journey"]["start"], { kind: "segment" }>,
): Promise<Occasion> {
  const { session, customerId, at } = one;
  const { rows } = await sql<Membership>`
    select member.entered_at as entered, case when member.left_at <= ${at} then member.left_at end as left
    from segment_members member
    where member.segment_id = (select id from segments where name = ${start.segment})
      and member.customer_id = ${customerId} and member.entered_at <= ${at}
    order by member.entered_at desc limit 1`.execute(session);
  const [newest] = rows;
  if (newest === undefined)
    return { holds: false, seen: `never in ${start.segment}`, entry: null, bars: [] };
  const since = start.when === "left" ? newest.left : newest.entered;
  const bars = await missed(one, since);
  return {
    holds: start.when === "left" ? newest.left !== null : newest.left === null,
    seen:
      newest.left === null
        ? `in ${start.segment} since ${instant(newest.entered)}`
        : `in ${start.segment} from ${instant(newest.entered)} to ${instant(newest.left)}`,
    entry: null,
    bars: bars.map((bar) => `${bar}, and backfill is off`),
  };
}

/** A start lets nobody in for what came before it was in force. */
async function missed(
  { session, version, at }: Case,
  occasion: Date | null,
): Promise<readonly string[]> {
  const since = await startingSince(session, version, at);
  if (occasion === null || since === null || occasion > since) return [];
  const what = since.getTime() === version.createdAt.getTime() ? "the journey" : "this start";
  return [`that was before ${what} was applied (${instant(since)})`];
}

/** The again rule and the holdouts, by the expressions that `enter` decides with. */
async function rowBars(one: Case): Promise<readonly string[]> {
  const { session, customerId, version, at, rewound, holdout } = one;
  const { again, kind } = version.journey.start;
  const mine = sql`enrollments earlier where earlier.customer_id = ${customerId}
    and earlier.journey_id = ${version.journeyId} and earlier.entered_at <= ${at}`;
  const bar: RawBuilder<boolean> =
    again.kind === "never" && kind !== "request"
      ? sql`exists (select from ${mine} and earlier.entry_key = 'once')`
      : sql`not ${mayEnter(version, rewound ? at : null)}`;
  const { rows } = await sql<{
    barred: boolean;
    alone: string | null;
    last: Date | null;
    inside: boolean;
  }>`
    select entrant.alone, ${bar} as barred, (select max(earlier.entered_at) from ${mine}) as last,
           exists (select from ${mine} and coalesce(earlier.finished_at > ${at}, true)) as inside
    from (select customer.id as customer_id, ${at}::timestamptz as entered_at, ${leftAlone(version, holdout)} as alone
          from customers customer where customer.id = ${customerId}) as entrant`.execute(session);
  const [row] = rows;
  if (row === undefined) return [];
  const last = row.last === null ? "" : `, last ${instant(row.last)}`;
  const rule = row.inside
    ? "inside already"
    : again.kind === "after"
      ? `entered too short a while ago${last}`
      : `has been in it, and comes in once only${last}`;
  return [
    ...(row.barred ? [rule] : []),
    ...(row.alone === null ? [] : [`left alone: ${row.alone}`]),
  ];
}
