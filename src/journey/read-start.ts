import { readDuration } from "../duration.ts";
import { nearMiss } from "../errors.ts";
import type { Again, Start } from "./journey.ts";
import type { Place } from "./place.ts";
import { conditionIn, segmentName } from "./read-condition.ts";
import { eventName } from "./read-event-condition.ts";
import { eventWhere } from "./read-test.ts";
import { type Reader, map, mapping, nullable, optional, required } from "./reader.ts";
import { cron, customerZone, flag, isUsable, timeOfDay, zone } from "./scalar.ts";

type Class = "marketing" | "transactional";

/** `again: never | always | after 30 days` */
const again: Reader<Again> = (place) => {
  const { value } = place;
  if (value === "never" || value === "always") return { kind: value };
  const [, written] = (typeof value === "string" && /^after (.+)$/.exec(value)) || [];
  const after = written === undefined ? undefined : readDuration(written);
  return after === undefined || !isUsable(after)
    ? place.expected('never, always, or "after" and a duration such as "after 30 days"')
    : { kind: "after", after };
};

/** "3 days before", "1 week after", "on the day", as days from the date. */
const offset: Reader<number> = (place) => {
  const { value } = place;
  if (value === "on the day") return 0;
  const [, written, side] =
    (typeof value === "string" && /^(.+) (before|after)$/.exec(value)) || [];
  const read = written === undefined ? undefined : readDuration(written);
  const inDays = read?.months === 0 && read.seconds === 0 && read.days < 366;
  return inDays
    ? (side === "before" ? -1 : 1) * read.days
    : place.expected('days or weeks "before" or "after", such as "3 days before"');
};

/** The date columns of a customer that come round every year. */
const yearlyDates: readonly string[] = ["birthday"];

const yearlyDate: Reader<string> = (place) => {
  const known = yearlyDates.map((field) => `customer.${field}`);
  return typeof place.value === "string" && known.includes(place.value)
    ? place.value.slice("customer.".length)
    : place.expected(`a yearly date of the customer (${known.join(", ")})`);
};

const onEvent = mapping("a start", {
  on: required(eventName),
  where: optional(eventWhere, {}),
  if: nullable(conditionIn({ entry: true, journey: true })),
  again: nullable(again),
});
const withoutEntry = {
  if: nullable(conditionIn({ entry: false, journey: true })),
  again: nullable(again),
};
const onSegment = mapping("a start", {
  segment: required(segmentName),
  backfill: optional(flag, false),
  ...withoutEntry,
});
const onSchedule = mapping("a start", {
  every: required(cron),
  zone: nullable(zone),
  ...withoutEntry,
});
const onDate = mapping("a start", {
  date: required(yearlyDate),
  offset: optional(offset, 0),
  at: optional(timeOfDay, "09:00"),
  zone: optional(customerZone, "customer"),
  ...withoutEntry,
});

/**
 * Each kind of start, known by its key. Where `again` is not said, a date or a schedule comes again with each
 * occurrence and so does each event of a transactional journey; other marketing is met once.
 */
const starts: Readonly<Record<string, (of: Class) => Reader<Start>>> = {
  on: (of) =>
    map(onEvent, ({ on, again: said, ...rest }) => ({
      kind: "event",
      event: on,
      again: said ?? { kind: of === "transactional" ? "always" : "never" },
      ...rest,
    })),
  segment: () =>
    map(onSegment, ({ again: said, ...rest }) => ({
      kind: "segment",
      when: "entered",
      again: said ?? { kind: "never" },
      ...rest,
    })),
  every: () =>
    map(onSchedule, ({ every, again: said, ...rest }) => ({
      kind: "every",
      cron: every,
      again: said ?? { kind: "always" },
      ...rest,
    })),
  date: () =>
    map(onDate, ({ date, offset: offsetDays, again: said, ...rest }) => ({
      kind: "date",
      field: date,
      repeat: "yearly",
      offsetDays,
      again: said ?? { kind: "always" },
      ...rest,
    })),
};

export function startFor(of: Class): Reader<Start> {
  return (place) => {
    if (place.value === "request" || place.has("request"))
      return place.wrong("a start by request is not supported yet");
    if (!place.isMapping) return place.expected("a start such as { on: order_completed }");
    const kinds = place.keys.filter((key) => Object.hasOwn(starts, key));
    const [kind, another] = kinds;
    if (kind === undefined) return noKind(place);
    if (another !== undefined)
      return place.wrong(`expected one kind of start, got both "${kind}" and "${another}"`);
    return starts[kind]?.(of)(place);
  };
}

function noKind(place: Place): undefined {
  const kinds = Object.keys(starts);
  const misspelt = place.keys.find((key) => nearMiss(key, kinds) !== undefined);
  return misspelt === undefined
    ? place.expected(`a kind of start (${kinds.join(", ")})`)
    : place.at(misspelt).unknown("kind of start", kinds);
}
