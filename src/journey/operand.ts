import { nearMiss } from "../errors.ts";
import { scalar } from "./comparison.ts";
import { customerFields, typeOfField } from "./field.ts";
import type { Match, Operand, Reference } from "./journey.ts";
import type { Place } from "./place.ts";
import { type Reader, described, mapping, record, required } from "./reader.ts";
import { type Schema, oneOf, pattern } from "./schema.ts";
import type { Scope } from "./scope.ts";

const roots: readonly string[] = ["entry", "customer", "call", "voucher"];
const forms = "entry.<property>, customer.<field>, call.<step>.<field> or voucher.code";
const shape = /^([a-z]+)\.([^\s.][^\s]*)$/;

/** What looks like a sum, a template or a variable of the environment, and would be kept as the text it is. */
const workedOut = /^(?:entry|customer|call|voucher)\.\S+\s+[-+*/]|\{\{.+\}\}|\$\{\w+\}/;

const plainShape: Schema = { type: ["string", "number", "boolean", "null"] };

const plainValue = described<string | number | boolean | null>(plainShape, (place) =>
  place.value === null ? null : scalar(place),
);

/** `entry.total`: a value that is known only when a customer is at the step. */
export function referenceIn(scope: Scope): Reader<Reference> {
  return described(pattern("^(entry|customer|call|voucher)\\..+$"), (place) => {
    const [written, root = "", rest = ""] =
      (typeof place.value === "string" && shape.exec(place.value)) || [];
    if (written === undefined || !roots.includes(root)) return place.expected(forms);
    return findEnd(place, root, rest, scope) === undefined ? undefined : written;
  });
}

/** Something unless it leads nowhere. */
function findEnd(place: Place, root: string, rest: string, scope: Scope): unknown {
  switch (root) {
    case "entry":
      return scope.entry ? rest : place.wrong(noEntry);
    case "customer":
      return typeOfField(place, rest, customerFields, { prefix: "customer." });
    case "call":
      return callIn(place, rest, scope);
    default:
      if (rest !== "code" && rest !== "expires_at")
        return place.expected("voucher.code or voucher.expires_at");
      place.refer({ kind: "voucher", name: `voucher.${rest}` });
      return rest;
  }
}

export const noEntry =
  '"entry" is the event or the request that started the journey; this one has none';

/** `<step>.<path of its answer>`, where the step must be a call. */
export function callIn(
  place: Place,
  rest: string,
  scope: Scope,
): { readonly step: string; readonly field: string } | undefined {
  const dot = rest.indexOf(".");
  if (dot <= 0 || dot === rest.length - 1)
    return place.wrong('expected "call.<step>.<field>": a step and a field of its answer');
  if (!scope.steps) return place.wrong('"call" is the answer to a step; there is none here yet');
  const step = rest.slice(0, dot);
  place.refer({ kind: "step", name: step, journey: null, of: "call" });
  return { step, field: rest.slice(dot + 1) };
}

export const matchIn = (scope: Scope): Reader<Match> =>
  record("a mapping such as { order_id: entry.order_id }", () => referenceIn(scope));

const literal = mapping("a value", { value: required(plainValue) });
const addition = mapping("a value", {
  add: required<number>(
    described({ type: "number" }, (place) =>
      typeof place.value === "number" && Number.isFinite(place.value)
        ? place.value
        : place.expected("a number"),
    ),
  ),
});

const operandSchema = oneOf(plainShape, literal.schema ?? {}, addition.schema ?? {});

/** `gold`, `now`, `entry.total`, `{ add: 1 }`, and `{ value: entry.total }` for the very text. */
export function operandIn(scope: Scope): Reader<Operand> {
  return described(operandSchema, (place) => {
    const { value } = place;
    if (place.isMapping) return writtenOut(place);
    if (value === "now") return { kind: "now" };
    if (typeof value === "string") return textOrReference(place, value, scope);
    const plain = plainValue(place);
    return plain === undefined ? undefined : { kind: "value", value: plain };
  });
}

function writtenOut(place: Place): Operand | undefined {
  if (place.has("add")) {
    const read = addition(place);
    return read && { kind: "add", ...read };
  }
  if (!place.has("value")) return place.expected("a value, { add: <number> } or { value: <text> }");
  const read = literal(place);
  return read && { kind: "value", ...read };
}

function textOrReference(place: Place, value: string, scope: Scope): Operand | undefined {
  if (workedOut.test(value))
    return place.wrong(
      `expected a value or a name such as entry.total, got "${value}"; nothing is worked out in a text, "set" can { multiply: 2, of: entry.total }. For the very text write { value: "${value}" }`,
    );
  const root = shape.exec(value)?.[1];
  if (root === undefined) return { kind: "value", value };
  if (roots.includes(root)) {
    const from = referenceIn(scope)(place);
    return from === undefined ? undefined : { kind: "reference", from };
  }
  const meant = nearMiss(root, roots);
  if (meant === undefined) return { kind: "value", value };
  return place.wrong(
    `expected a value, got "${value}"; did you mean "${value.replace(root, meant)}"? For the very text write { value: "${value}" }`,
  );
}
