import type { Duration } from "../duration.ts";
import type { Journey } from "../journey/journey.ts";
import type { Listener } from "./listener.ts";
import type { PendingEvent } from "./pending-event.ts";

const nobody = "0";
const aDay: Duration = { months: 0, days: 1, seconds: 0 };

/** Nobody did it. */
export function nobodysEvent(name: string, now: Date): PendingEvent {
  return {
    event_id: "0",
    customer_id: nobody,
    name,
    occurred_at: now,
    properties: "{}",
    turn: "1",
    only_for: null,
  };
}

/** The listener, as if nobody were inside. */
export function heardByNobody(listener: Listener): Listener {
  return { ...listener, insiders: new Set([nobody]), unconverted: new Set([nobody]) };
}

/** A journey that an event starts, stops, wakes and converts, without a condition: every journey needs what it needs. */
export function plainListener(event: string): Listener {
  const version = { id: 0, journeyId: 0, journey: plainJourney(event) };
  const names = new Set([event]);
  return {
    version,
    enrols: true,
    names,
    insiders: new Set([nobody]),
    unconverted: new Set([nobody]),
  };
}

function plainJourney(event: string): Journey {
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
      await: { id: "await", kind: "await", ...plainly, within: aDay, then: null, timeout: null },
    },
  };
}
