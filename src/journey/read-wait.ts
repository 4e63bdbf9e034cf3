import type { Wait } from "./journey.ts";
import { type Reader, map, mapping, nullable, oneOrMore, optional, required } from "./reader.ts";
import { customerZone, duration, timeOfDay, wholeNumber } from "./scalar.ts";
import { weekday } from "./weekday.ts";

const until = mapping("a wait", {
  until: required(timeOfDay),
  days: optional(wholeNumber("a whole number of days, 0 to 365", 0, 365), 0),
  weekdays: nullable(oneOrMore("a list of weekdays", weekday)),
  weekday: nullable(weekday),
  zone: optional(customerZone, "customer"),
});

/** `wait: 3 days`, or `wait: { until: "10:00", days: 3, weekdays: [monday, friday], zone: customer }` */
export const readWait: Reader<Wait> = (place) => {
  if (!place.isMapping)
    return map(duration, (length): Wait => ({ kind: "for", duration: length }))(place);
  return map(until, ({ until: time, weekday: one, weekdays: several, ...rest }): Wait => {
    const days = new Set([...(several ?? []), ...(one === null ? [] : [one])]);
    return { kind: "until", time, weekdays: [...days].toSorted((a, b) => a - b), ...rest };
  })(place);
};
