import { type Comparison, type Test } from "./condition.ts";
import { operators, operatorsOf, valueOf } from "./comparison.ts";
import type { FieldType } from "./field.ts";
import type { Place } from "./place.ts";
import { type Reader, described, list, map, record } from "./reader.ts";
import { type Schema, anything, listOf, oneOf } from "./schema.ts";

/** `GB`, `[GB, IE]` or `{ gte: 3, lt: 10 }`: equals, one of, or every operator named. */
export function testOf(type: FieldType): Reader<Test> {
  const equals = map(valueOf(type), (value): Test => [{ op: "eq", value }]);
  const several = map(list("a list with at least one value", valueOf(type)), (value): Test => [
    { op: "in", value },
  ]);
  return described(schemaOfTest(type), (place) => {
    if (place.isMapping) return comparisons(place, type);
    return place.isList ? several(place) : equals(place);
  });
}

function schemaOfTest(type: FieldType): Schema {
  const value = valueOf(type).schema ?? anything;
  const properties: Schema = Object.fromEntries(
    operatorsOf(type).map((op): [string, Schema] => [
      op,
      operators[op].value(type).schema ?? anything,
    ]),
  );
  const comparison = { type: "object", properties, additionalProperties: false, minProperties: 1 };
  return oneOf(value, listOf(value), comparison);
}

function comparisons(place: Place, type: FieldType): Test | undefined {
  if (place.keys.length === 0) return place.expected("a test such as { gte: 3 }");
  const read = place.keys.map((key) => comparison(place.at(key), key, type));
  const good = read.filter((each) => each !== undefined);
  return good.length === read.length ? good : undefined;
}

function comparison(place: Place, key: string, type: FieldType): Comparison | undefined {
  const known = operatorsOf(type);
  const op = known.find((each) => each === key);
  if (op === undefined) {
    return Object.hasOwn(operators, key)
      ? place.wrong(`"${key}" cannot be asked here; expected one of ${known.join(", ")}`)
      : place.unknown("operator", known);
  }
  const value = operators[op].value(type)(place);
  return value === undefined ? undefined : { op, value };
}

/** `where: { path: { starts_with: /shop }, total: { gte: 50 } }` on properties of an event, which can hold anything. */
export const eventWhere: Reader<Readonly<Record<string, Test>>> = record(
  "a mapping of property names to tests",
  () => testOf("any"),
);
