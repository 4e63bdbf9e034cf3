import { Cron } from "croner";
import { sql } from "kysely";
import type { Start } from "../journey/journey.ts";
import type { Moment } from "./enrollment.ts";
import { type Opening, inRange, meetsStart } from "./start.ts";
import type { Enrolling } from "./version.ts";

/**
 * Lets in for the newest occurrence of the journey's schedule, once however often and late it is called. Occurrences
 * before that one that nobody was there for are passed over.
 */
export function openSchedule(
  version: Enrolling,
  start: Extract<Start, { kind: "every" }>,
  { now, zone }: Moment,
): Opening | undefined {
  const occurrence = lastOccurrence(start.cron, start.zone ?? zone, now);
  const isDone = version.enteredUntil !== null && version.enteredUntil >= (occurrence ?? now);
  if (occurrence === undefined || isDone) return undefined;
  return {
    until: occurrence,
    entrants: (range) => ({
      from: sql`customers as customer`,
      where: sql`${inRange(range)} and ${meetsStart(version, now)}`,
      key: sql<string>`${`every:${occurrence.toISOString()}`}::text`,
      entry: sql`'{}'::jsonb`,
      enteredAt: sql<Date>`${now}::timestamptz`,
      owedAt: sql<Date>`${occurrence}::timestamptz`,
    }),
  };
}

/** The latest instant up to now that the pattern names in the zone. */
export function lastOccurrence(pattern: string, zone: string, now: Date): Date | undefined {
  const cron = new Cron(pattern, { timezone: zone, paused: true });
  // croner looks back from strictly before the instant it is given.
  return cron.previousRuns(1, new Date(now.getTime() + 1))[0];
}
