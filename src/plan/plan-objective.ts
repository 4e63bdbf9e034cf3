import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { type Duration, interval, roughSeconds } from "../duration.ts";
import { matches } from "../enrollment/pending-event.ts";
import { describeCondition } from "../journey/describe-condition.ts";
import type { Journey, Objective, Start } from "../journey/journey.ts";
import type { Asked } from "./audience.ts";
import { within } from "./budget.ts";
import type { ObjectivePlan } from "./plan.ts";
import { sampleSize } from "./sample-size.ts";

/** So long a goal counts where the file says nothing. */
const month: Duration = { months: 0, days: 30, seconds: 0 };
/** Fewer customers left alone say nothing about the rest. */
const enough = 100;

/** How many customers, and how many days, it takes to see whether the journey reaches its target. Null without one. */
export async function planObjective(
  database: Database,
  { objective, start }: Journey,
  of: {
    readonly journeyId: number | null;
    readonly past: (at: Date) => RawBuilder<unknown>;
    readonly perDay: number;
    readonly atOnce: number;
  },
  asked: Asked,
): Promise<ObjectivePlan | null> {
  if (typeof objective?.target !== "number") return null;
  const window = objective.within ?? month;
  const heldOut = of.journeyId === null ? null : await rateOfHoldout(database, of.journeyId);
  const event = start.kind === "event" ? start : null;
  const { goal, where } = objective;
  // What a condition was at each moment of the past nobody knows.
  const past =
    heldOut === null && typeof goal === "string"
      ? await rateBefore(database, { goal, where, window, event }, of.past, asked)
      : null;
  const base = heldOut ?? past;
  const customers =
    base === null ? null : (sampleSize(base, objective.target, objective.holdout) ?? null);
  const left = customers === null ? 0 : Math.max(0, customers - of.atOnce);
  const days = left === 0 ? 0 : of.perDay > 0 ? left / of.perDay : null;
  return {
    goal: typeof goal === "string" ? goal : describeCondition(goal),
    target: objective.target,
    holdout: objective.holdout,
    base,
    baseBy: heldOut !== null ? "holdout" : past !== null ? "past" : "unknown",
    customers,
    days:
      customers === null || days === null ? null : Math.ceil(days + roughSeconds(window) / 86_400),
  };
}

/** What those left alone so far have done. */
async function rateOfHoldout(database: Database, journeyId: number): Promise<number | null> {
  const { rows } = await sql<{ customers: string; converted: string }>`
    select count(*) as customers, count(converted_at) as converted
    from enrollments where journey_id = ${journeyId} and holdout`.execute(database);
  const customers = Number(rows[0]?.customers ?? 0);
  return customers < enough ? null : Number(rows[0]?.converted ?? 0) / customers;
}

interface Reaching {
  readonly goal: string;
  readonly where: Objective["where"];
  readonly window: Duration;
  /** The event that starts the journey; null for other starts. */
  readonly event: Extract<Start, { kind: "event" }> | null;
}

/**
 * What customers like these did before there was the journey: those who were of the audience when the last window began,
 * in it, and for a start by event in the window behind each such event. Whoever is of the audience today may be so because
 * they did not do it.
 */
async function rateBefore(
  database: Database,
  { goal, where, window, event }: Reaching,
  past: (at: Date) => RawBuilder<unknown>,
  { now, limitMs }: Asked,
): Promise<number | null> {
  const span = sql`${interval(window)}::interval`;
  const began = new Date(now.getTime() - roughSeconds(window) * 1000);
  const entered =
    event === null
      ? sql`select id, ${began}::timestamptz as at from (${past(began)}) as audience`
      : sql`select customer_id as id, occurred_at as at from events as event
            where name = ${event.event} and ${matches(event.where, now)} and occurred_at <= ${now}::timestamptz - ${span}
              and occurred_at > ${now}::timestamptz - ${span} - interval '30 days'
            order by occurred_at desc limit 2500`;
  const rows = await within(database, limitMs, async (session) => {
    const query = sql<{ customers: string; converted: string }>`
      select count(*) as customers, count(*) filter (where exists (
        select from events event where event.customer_id = entered.id and event.name = ${goal}
          and event.occurred_at > entered.at and event.occurred_at <= entered.at + ${span} and ${matches(where, now)})) as converted
      from (${entered}) as entered`;
    return (await query.execute(session)).rows;
  });
  const customers = Number(rows?.[0]?.customers ?? 0);
  return customers < enough ? null : Number(rows?.[0]?.converted ?? 0) / customers;
}
