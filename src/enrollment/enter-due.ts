import type { Database } from "../database/database.ts";
import { enterFromSegment } from "./enter-from-segment.ts";
import { enterOnDate } from "./enter-on-date.ts";
import { enterOnSchedule } from "./enter-on-schedule.ts";
import type { Moment } from "./enrollment.ts";
import { getEnrolling } from "./version.ts";

/** Enrols whom a journey's start lets in now, whichever kind it is. Events and requests have their own ways in (react.ts, enter-by-request.ts). */
export async function enterDue(
  database: Database,
  journeyId: number,
  moment: Moment,
): Promise<{ readonly entered: number }> {
  const { journey } = await getEnrolling(database, journeyId);
  switch (journey.start.kind) {
    case "event":
    case "request":
      return { entered: 0 };
    case "segment":
      return { entered: await enterFromSegment(database, journeyId, moment) };
    case "every":
      return { entered: await enterOnSchedule(database, journeyId, moment) };
    case "date":
      return { entered: await enterOnDate(database, journeyId, moment) };
  }
}
