import type { Listener } from "./listener.ts";
import type { PendingEvent } from "./pending-event.ts";
import { nobody, plainJourney } from "./plain-journey.ts";

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

/** One that asks for nothing but the event. */
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
