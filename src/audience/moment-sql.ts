import { type RawBuilder, sql } from "kysely";
import type { Value } from "../journey/condition.ts";
import { type Duration, writeDuration } from "../duration.ts";
import { type Moment, instantBefore, readMoment } from "./instant.ts";
import type { Asking, Operand } from "./operand.ts";
import { refusal } from "./refusal.ts";

export type MomentOp = "eq" | "gt" | "gte" | "lt" | "lte" | "before" | "after";

/**
 * A date compared. A day is all of its hours: `after: 2026-01-31` begins on February 1, `eq` is any time of that day.
 * `before: 30 days` is more than 30 days ago, `after: 30 days` later than that, the future included.
 */
export function momentSql(
  operand: Operand,
  op: MomentOp,
  value: Value,
  asking: Asking,
): RawBuilder<boolean> {
  const at = instantOf(operand, op, asking);
  const { start, end } = momentOf(op, value, asking);
  switch (op) {
    case "eq":
      return end === null
        ? sql`${at} = ${start}::timestamptz`
        : sql`(${at} >= ${start}::timestamptz and ${at} < ${end}::timestamptz)`;
    case "before":
    case "lt":
      return sql`${at} < ${start}::timestamptz`;
    case "gte":
      return sql`${at} >= ${start}::timestamptz`;
    case "after":
    case "gt":
      return end === null ? sql`${at} > ${start}::timestamptz` : sql`${at} >= ${end}::timestamptz`;
    case "lte":
      return end === null ? sql`${at} <= ${start}::timestamptz` : sql`${at} < ${end}::timestamptz`;
  }
}

/** In the window that ends at `now`, both ends included. The future is not in it. */
export function windowSql(operand: Operand, value: Value, asking: Asking): RawBuilder<boolean> {
  const at = instantOf(operand, "within", asking);
  if (!isDuration(value))
    throw refusal(
      asking.place,
      `within expected a duration such as "7 days", got ${JSON.stringify(value)}`,
    );
  return sql`(${at} >= ${instantBefore(asking.now, value)}::timestamptz and ${at} <= ${asking.now}::timestamptz)`;
}

/**
 * The clocks of a shop, of the database and of a worker differ a little. What was recorded up to a minute ahead of us
 * has happened, or the order that starts a journey would not be seen by the journey's own condition.
 */
const clockSkewMs = 60_000;

/** What had been recorded by `now`, within the window if there is one. A virtual clock does not see its future. */
export function sinceSql(
  at: RawBuilder<unknown>,
  within: Duration | null,
  now: Date,
): RawBuilder<boolean> {
  const byNow = sql<boolean>`${at} <= ${new Date(now.getTime() + clockSkewMs)}::timestamptz`;
  if (within === null) return byNow;
  return sql`${at} >= ${instantBefore(now, within)}::timestamptz and ${byNow}`;
}

function momentOf(op: MomentOp, value: Value, asking: Asking): Moment {
  if (isDuration(value)) {
    if (op === "before" || op === "after")
      return { start: instantBefore(asking.now, value), end: null };
    throw refusal(
      asking.place,
      `${op} expected a date such as "2026-01-31", got "${writeDuration(value)}". For lengths of time use before, after or within`,
    );
  }
  const moment = typeof value === "string" ? readMoment(value) : undefined;
  if (moment !== undefined) return moment;
  throw refusal(
    asking.place,
    `${op} expected a date such as "2026-01-31" or "2026-01-31T10:30", got ${JSON.stringify(value)}`,
  );
}

function instantOf(operand: Operand, op: string, asking: Asking): RawBuilder<unknown> {
  if (operand.kind === "instant") return operand.sql;
  if (operand.kind === "json") return sql`as_instant(${operand.text})`;
  throw refusal(asking.place, `${op} compares dates, and this is a ${operand.kind}`);
}

function isDuration(value: Value): value is Duration {
  return typeof value === "object" && value !== null;
}
