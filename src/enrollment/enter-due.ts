import type { Kysely } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { openSegment } from "./enter-from-segment.ts";
import { openDate } from "./enter-on-date.ts";
import { openSchedule } from "./enter-on-schedule.ts";
import type { Moment } from "./enrollment.ts";
import { type Opening, openStart } from "./start.ts";
import type { Enrolling } from "./version.ts";

/** Enrols whom a journey's start lets in now, whichever kind it is. Events and requests have their own ways in (react.ts, enter-by-request.ts). */
export async function enterDue(
  database: Database,
  journeyId: number,
  moment: Moment,
): Promise<{ readonly entered: number }> {
  const openingOf = (session: Kysely<Tables>, version: Enrolling) =>
    opening(session, version, moment);
  return { entered: await openStart(database, journeyId, moment, openingOf) };
}

async function opening(
  session: Kysely<Tables>,
  version: Enrolling,
  moment: Moment,
): Promise<Opening | undefined> {
  const { start } = version.journey;
  switch (start.kind) {
    case "event":
    case "request":
      return undefined;
    case "segment":
      return openSegment(session, version, start, moment);
    case "every":
      return openSchedule(version, start, moment);
    case "date":
      return openDate(session, version, start, moment);
  }
}
