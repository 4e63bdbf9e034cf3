import type { Duration } from "../duration.ts";

/** What a date or a time means in a comparison: the day from `start` up to `end`, or the one instant where `end` is null. */
export interface Moment {
  readonly start: Date;
  readonly end: Date | null;
}

const DAY = 86_400_000;
const written =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Reads "2026-01-31" (a day in UTC) or "2026-01-31T10:30:00+01:00" (an instant, UTC without a zone). */
export function readMoment(text: string): Moment | undefined {
  const [, day, time, zone = "Z"] = written.exec(text) ?? [];
  if (day === undefined) return undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  // JavaScript takes "2026-02-30" for March 2.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  if (time === undefined) return { start: midnight, end: new Date(midnight.getTime() + DAY) };
  const start = new Date(`${day}T${time}${zone.replace(/(\d{2})(\d{2})$/, "$1:$2")}`);
  return Number.isNaN(start.getTime()) ? undefined : { start, end: null };
}

/**
 * The instant a duration before `now`, by the calendar of UTC. A month before March 31 is the last of February, as in
 * Postgres. Computed here rather than in SQL, so that the plan knows which months of events it needs.
 */
export function instantBefore(now: Date, duration: Duration): Date {
  const date = new Date(now);
  const dayOfMonth = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() - duration.months);
  const lastOfMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0));
  date.setUTCDate(Math.min(dayOfMonth, lastOfMonth.getUTCDate()) - duration.days);
  return new Date(date.getTime() - duration.seconds * 1000);
}
