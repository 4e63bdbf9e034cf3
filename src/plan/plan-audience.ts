import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { isFilledNewly, startsAnew } from "../enrollment/start-mark.ts";
import type { Condition } from "../journey/condition.ts";
import type { Journey, Start } from "../journey/journey.ts";
import { roughSeconds } from "../duration.ts";
import { type Asked, type Audience, compareAudiences, predicate } from "./audience.ts";
import { customersSampled, within } from "./budget.ts";
import type { Repeating } from "./cap-estimate.ts";
import { type Incoming, comingAgain } from "./enter-chain.ts";
import {
  type Entry,
  type Horizon,
  entriesByDay,
  entriesByEvents,
  entriesOnDate,
  entriesOnSchedule,
} from "./entry.ts";
import { eventHistory, passes } from "./event-history.ts";
import { inlineSegments } from "./inline-segments.ts";
import type { AudiencePlan } from "./plan.ts";
import { segmentFlow } from "./segment-flow.ts";

/** A journey's start as it is and as it will be. */
export interface Starting {
  readonly before: Journey | null;
  readonly after: Journey;
  readonly journeyId: number | null;
  /** It enrols now; else it is created, or comes back. */
  readonly isActive: boolean;
  /** Segments that change, with the conditions they will have. */
  readonly segments: ReadonlyMap<string, Condition>;
  /** All segments there will be. */
  readonly everySegment: ReadonlyMap<string, Condition>;
  /** Share of all customers whom every marketing journey leaves alone. */
  readonly holdout: number;
}

export interface Entering {
  readonly plan: AudiencePlan;
  /** Without the holdout. */
  readonly entries: readonly Entry[];
  /** Those of one occurrence, or of one day, come together. */
  readonly isByOccurrence: boolean;
  readonly repeating: Repeating;
  /** Ids of customers of the audience, a few thousand at most. */
  readonly sample: RawBuilder<unknown>;
  /** Ids of those who would have been of the audience at an earlier moment. */
  readonly past: (at: Date) => RawBuilder<unknown>;
}

/** Who would enter the journey, at once and within the horizon. */
export async function planAudience(
  database: Database,
  starting: Starting,
  asked: Asked,
  horizon: Horizon,
  incoming: readonly Incoming[] = [],
): Promise<Entering> {
  const { start } = starting.after;
  const found = await entriesBy(start, database, starting, asked, horizon);
  const others = incoming.map((one) => ({ ...one, entries: comingAgain(one, start.again) }));
  const all = [...found.entries, ...others.flatMap((one) => one.entries)];
  const entering = sum(all);
  const left = leftAlone(starting);
  const { atOnce, members, events, occurrences } = found;
  const most = others.toSorted((a, b) => sum(b.entries) - sum(a.entries))[0];
  const isByOthers = most !== undefined && sum(most.entries) > sum(found.entries);
  const plan: AudiencePlan = {
    members,
    events,
    atOnce,
    anew: isAnew(starting),
    entering,
    perDay: (entering - atOnce) / horizon.days,
    occurrences,
    byOthers: others.map((one) => ({ journey: one.by, customers: sum(one.entries) })),
    holdout: left,
  };
  return {
    plan,
    entries: all.map((one) => ({ ...one, customers: one.customers * (1 - left) })),
    isByOccurrence: !isByOthers && occurrences.length > 0,
    repeating: repeatingOf(start, plan, isByOthers ? most : null),
    sample: isByOthers ? most.sample : found.sample,
    past: isByOthers ? () => most.sample : (found.past ?? (() => found.sample)),
  };
}

/** Who comes again and again: all of a schedule's audience each time, or whom the same event happens to. */
function repeatingOf(
  { kind, again }: Start,
  { members, events }: AudiencePlan,
  others: Incoming | null,
): Repeating {
  const own = kind === "every" ? (members?.then ?? null) : (events?.customers.then ?? 0) || null;
  const people = again.kind === "never" ? null : others === null ? own : others.people;
  return { people, againMs: again.kind === "after" ? roughSeconds(again.after) * 1000 : 0 };
}

function entriesBy(
  start: Start,
  database: Database,
  starting: Starting,
  asked: Asked,
  horizon: Horizon,
): Promise<FoundEntries> {
  if (start.kind === "event") return byEvents(database, starting, start, asked, horizon);
  if (start.kind === "request") return byRequests(database, starting, asked, horizon);
  return byCustomers(database, starting, asked, horizon);
}

/** Of starts that look by themselves: an event or a request is heard when it comes. */
function isAnew({ before, after: { start }, isActive }: Starting): boolean {
  const looks = start.kind !== "event" && start.kind !== "request";
  return isActive && looks && before !== null && startsAnew(before.start, start);
}

/** Customers of the audience who are asked how they can be reached: shares within two in a hundred. */
const sampled = 2500;

interface FoundEntries extends Pick<AudiencePlan, "atOnce" | "members" | "events" | "occurrences"> {
  readonly entries: readonly Entry[];
  readonly sample: RawBuilder<unknown>;
  /** Where a condition says who they are, it says who they were. */
  readonly past?: Entering["past"];
}

async function byEvents(
  database: Database,
  { before, journeyId, segments }: Starting,
  start: Extract<Start, { kind: "event" }>,
  asked: Asked,
  horizon: Horizon,
): Promise<FoundEntries> {
  const will = { ...start, if: start.if && inlineSegments(start.if, segments) };
  const was = before?.start.kind === "event" ? before.start : null;
  const events = await eventHistory(database, was, will, { ...asked, journeyId });
  const since = new Date(asked.now.getTime() - 30 * 86_400_000);
  const sample = sql`select distinct customer_id as id from (
    select event.customer_id from events as event join customers as customer on customer.id = event.customer_id
    where event.name = ${will.event} and event.occurred_at > ${since} and event.occurred_at <= ${asked.now} and ${passes(will, asked)}
    order by event.occurred_at desc limit ${sampled}::int) as heard`;
  const entries = entriesByEvents(events, horizon);
  return { atOnce: 0, members: null, events, occurrences: [], entries, sample };
}

/** Who is asked for, and with what, is known only then: as many as before, and customers like those before. */
async function byRequests(
  database: Database,
  { journeyId }: Starting,
  asked: Asked,
  horizon: Horizon,
): Promise<FoundEntries> {
  const aDay = journeyId === null ? 0 : (await enteredLately(database, journeyId, asked)) / 30;
  const percent = Math.min(100, (100 * sampled) / Math.max(1, asked.customers));
  const sample =
    aDay === 0
      ? sql`select customer.id from ${customersSampled(percent)} limit ${2 * sampled}::int`
      : sql`select distinct customer_id as id from (select customer_id from enrollments where journey_id = ${journeyId}
          order by entered_at desc limit ${sampled}::int) as asked_for`;
  const entries = entriesByDay(aDay, horizon);
  return { atOnce: 0, members: null, events: null, occurrences: [], entries, sample };
}

async function byCustomers(
  database: Database,
  starting: Starting,
  asked: Asked,
  horizon: Horizon,
): Promise<FoundEntries> {
  const { before, after, segments, everySegment, isActive } = starting;
  const will = inlined(audienceOf(after.start), segments);
  const was = before === null || !isActive ? null : audienceOf(before.start);
  const members = await compareAudiences(database, was, will, asked);
  const percent = members.then === 0 ? 100 : Math.min(100, (100 * sampled) / members.then);
  const few = percent < 100 ? "few" : "many";
  const sampleOf = (audience: Audience, now: Date) =>
    sql`select customer.id from ${customersSampled(percent)} where ${predicate(audience, { ...asked, now }, few)} limit ${2 * sampled}::int`;
  // A segment that is kept has the members of today, and nobody is among the lapsed of today who has bought since.
  const then = inlined(audienceOf(after.start), everySegment);
  const { atOnce, later, occurrences } = await entriesOf(
    database,
    starting,
    { members, will },
    asked,
    horizon,
  );
  const soon = new Date(horizon.now.getTime() + 60_000);
  const entries = [...(atOnce > 0 ? [{ at: soon, customers: atOnce }] : []), ...later];
  const [sample, past] = [sampleOf(will, asked.now), (at: Date) => sampleOf(then, at)];
  return { atOnce, members, events: null, occurrences, entries, sample, past };
}

interface Coming {
  readonly atOnce: number;
  readonly later: readonly Entry[];
  readonly occurrences: readonly Entry[];
}

async function entriesOf(
  database: Database,
  starting: Starting,
  { members, will }: { readonly members: AudiencePlan["members"]; readonly will: Audience },
  asked: Asked,
  horizon: Horizon,
): Promise<Coming> {
  const { before, after, journeyId, isActive, segments } = starting;
  const { start } = after;
  const [then, enters, leaves] = [members?.then ?? 0, members?.enters ?? 0, members?.leaves ?? 0];
  switch (start.kind) {
    case "segment": {
      const isFilled = isFilledNewly(before?.start ?? null, start);
      const isMoved = isActive && segments.has(start.segment) && !isAnew(starting);
      const moved = start.when === "left" ? leaves : enters;
      const fresh = isFilled ? await notYetIn(database, starting, { then, will }, asked) : 0;
      const atOnce = isFilled ? fresh : isMoved ? moved : 0;
      const aDay = await segmentFlow(database, start, asked);
      return { atOnce, later: entriesByDay(aDay ?? 0, horizon), occurrences: [] };
    }
    case "every": {
      const isOnce = start.again.kind === "never" && journeyId !== null;
      const fresh = isOnce ? then - (await enrolledIn(database, journeyId)) : then;
      const later = entriesOnSchedule(start, Math.max(0, fresh), horizon);
      return { atOnce: 0, later, occurrences: later };
    }
    case "date": {
      const later = await entriesOnDate(database, start, will, asked, horizon);
      return { atOnce: 0, later, occurrences: later };
    }
    default:
      return { atOnce: 0, later: [], occurrences: [] };
  }
}

/** Members whom a start that fills itself finds: all, or those who have not been in it yet. */
async function notYetIn(
  database: Database,
  { after, journeyId }: Starting,
  { then, will }: { readonly then: number; readonly will: Audience },
  asked: Asked,
): Promise<number> {
  if (journeyId === null || after.start.again.kind !== "never") return then;
  const rows = await within(database, asked.limitMs, async (session) => {
    const query = sql<{ customers: string }>`
      select count(*) as customers from customers as customer
      where ${predicate(will, asked, "many")} and not exists (
        select from enrollments e where e.journey_id = ${journeyId} and e.customer_id = customer.id)`;
    return (await query.execute(session)).rows;
  });
  return rows === undefined ? then : Number(rows[0]?.customers ?? 0);
}

/** Whom a start that is not an event means, as a condition on customers. */
function audienceOf(start: Start): Condition {
  const further = start.if === null ? [] : [start.if];
  if (start.kind === "segment") {
    const member = { kind: "segment" as const, name: start.segment };
    return further.length === 0 ? member : { kind: "all", of: [member, ...further] };
  }
  if (start.kind === "date") {
    const test = [{ op: "exists" as const, value: true }];
    return { kind: "all", of: [{ kind: "customer", field: start.field, test }, ...further] };
  }
  return { kind: "all", of: further };
}

function inlined(audience: Condition, segments: Starting["segments"]): Condition {
  return inlineSegments(audience, segments);
}

async function enrolledIn(database: Database, journeyId: number): Promise<number> {
  const { rows } = await sql<{ customers: string }>`
    select count(distinct customer_id) as customers from enrollments where journey_id = ${journeyId}`.execute(
    database,
  );
  return Number(rows[0]?.customers ?? 0);
}

async function enteredLately(
  database: Database,
  journeyId: number,
  { now }: Asked,
): Promise<number> {
  const since = new Date(now.getTime() - 30 * 86_400_000);
  const { rows } = await sql<{ customers: string }>`
    select count(*) as customers from enrollments where journey_id = ${journeyId} and entered_at > ${since}`.execute(
    database,
  );
  return Number(rows[0]?.customers ?? 0);
}

function leftAlone({ after, holdout }: Starting): number {
  const global = after.class === "marketing" ? holdout : 0;
  return 1 - (1 - (after.objective?.holdout ?? 0)) * (1 - global);
}

function sum(entries: readonly Entry[]): number {
  return entries.reduce((total, { customers }) => total + customers, 0);
}
