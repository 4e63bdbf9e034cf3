import { dateOffset, dateOfCustomer } from "./customer-date.ts";
import type { Wait } from "./journey.ts";
import {
  type Reader,
  described,
  map,
  mapping,
  nullable,
  oneOrMore,
  optional,
  required,
} from "./reader.ts";
import { anything, oneOf } from "./schema.ts";
import { customerZone, duration, timeOfDay, wholeNumber } from "./scalar.ts";
import { weekday } from "./weekday.ts";

const untilTime = mapping("a wait", {
  until: required(timeOfDay),
  days: optional(wholeNumber("a whole number of days, 0 to 365", 0, 365), 0),
  weekdays: nullable(oneOrMore("a list of weekdays", weekday)),
  weekday: nullable(weekday),
  zone: optional(customerZone, "customer"),
});

const untilDate = mapping("a wait", {
  until: required(dateOfCustomer),
  offset: optional(dateOffset, 0),
  at: nullable(timeOfDay),
  zone: optional(customerZone, "customer"),
});

const forAWhile = map(duration, (length): Wait => ({ kind: "for", duration: length }));

const untilATime = map(
  untilTime,
  ({ until: time, weekday: one, weekdays: several, ...rest }): Wait => {
    const days = new Set([...(several ?? []), ...(one === null ? [] : [one])]);
    return { kind: "until", time, weekdays: [...days].toSorted((a, b) => a - b), ...rest };
  },
);

const untilADate = map(untilDate, ({ until: field, offset: offsetDays, ...rest }): Wait => ({
  kind: "date",
  field,
  offsetDays,
  ...rest,
}));

const schema = oneOf(...[forAWhile, untilATime, untilADate].map((read) => read.schema ?? anything));

/**
 * `wait: 3 days`, or `wait: { until: "10:00", days: 3, weekdays: [monday, friday], zone: customer }`, or
 * `wait: { until: customer.attributes.renewal, offset: 2 days before }`.
 */
export const readWait: Reader<Wait> = described(schema, (place) => {
  if (!place.isMapping) return forAWhile(place);
  const until = place.at("until").value;
  return typeof until === "string" && /^[a-z]/i.test(until) ? untilADate(place) : untilATime(place);
});
