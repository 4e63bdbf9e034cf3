import type { Comparison, Value } from "./condition.ts";
import { readDuration } from "../duration.ts";
import type { FieldType } from "./field.ts";
import { type Reader, described, list } from "./reader.ts";
import { oneOf, pattern } from "./schema.ts";
import { duration, flag, readPercent, text, zone } from "./scalar.ts";

type Op = Comparison["op"];

interface Operator {
  /** The types of field it can be asked of, beside `any`. */
  readonly of: readonly FieldType[];
  readonly value: (type: FieldType) => Reader<Comparison["value"]>;
}

const numbers: readonly FieldType[] = ["number", "money", "count"];
const texts: readonly FieldType[] = ["text", "zone", "country"];
const ordered: Operator = { of: [...numbers, "instant"], value: rankOf };
const equal: Operator = { of: [...texts, ...numbers, "instant"], value: valueOf };
const anyOf: Operator = {
  of: equal.of,
  value: (type) => list("a list with at least one value", valueOf(type)),
};
const partOf: Operator = { of: ["text", "zone"], value: () => text("a text") };
const timed = (value: () => Reader<Value>): Operator => ({ of: ["instant"], value });

export const operators: Readonly<Record<Op, Operator>> = {
  eq: equal,
  ne: equal,
  gt: ordered,
  gte: ordered,
  lt: ordered,
  lte: ordered,
  in: anyOf,
  not_in: anyOf,
  contains: partOf,
  starts_with: partOf,
  exists: { of: [...texts, "number", "money", "instant"], value: () => flag },
  before: timed(() => momentOrAgo),
  after: timed(() => momentOrAgo),
  within: timed(() => duration),
};

/** The operators that can be asked of a type, for the mistake that lists them. */
export function operatorsOf(type: FieldType): readonly Op[] {
  return (Object.keys(operators) as Op[]).filter(
    (op) => type === "any" || operators[op].of.includes(type),
  );
}

/** A value that a field of this type can be equal to. */
export function valueOf(type: FieldType): Reader<Value> {
  switch (type) {
    case "text":
      return word;
    case "zone":
      return zone;
    case "country":
      return country;
    case "number":
    case "money":
      return amount;
    case "count":
      return count;
    case "instant":
      return moment;
    case "any":
      return scalar;
  }
}

/** A value that can come before or after another of its type. */
function rankOf(type: FieldType): Reader<Value> {
  if (type !== "any") return valueOf(type);
  return described(oneOf({ type: "number" }, { type: "string" }), (place) =>
    isMoment(place.value) ? moment(place) : amount(place),
  );
}

const scalarShape = { type: ["string", "number", "boolean"] };

export const scalar: Reader<string | number | boolean> = described(scalarShape, (place) => {
  const { value } = place;
  if (value === null || value === undefined)
    return place.wrong("expected a value, got nothing; ask for an absent one by { exists: false }");
  if (typeof value === "number" && Number.isFinite(value)) return value;
  return typeof value === "string" || typeof value === "boolean"
    ? value
    : place.expected("a text, a number, true or false");
});

/** A text. An unquoted 01234 is a number to YAML and has lost its zero by now, so numbers are refused, not converted. */
const word: Reader<string> = described({ type: "string" }, (place) => {
  const read = scalar(place);
  if (read === undefined || typeof read === "string") return read;
  return place.expected("a text; put it in quotes");
});

const country: Reader<string> = described(pattern("^[A-Z]{2}$"), (place) =>
  typeof place.value === "string" && /^[A-Z]{2}$/.test(place.value)
    ? place.value
    : place.expected("a two-letter country code such as GB"),
);

/** 50, "50 EUR" (its amount) or "12%" (0.12). */
const amountShape = oneOf({ type: "number" }, pattern("^-?\\d+(\\.\\d+)?( ?%| [A-Z]{3})$"));

const amount: Reader<number> = described(amountShape, (place) => {
  const { value } = place;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const read =
    typeof value === "string" ? (readPercent(value) ?? readMoney(value)?.amount) : undefined;
  return read ?? place.expected('a number, an amount such as "50 EUR" or a share such as "12%"');
});

const count: Reader<number> = described({ type: "integer", minimum: 0 }, (place) =>
  typeof place.value === "number" && Number.isInteger(place.value) && place.value >= 0
    ? place.value
    : place.expected("a whole number"),
);

export function readMoney(written: string): { amount: number; currency: string } | undefined {
  const [, digits, currency] = /^(-?\d{1,12}(?:\.\d{1,4})?) ([A-Z]{3})$/.exec(written) ?? [];
  if (digits === undefined || currency === undefined) return undefined;
  return { amount: Number(digits), currency };
}

const moment: Reader<string> = described(pattern("^\\d{4}-\\d{2}-\\d{2}(T.*)?$"), (place) => {
  const { value } = place;
  if (isMoment(value)) return value;
  return place.expected("a day such as 2026-01-31 or an instant such as 2026-01-31T09:00:00Z");
});

/** A moment, or how long before the moment of the question. */
const momentOrAgo: Reader<Value> = described({ type: "string" }, (place) => {
  const { value } = place;
  if (isMoment(value)) return value;
  if (typeof value === "string" && readDuration(value) !== undefined) return duration(place);
  return place.expected('a day such as 2026-01-31, or how long ago such as "30 days"');
});

const isoShape =
  /^(\d{4}-\d{2}-\d{2})(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function isMoment(written: unknown): written is string {
  if (typeof written !== "string") return false;
  const [, date] = isoShape.exec(written) ?? [];
  if (date === undefined || Number.isNaN(Date.parse(written))) return false;
  // Date rolls February 30th over into March; the round trip shows it.
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}
