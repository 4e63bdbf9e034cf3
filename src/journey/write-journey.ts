import { writeDuration } from "../duration.ts";
import type { Journey, Objective, Start, Stop } from "./journey.ts";
import { type Written, whereOf, windowOf, writeCondition } from "./write-condition.ts";
import { offsetOf } from "./write-step.ts";

/** Everything of a journey but its steps, as a workflow file writes it. */
export function writeHead(journey: Journey): Written {
  const {
    name,
    describe,
    class: of,
    topic,
    priority,
    objective,
    start,
    stop,
    maxLateness,
  } = journey;
  return {
    journey: name,
    ...(describe !== null && { describe }),
    ...(of !== "marketing" && { class: of }),
    ...(topic !== null && { topic }),
    ...(priority !== 0 && { priority }),
    ...(objective !== null && { objective: writeObjective(objective) }),
    start: writeStart(start),
    ...(stop.length > 0 && { stop: stop.map(writeStop) }),
    max_lateness: writeDuration(maxLateness),
  };
}

function writeObjective(objective: Objective): Written {
  const { goal, where, value, target, within, holdout } = objective;
  return {
    goal: typeof goal === "string" ? goal : writeCondition(goal),
    ...whereOf(where),
    ...(value !== null && { value }),
    ...(target !== null && { target: percent(target) }),
    ...windowOf(within),
    ...(holdout > 0 && { holdout: percent(holdout) }),
  };
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(6))}%`;
}

function writeStart(start: Start): Written {
  const { again, if: condition } = start;
  return {
    ...occasionOf(start),
    ...(condition !== null && { if: writeCondition(condition) }),
    again: again.kind === "after" ? `after ${writeDuration(again.after)}` : again.kind,
  };
}

function occasionOf(start: Start): Written {
  switch (start.kind) {
    case "event":
      return { on: start.event, ...whereOf(start.where) };
    case "segment": {
      const { segment, when, backfill } = start;
      return { segment, ...(when === "left" && { when }), ...(backfill && { backfill }) };
    }
    case "every":
      return { every: start.cron, ...(start.zone !== null && { zone: start.zone }) };
    case "date": {
      const { field, repeat, at, zone } = start;
      return { date: `customer.${field}`, repeat, ...offsetOf(start), at, zone };
    }
    case "request":
      return { request: true };
  }
}

function writeStop(stop: Stop): Written {
  if (stop.kind === "condition") return { if: writeCondition(stop.if), as: stop.as };
  const { event, where, match, as } = stop;
  return { on: event, ...whereOf(where), ...(Object.keys(match).length > 0 && { match }), as };
}
