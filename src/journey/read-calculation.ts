import { readDuration } from "../duration.ts";
import { customerFields } from "./field.ts";
import type { Calculation, Offset, Reference } from "./journey.ts";
import { referenceIn } from "./operand.ts";
import type { Place } from "./place.ts";
import { type Reader, described, list, map, mapping, nullable, required } from "./reader.ts";
import { isUsable, wholeNumber } from "./scalar.ts";
import { type Schema, oneOf, pattern } from "./schema.ts";
import type { Scope } from "./scope.ts";

const operations = ["add", "subtract", "multiply", "divide"] as const;
type Operation = (typeof operations)[number];

const calculationKeys: readonly string[] = [...operations, "round", "date", "join"];

/** The key that makes a mapping a calculation. */
export function calculationKeyOf(place: Place): string | undefined {
  return calculationKeys.find((key) => place.has(key));
}

/** `{ multiply: 0.1, of: entry.total, round: 0 }`, `{ date: now, offset: 30 days after }`, `{ join: [entry.shop, " ", entry.city] }` */
export function calculationIn(scope: Scope): Reader<Calculation> {
  const kinds = [
    ...operations.map((operation) => numberIn(scope, operation)),
    roundIn(scope),
    dateIn(scope),
    joinIn(scope),
  ];
  return described(oneOf(...kinds.map(({ schema }) => schema ?? {})), (place) => {
    const nth = calculationKeys.indexOf(calculationKeyOf(place) ?? "");
    return kinds[nth]?.(place);
  });
}

const digits = wholeNumber("a whole number of digits, 0 to 10", 0, 10);
const of = (scope: Scope) => nullable(numberReference(scope));

function numberIn(scope: Scope, operation: Operation): Reader<Calculation> {
  const keys = { of: of(scope), round: nullable(digits) };
  const by = { [operation]: required(amountIn(scope, operation)) };
  const read = mapping(`{ ${operation}: <number> }`, { ...by, ...keys });
  return map(read, (all): Calculation => ({
    kind: "number",
    of: all.of,
    operation,
    by: (all as Readonly<Record<string, number | Reference>>)[operation] ?? 0,
    round: all.round,
  }));
}

function roundIn(scope: Scope): Reader<Calculation> {
  const read = mapping("{ round: <digits> }", { round: required(digits), of: of(scope) });
  return map(read, ({ of: base, round }): Calculation => ({
    kind: "number",
    of: base,
    operation: null,
    by: 0,
    round,
  }));
}

const numberSchema: Schema = { type: "number" };

function amountIn(scope: Scope, operation: Operation): Reader<number | Reference> {
  const reference = numberReference(scope);
  return described(oneOf(numberSchema, reference.schema ?? {}), (place) => {
    const { value } = place;
    if (typeof value === "string" && value.includes(".")) return reference(place);
    if (typeof value !== "number" || !Number.isFinite(value))
      return place.expected("a number or a name such as entry.total");
    return value === 0 && operation === "divide" ? place.expected("a number other than 0") : value;
  });
}

/** A field whose type is known must be a number's; what an event, a service or an attribute holds shows only then. */
function numberReference(scope: Scope): Reader<Reference> {
  return map(referenceIn(scope), (reference, place) => {
    const isOther = reference.startsWith("voucher.") || isColumn(reference);
    return isOther ? place.wrong(`expected a number, ${reference} holds none`) : reference;
  });
}

function dateIn(scope: Scope): Reader<Calculation> {
  const reference = referenceIn(scope);
  const source = described<Reference>(oneOf({ const: "now" }, reference.schema ?? {}), (place) => {
    if (place.value === "now") return "now";
    const found = reference(place);
    if (found === undefined || !isOtherThanDate(found)) return found;
    return place.wrong(`expected a date, ${found} holds none`);
  });
  const read = mapping("{ date: now, offset: 30 days after }", {
    date: required(source),
    offset: required(offset),
  });
  return map(read, ({ date, offset: by }): Calculation => ({ kind: "date", of: date, offset: by }));
}

function isOtherThanDate(reference: Reference): boolean {
  if (reference === "voucher.code") return true;
  return isColumn(reference) && !/\.(?:birthday|created_at|updated_at)$/.test(reference);
}

function isColumn(reference: Reference): boolean {
  return Object.hasOwn(customerFields, reference.replace(/^customer\./, ""));
}

const offset = described<Offset>(pattern("^\\d.* (before|after)$"), (place) => {
  const { value } = place;
  const [, written = "", side] =
    (typeof value === "string" && /^(.{1,100}) (before|after)$/.exec(value)) || [];
  const length = readDuration(written);
  return length === undefined || !isUsable(length)
    ? place.expected('a duration "before" or "after", such as "30 days after"')
    : { length, side: side === "before" ? "before" : "after" };
});

function joinIn(scope: Scope): Reader<Calculation> {
  const reference = referenceIn(scope);
  const part = described<string | { readonly from: Reference }>({ type: "string" }, (place) => {
    if (typeof place.value !== "string")
      return place.expected("a text or a name such as entry.city");
    if (!/^(?:entry|customer|call|voucher)\.\S+$/.test(place.value)) return place.value;
    const from = reference(place);
    return from && { from };
  });
  const read = mapping("{ join: [<text>, <text>] }", {
    join: required(
      list('a list of texts and names such as [customer.city, ", ", entry.shop]', part),
    ),
  });
  return map(read, ({ join: parts }): Calculation => ({ kind: "join", parts }));
}
