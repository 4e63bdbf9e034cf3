import { writeDuration } from "../duration.ts";
import { describeCondition, describeWhere } from "./describe-condition.ts";
import { describeDay } from "./describe-step.ts";
import type { Journey, Start, Stop } from "./journey.ts";

/** What lets customers in, in a line. */
export function describeStart(start: Start): string {
  const condition = start.if === null ? "" : `, if ${describeCondition(start.if)}`;
  return `${occasion(start)}${condition}`;
}

function occasion(start: Start): string {
  switch (start.kind) {
    case "event":
      return `on ${start.event}${describeWhere(start.where)}`;
    case "segment":
      return start.when === "left"
        ? `on leaving the segment ${start.segment}${start.backfill ? ", and whoever has left it" : ""}`
        : `on entering the segment ${start.segment}${start.backfill ? ", and whoever is in it" : ""}`;
    case "every":
      return `on the schedule ${start.cron}${start.zone === null ? "" : ` (${start.zone})`}`;
    case "date":
      return `${start.repeat === "yearly" ? "every year " : ""}${start.offsetDays === 0 ? "on " : ""}${describeDay(start)}, at ${start.at}`;
    case "request":
      return "on request";
  }
}

/** How often a customer may enter. */
export function describeAgain({ again }: Start): string {
  switch (again.kind) {
    case "never":
      return "once in a lifetime";
    case "always":
      return "every time";
    case "after":
      return `again after ${writeDuration(again.after)}`;
  }
}

/** What ends a passage at once. */
export function describeStop(stop: Stop): string {
  const cause =
    stop.kind === "event"
      ? `on ${stop.event}${describeWhere(stop.where, stop.match)}`
      : `if ${describeCondition(stop.if)}`;
  return `${cause} (${stop.as})`;
}

/** "order_completed where total >= 50 within 60 days", "in segment vip within 60 days". */
export function describeGoal({ objective }: Journey): string | null {
  if (objective === null) return null;
  const within = objective.within === null ? "" : ` within ${writeDuration(objective.within)}`;
  const { goal } = objective;
  return `${typeof goal === "string" ? goal : describeCondition(goal)}${describeWhere(objective.where)}${within}`;
}
