import type { Duration } from "../duration.ts";
import type { Journey } from "../journey/journey.ts";

/** The id of no customer and of no enrollment. */
export const nobody = "0";

const aDay: Duration = { months: 0, days: 1, seconds: 0 };

/** A journey that an event starts, stops, wakes and converts, and that sends, without a condition: every journey needs what it needs. */
export function plainJourney(event: string): Journey {
  const plainly = { event, where: {}, match: {} };
  return {
    name: "plain",
    describe: null,
    class: "transactional",
    topic: null,
    priority: 0,
    objective: { goal: event, where: {}, value: null, target: null, within: null, holdout: 0 },
    start: { kind: "event", event, where: {}, if: null, again: { kind: "always" } },
    stop: [{ kind: "event", ...plainly, as: "stopped" }],
    maxLateness: aDay,
    first: "await",
    steps: {
      await: { id: "await", kind: "await", ...plainly, within: aDay, then: "send", timeout: null },
      send: {
        id: "send",
        kind: "send",
        template: "plain",
        by: ["email"],
        fallback: false,
        next: null,
      },
    },
  };
}
