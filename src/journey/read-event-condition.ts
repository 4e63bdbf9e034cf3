import type { Condition, Test } from "./condition.ts";
import type { Place } from "./place.ts";
import { eventWhere, testOf } from "./read-test.ts";
import { type Reader, map, mapping, nullable, optional, required, schemaOf } from "./reader.ts";
import type { Schema } from "./schema.ts";
import { duration, text } from "./scalar.ts";

export const atLeastOne: Test = [{ op: "gte", value: 1 }];

/** The name of an event, which the check compares with those that are known. */
export const eventName: Reader<string> = map(text("the name of an event"), (event, place) => {
  place.refer({ kind: "event", name: event });
  return event;
});

const keys = {
  event: required(eventName),
  count: optional(testOf("count"), atLeastOne),
  within: nullable(duration),
  where: optional(eventWhere, {}),
  first: nullable(testOf("instant")),
  last: nullable(testOf("instant")),
};

/** What stands beside `event:` and belongs to it, not to the condition around. */
export const eventKeys: readonly string[] = Object.keys(keys).filter((key) => key !== "event");

export function eventKeySchemas(): Schema {
  return schemaOf(keys).properties;
}

/** `event: page_viewed, count: { gte: 3 }, within: 7 days`, written flat among the other tests of the mapping. */
export function eventCondition(place: Place): Condition | undefined {
  const read = mapping("an event condition", keys, place.keys)(place);
  if (read === undefined) return undefined;
  const { event, ...rest } = read;
  return { kind: "event", name: event, ...rest };
}
