import type { Comparison, Value } from "./condition.ts";
import { readDuration } from "../duration.ts";
import type { FieldType } from "./field.ts";
import { type Reader, list } from "./reader.ts";
import { duration, flag, readPercent, text } from "./scalar.ts";

type Op = Comparison["op"];

interface Operator {
  /** The types of field it can be asked of, beside `any`. */
  readonly of: readonly FieldType[];
  readonly value: (type: FieldType) => Reader<Comparison["value"]>;
}

const numbers: readonly FieldType[] = ["number", "money", "count"];
const texts: readonly FieldType[] = ["text", "country"];
const times: readonly FieldType[] = ["date", "instant"];
const ordered: Operator = { of: numbers, value: (type) => valueOf(type, true) };
const equal: Operator = { of: [...texts, ...numbers, "date"], value: (type) => valueOf(type) };
const anyOf: Operator = {
  of: equal.of,
  value: (type) => list("a list with at least one value", valueOf(type)),
};
const partOf: Operator = { of: ["text"], value: () => text("a text") };

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
  exists: { of: [...texts, ...times, "number", "money"], value: () => flag },
  before: { of: times, value: () => moment },
  after: { of: times, value: () => moment },
  within: { of: times, value: () => duration },
};

/** The operators that can be asked of a type, for the mistake that lists them. */
export function operatorsOf(type: FieldType): readonly Op[] {
  return (Object.keys(operators) as Op[]).filter(
    (op) => type === "any" || operators[op].of.includes(type),
  );
}

/** A value to compare a field with. `isAmount` says that only a number makes sense, whatever the field. */
export function valueOf(type: FieldType, isAmount = false): Reader<Value> {
  if (isAmount || numbers.includes(type)) return type === "count" ? count : amount;
  if (type === "country") return country;
  if (type === "date") return day;
  return type === "text" ? word : scalar;
}

const scalar: Reader<Value> = (place) => {
  const { value } = place;
  if (value === null || value === undefined)
    return place.wrong("expected a value, got nothing; ask for an absent one by { exists: false }");
  if (typeof value === "number" && Number.isFinite(value)) return value;
  return typeof value === "string" || typeof value === "boolean"
    ? value
    : place.expected("a text, a number, true or false");
};

/** A text. An unquoted 01234 is a number to YAML and has lost its zero by now, so numbers are refused, not converted. */
const word: Reader<string> = (place) => {
  const read = scalar(place);
  if (read === undefined || typeof read === "string") return read;
  return place.expected("a text; put it in quotes");
};

const country: Reader<string> = (place) =>
  typeof place.value === "string" && /^[A-Z]{2}$/.test(place.value)
    ? place.value
    : place.expected("a two-letter country code such as GB");

/** 50, "50 EUR" (its amount) or "12%" (0.12). */
const amount: Reader<number> = (place) => {
  const { value } = place;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const read =
    typeof value === "string" ? (readPercent(value) ?? readMoney(value)?.amount) : undefined;
  return read ?? place.expected('a number, an amount such as "50 EUR" or a share such as "12%"');
};

const count: Reader<number> = (place) =>
  typeof place.value === "number" && Number.isInteger(place.value) && place.value >= 0
    ? place.value
    : place.expected("a whole number");

export function readMoney(written: string): { amount: number; currency: string } | undefined {
  const [, digits, currency] = /^(-?\d{1,12}(?:\.\d{1,4})?) ([A-Z]{3})$/.exec(written) ?? [];
  if (digits === undefined || currency === undefined) return undefined;
  return { amount: Number(digits), currency };
}

const day: Reader<string> = (place) => {
  const { value } = place;
  return typeof value === "string" && value.length === 10 && isDate(value)
    ? value
    : place.expected("a day such as 2026-01-31");
};

/** A day, an instant, or so long before the moment of the question. */
const moment: Reader<Value> = (place) => {
  const { value } = place;
  if (typeof value === "string" && isDate(value)) return value;
  if (typeof value === "string" && readDuration(value) !== undefined) return duration(place);
  return place.expected(
    'a day such as 2026-01-31, an instant such as 2026-01-31T09:00:00Z, or how long ago, such as "30 days"',
  );
};

const isoShape =
  /^(\d{4}-\d{2}-\d{2})(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function isDate(written: string): boolean {
  const [, date] = isoShape.exec(written) ?? [];
  if (date === undefined) return false;
  // Date rolls February 30th over into March; the round trip shows it.
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date);
}
