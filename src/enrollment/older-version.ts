import type { Journey, Objective, Start, Step, Stop } from "../journey/journey.ts";

/**
 * A definition as today's parser would have written it: versions are immutable, so those applied by an earlier release
 * lack the keys that came since. Each gets the value that means what was meant before there was a key.
 */
export function withNewKeys(journey: Journey): Journey {
  const objective = journey.objective && objectiveWith(journey.objective);
  if (Object.hasOwn(journey, "priority")) return { ...journey, objective };
  const steps = Object.entries(journey.steps).map(([id, step]) => [id, stepWith(step)] as const);
  return {
    ...journey,
    objective,
    priority: 0,
    start: startWith(journey.start),
    stop: journey.stop.map(stopWith),
    steps: Object.fromEntries(steps),
  };
}

function objectiveWith(objective: Objective): Objective {
  return Object.hasOwn(objective, "where") ? objective : { ...objective, where: {}, value: null };
}

function startWith(start: Start): Start {
  switch (start.kind) {
    case "segment":
      return { ...start, when: "entered" };
    case "date":
      return { ...start, repeat: "yearly" };
    default:
      return start;
  }
}

function stopWith(stop: Stop): Stop {
  return stop.kind === "event" ? { ...stop, match: {} } : stop;
}

function stepWith(step: Step): Step {
  switch (step.kind) {
    case "send":
      return { ...step, fallback: false };
    case "await":
      return { ...step, match: {} };
    case "split":
      return { ...step, winner: null };
    default:
      return step;
  }
}
