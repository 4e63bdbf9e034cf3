import { sql } from "kysely";
import type { Start } from "../journey/journey.ts";
import type { Arrivals } from "./arrivals.ts";
import { lookAhead, nextStart, zonesOf } from "./next-moment.ts";
import type { Rehearsal } from "./rehearsal.ts";

export interface Replaying {
  readonly until: Date;
  readonly starts: readonly Start[];
  /** The clock moves in steps of this length; what comes in between is dealt with at its end. */
  readonly stepMs: number;
  /** How often segments are worked out anew. */
  readonly refreshMs: number;
  /** What really happened, to happen again. Null: nothing does. */
  readonly arrivals: Arrivals | null;
  onStep(now: Date): void;
}

/** Plans are kept and tables grow from nothing, so the planner hears of it: after so long, and whenever that has doubled. */
const analyzeMs = 20 * 86_400_000;
const hourMs = 3_600_000;

/** Plays the time from now to `until`, passing over the steps in which nothing comes in and nothing is due. */
export async function replay(rehearsal: Rehearsal, replaying: Replaying): Promise<void> {
  const { clock, working, engine } = rehearsal;
  const { until, starts, stepMs, refreshMs, arrivals, onStep } = replaying;
  const { database, config } = engine;
  const from = clock.now();
  // Counted from the full hour, so that local times of day fall on steps.
  const hour = Math.floor(from.getTime() / hourMs) * hourMs;
  const first = Math.floor((from.getTime() - hour) / stepMs) + 1;
  const steps = await arrivals?.stepsOf(from, stepMs);
  let refreshed = from;
  let analyzeAt = from.getTime() + analyzeMs;
  let customers = await zonesOf(database, config.zone);
  const startAfter = (now: Date) => nextStart(starts, now, { shops: config.zone, customers });
  let ahead = await lookAhead(database, from);
  let start = startAfter(from);
  for (let step = first; clock.now() < until && !working.stopping.aborted; step++) {
    const before = new Date(hour + (step - 1) * stepMs);
    const at = new Date(Math.min(before.getTime() + stepMs, until.getTime()));
    const isComing = await arrivals?.letIn(before, at, (kind) => steps?.[kind].has(step) === true);
    const isTurn = at.getTime() - refreshed.getTime() >= refreshMs || at >= until;
    const [passages, messages] = [isBy(ahead.passages, at), isBy(ahead.messages, at)];
    const reasons = {
      heard: isComing !== undefined && isComing > 0,
      passages,
      messages,
      calls: ahead.calls && (passages || messages || isTurn),
      starts: isTurn || isBy(start, at),
      refreshed: isTurn,
      lost: ahead.lost,
    };
    if (reasons.heard || passages || messages || reasons.starts) {
      clock.moveTo(at);
      if (isTurn) {
        refreshed = at;
        customers = await zonesOf(database, config.zone);
        await rehearsal.refresh(true);
      }
      if (at.getTime() >= analyzeAt) {
        analyzeAt += at.getTime() - from.getTime();
        await sql`analyze customers, enrollments, messages, attempts`.execute(database);
      }
      await rehearsal.turn(reasons);
      ahead = await lookAhead(database, at);
      if (reasons.starts) start = startAfter(at);
    }
    onStep(at);
  }
}

function isBy(instant: Date | null, at: Date): boolean {
  return instant !== null && instant <= at;
}
