import { calculationIn, calculationKeyOf } from "./read-calculation.ts";
import { valueOf } from "./comparison.ts";
import { customerFields, typeOfField } from "./field.ts";
import type { Assignment } from "./journey.ts";
import { operandIn } from "./operand.ts";
import type { Place } from "./place.ts";
import { type Reader, described } from "./reader.ts";
import { mapOf, oneOf } from "./schema.ts";
import type { Scope } from "./scope.ts";

/** Who a customer is and how they are reached comes from outside: by import, by HTTP, by the customer. */
const given: ReadonlySet<string> = new Set([
  "external_id",
  "email",
  "phone",
  "created_at",
  "updated_at",
]);

const form = "a mapping such as { customer.attributes.tier: gold }";

/** `set: { customer.attributes.tier: gold, customer.attributes.visits: { add: 1 } }`; beside values also what is worked out. */
export function assignmentsIn(scope: Scope): Reader<readonly Assignment[]> {
  const operand = operandIn(scope);
  const calculation = calculationIn(scope);
  const value = (place: Place): Assignment["to"] | undefined => {
    // What a sum always was stays as it was written down.
    const isPlainSum = place.keys.length === 1 && typeof place.at("add").value === "number";
    if (isPlainSum || calculationKeyOf(place) === undefined) return operand(place);
    const read = calculation(place);
    return read && { kind: "calculation", calculation: read };
  };
  const schema = oneOf(operand.schema ?? {}, calculation.schema ?? {});
  return described({ ...mapOf(schema), minProperties: 1 }, (place) => {
    if (!place.isMapping || place.keys.length === 0) return place.expected(form);
    const read = place.keys.map((key) => assignment(place.at(key), key, value));
    const good = read.filter((each) => each !== undefined);
    return good.length === read.length ? good : undefined;
  });
}

function assignment(
  place: Place,
  key: string,
  value: Reader<Assignment["to"]>,
): Assignment | undefined {
  const field = key.replace(/^customer\./, "");
  if (field === key) return place.wrong(`expected a field of the customer such as customer.${key}`);
  const type = typeOfField(place, field, customerFields, { prefix: "customer." });
  if (given.has(field)) return place.wrong(`"customer.${field}" cannot be set by a journey`);
  const to = value(place);
  if (type === undefined || to === undefined) return undefined;
  if (type === "any") return { field, to };
  if (to.kind === "add") return place.wrong("only an attribute can be added to");
  if (to.kind === "calculation") {
    const isJoined = to.calculation.kind === "join" && type === "text";
    return isJoined
      ? { field, to }
      : place.wrong(`only an attribute can hold what is worked out here`);
  }
  const written = place.isMapping ? place.at("value") : place;
  const fits = to.kind !== "value" || to.value === null || valueOf(type)(written) !== undefined;
  return fits ? { field, to } : undefined;
}
