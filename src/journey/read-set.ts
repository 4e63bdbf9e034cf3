import { valueOf } from "./comparison.ts";
import { customerFields, typeOfField } from "./field.ts";
import type { Assignment, Operand } from "./journey.ts";
import { operandIn } from "./operand.ts";
import type { Place } from "./place.ts";
import { type Reader, described } from "./reader.ts";
import { mapOf } from "./schema.ts";
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

/** `set: { customer.attributes.tier: gold, customer.attributes.visits: { add: 1 } }` */
export function assignmentsIn(scope: Scope): Reader<readonly Assignment[]> {
  const operand = operandIn(scope);
  return described({ ...mapOf(operand.schema ?? {}), minProperties: 1 }, (place) => {
    if (!place.isMapping || place.keys.length === 0) return place.expected(form);
    const read = place.keys.map((key) => assignment(place.at(key), key, operand));
    const good = read.filter((each) => each !== undefined);
    return good.length === read.length ? good : undefined;
  });
}

function assignment(place: Place, key: string, operand: Reader<Operand>): Assignment | undefined {
  const field = key.replace(/^customer\./, "");
  if (field === key) return place.wrong(`expected a field of the customer such as customer.${key}`);
  const type = typeOfField(place, field, customerFields, { prefix: "customer." });
  if (given.has(field)) return place.wrong(`"customer.${field}" cannot be set by a journey`);
  const to = operand(place);
  if (type === undefined || to === undefined) return undefined;
  if (type === "any") return { field, to };
  if (to.kind === "add") return place.wrong("only an attribute can be added to");
  const written = place.isMapping ? place.at("value") : place;
  const fits = to.kind !== "value" || to.value === null || valueOf(type)(written) !== undefined;
  return fits ? { field, to } : undefined;
}
