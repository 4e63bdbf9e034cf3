import { readDuration } from "../duration.ts";
import { nearMiss } from "../errors.ts";
import { dateOfCustomer, dateOffset } from "./customer-date.ts";
import type { Again, Start } from "./journey.ts";
import type { Place } from "./place.ts";
import { conditionIn } from "./read-condition.ts";
import { segmentName } from "./subject.ts";
import { eventName } from "./read-event-condition.ts";
import { eventWhere } from "./read-test.ts";
import {
  type Reader,
  choice,
  described,
  map,
  mapping,
  nullable,
  optional,
  required,
} from "./reader.ts";
import { anything, oneOf, pattern } from "./schema.ts";
import { cron, customerZone, flag, isUsable, timeOfDay, zone } from "./scalar.ts";

type Class = "marketing" | "transactional";

/** Each event of a transactional journey counts; other marketing is met once. */
function usual(of: Class): Again {
  return { kind: of === "transactional" ? "always" : "never" };
}

/** `again: never | always | after 30 days` */
const again: Reader<Again> = described(pattern("^(never|always|after .+)$"), (place) => {
  const { value } = place;
  if (value === "never" || value === "always") return { kind: value };
  const [, written] = (typeof value === "string" && /^after (.+)$/.exec(value)) || [];
  const after = written === undefined ? undefined : readDuration(written);
  return after === undefined || !isUsable(after)
    ? place.expected('never, always, or "after" and a duration such as "after 30 days"')
    : { kind: "after", after };
});

const onEvent = mapping("a start", {
  on: required(eventName),
  where: optional(eventWhere, {}),
  if: nullable(conditionIn({ entry: true, journey: true, steps: false })),
  again: nullable(again),
});
const withoutEntry = {
  if: nullable(conditionIn({ entry: false, journey: true, steps: false })),
  again: nullable(again),
};
const onSegment = mapping("a start", {
  segment: required(segmentName),
  when: optional<"entered" | "left">(
    choice("a change of membership", ["entered", "left"]),
    "entered",
  ),
  backfill: optional(flag, false),
  ...withoutEntry,
});
const onSchedule = mapping("a start", {
  every: required(cron),
  zone: nullable(zone),
  ...withoutEntry,
});
const onDate = mapping("a start", {
  date: required(dateOfCustomer),
  repeat: nullable(choice<"yearly" | "once">("how often", ["yearly", "once"])),
  offset: optional(dateOffset, 0),
  at: optional(timeOfDay, "09:00"),
  zone: optional(customerZone, "customer"),
  ...withoutEntry,
});

const onRequest = mapping("a start", {
  request: required<true>(
    described({ const: true }, (place) => (place.value === true ? true : place.expected("true"))),
  ),
  if: nullable(conditionIn({ entry: true, journey: true, steps: false })),
  again: nullable(again),
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
      again: said ?? usual(of),
      ...rest,
    })),
  segment: () =>
    map(onSegment, ({ again: said, ...rest }, place) => {
      if (rest.when === "left" && rest.backfill)
        return place.at("backfill").wrong("only those who enter a segment can be filled in");
      return { kind: "segment", again: said ?? { kind: "never" }, ...rest };
    }),
  every: () =>
    map(onSchedule, ({ every, again: said, ...rest }) => ({
      kind: "every",
      cron: every,
      again: said ?? { kind: "always" },
      ...rest,
    })),
  date: () =>
    map(onDate, ({ date, repeat, offset: offsetDays, again: said, ...rest }) => ({
      kind: "date",
      field: date,
      repeat: repeat ?? (date === "birthday" ? "yearly" : "once"),
      offsetDays,
      again: said ?? { kind: "always" },
      ...rest,
    })),
  request: (of) =>
    map(onRequest, ({ again: said, if: condition }) => ({
      kind: "request",
      again: said ?? usual(of),
      if: condition,
    })),
};

const schema = oneOf(
  ...[onEvent, onSegment, onSchedule, onDate, onRequest].map((read) => read.schema ?? anything),
);

export function startFor(of: Class): Reader<Start> {
  return described(schema, (place) => {
    if (!place.isMapping) return place.expected("a start such as { on: order_completed }");
    const kinds = place.keys.filter((key) => Object.hasOwn(starts, key));
    const [kind, another] = kinds;
    if (kind === undefined) return noKind(place);
    if (another !== undefined)
      return place.wrong(`expected one kind of start, got both "${kind}" and "${another}"`);
    return starts[kind]?.(of)(place);
  });
}

function noKind(place: Place): undefined {
  const kinds = Object.keys(starts);
  const misspelt = place.keys.find((key) => nearMiss(key, kinds) !== undefined);
  return misspelt === undefined
    ? place.expected(`a kind of start (${kinds.join(", ")})`)
    : place.at(misspelt).unknown("kind of start", kinds);
}
