import type { Arrivals } from "./arrivals.ts";
import { earliest, nextDue, nextStart, zonesOf } from "./next-moment.ts";
import type { Rehearsal } from "./rehearsal.ts";

export interface Replaying {
  readonly until: Date;
  /** The clock moves in steps of this length; what comes in between is dealt with at its end. */
  readonly stepMs: number;
  /** How often segments are worked out anew. */
  readonly refreshMs: number;
  /** What really happened, to happen again. Null: nothing does. */
  readonly arrivals: Arrivals | null;
  onStep(now: Date): void;
}

/** Plays the time from now to `until`, passing over the steps in which nothing comes in and nothing is due. */
export async function replay(rehearsal: Rehearsal, replaying: Replaying): Promise<void> {
  const { clock, working } = rehearsal;
  const { until, stepMs, refreshMs, arrivals, onStep } = replaying;
  const from = clock.now();
  const steps = await arrivals?.stepsOf(from, stepMs);
  let refreshed = from;
  const { database, config } = rehearsal.engine;
  let zones = await zonesOf(database, config.zone);
  const nextWork = async () =>
    earliest([
      await nextDue(database, clock.now()),
      await nextStart(database, clock.now(), { shops: config.zone, customers: zones }),
    ]);
  let next = await nextWork();
  for (let step = 1; clock.now() < until && !working.stopping.aborted; step++) {
    const before = new Date(from.getTime() + (step - 1) * stepMs);
    const at = new Date(Math.min(before.getTime() + stepMs, until.getTime()));
    const heard =
      (await arrivals?.letIn(before, at, (kind) => steps?.[kind].has(step) === true)) ?? 0;
    const isTurn = at.getTime() - refreshed.getTime() >= refreshMs || at >= until;
    const isDue = next !== null && next <= at;
    if (heard !== 0 || isTurn || isDue) {
      clock.moveTo(at);
      if (isTurn) refreshed = at;
      if (isTurn) await rehearsal.refresh();
      if (isTurn) zones = await zonesOf(database, config.zone);
      await rehearsal.turn();
      next = await nextWork();
    }
    if (step % 24 === 0 || at >= until) onStep(at);
  }
}
