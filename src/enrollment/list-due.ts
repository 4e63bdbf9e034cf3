import { type Kysely, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { Start } from "../journey/journey.ts";
import { isReplayDue } from "./dead-event.ts";
import { hasChanged } from "./enter-from-segment.ts";
import { lastOccurrence } from "./enter-on-schedule.ts";
import { minutesOf } from "./local-time.ts";
import { type Enrolling, enrollingJourneys } from "./version.ts";

/** What the engine has to do now, whatever became of its jobs. */
export interface DueWork {
  readonly events: boolean;
  readonly enrollments: boolean;
  /** Journeys whose start has somebody to let in. */
  readonly starts: readonly number[];
  /** Reports of providers that lie in the inbox. */
  readonly reports: boolean;
}

/** A journey that starts by the clock. */
export interface ScheduledStart {
  readonly journeyId: number;
  /** Null for a date start: each customer's date begins at an hour of its own. */
  readonly cron: string | null;
  readonly zone: string | null;
}

const QUARTER_MS = 15 * 60_000;

/** Asks the tables alone. `zone` is the shop's, for schedules that name none. */
export async function listDue(database: Database, now: Date, zone = "UTC"): Promise<DueWork> {
  const { rows } = await sql<Omit<DueWork, "starts">>`
    select exists (select from pending_events) or ${isReplayDue()} as events,
           exists (select from report_inbox where applied_at is null) as reports,
           exists (select from journeys cross join lateral (
                     select from enrollments where journey_id = journeys.id and due_at <= ${now} order by due_at limit 1) as due
                   where journeys.state <> 'paused') as enrollments`.execute(database);
  const [asked] = rows;
  const starts = await dueStarts(database, now, zone);
  return {
    events: asked?.events === true,
    enrollments: asked?.enrollments === true,
    reports: asked?.reports === true,
    starts,
  };
}

export async function scheduledStarts(database: Database): Promise<readonly ScheduledStart[]> {
  const found: ScheduledStart[] = [];
  for (const { journeyId, journey } of await enrollingJourneys(database)) {
    const { start } = journey;
    if (start.kind === "every") found.push({ journeyId, cron: start.cron, zone: start.zone });
    if (start.kind === "date") found.push({ journeyId, cron: null, zone: null });
  }
  return found;
}

/** Journeys with a segment, schedule or date start that has somebody to let in; of these, those of the kinds that are asked for. */
export async function dueStarts(
  database: Kysely<Tables>,
  now: Date,
  zone: string,
  isAsked: (start: Start) => boolean = () => true,
): Promise<readonly number[]> {
  const due: number[] = [];
  for (const version of await enrollingJourneys(database))
    if (isAsked(version.journey.start) && (await isStartDue(database, version, now, zone)))
      due.push(version.journeyId);
  return due;
}

async function isStartDue(
  database: Kysely<Tables>,
  { journey, enteredUntil }: Enrolling,
  now: Date,
  zone: string,
): Promise<boolean> {
  const { start } = journey;
  const after = enteredUntil ?? new Date(0);
  switch (start.kind) {
    case "event":
    case "request":
      return false;
    case "every": {
      const occurrence = lastOccurrence(start.cron, start.zone ?? zone, now);
      return occurrence !== undefined && occurrence > after;
    }
    case "date":
      return quarterOf(start.at, now) > quarterOf(start.at, after);
    case "segment":
      return hasChanged(database, start, after, now);
  }
}

/** Zones are whole quarters of an hour apart, so the time of day can only be reached somewhere when one begins. */
function quarterOf(at: string, instant: Date): number {
  return Math.floor((instant.getTime() - minutesOf(at) * 60_000) / QUARTER_MS);
}
