import { fieldsOf, type FieldType } from "../customer/field.ts";
import type { Json } from "../customer/storable.ts";
import { Fault, type ReadValue, valueReader } from "../customer/value.ts";
import type { Assignment } from "../journey/journey.ts";
import { type WorkedWrong, describeWrong } from "./calculation.ts";

/** What an enrollment gives to assign: for each assignment what its reference found or what was worked out, and what is wrong with that. */
export interface Given {
  readonly id: string;
  readonly customer_id: string;
  readonly found: readonly Json[];
  readonly faults: readonly (WorkedWrong | null)[];
}

/** What is to be written into one customer's record; `times` enrollments of theirs say so. */
export interface Written {
  readonly customerId: string;
  readonly times: number;
  readonly attributes: Readonly<Record<string, Json>>;
  readonly columns: Readonly<Record<string, Json>>;
}

export interface Unfit {
  readonly id: string;
  readonly reason: string;
}

/**
 * Reads what is to be assigned with the eyes that read imports: a country is one or is refused. Of several
 * enrollments of one customer the last one says.
 */
export function readGiven(
  assignments: readonly Assignment[],
  given: readonly Given[],
  now: Date,
): { readonly written: readonly Written[]; readonly unfit: readonly Unfit[] } {
  const readers = assignments.map((one) => reader(one, now));
  const written = new Map<string, Written>();
  const unfit: Unfit[] = [];
  for (const one of given) {
    const values = readers.map((read, index) => read(one, index));
    const fault = values.find((value) => value instanceof Fault);
    if (fault !== undefined) unfit.push({ id: one.id, reason: fault.reason });
    else
      written.set(one.customer_id, added(one, values, assignments, written.get(one.customer_id)));
  }
  return { written: [...written.values()], unfit };
}

/** Undefined leaves the field as it is. */
type Read = (given: Given, index: number) => Json | undefined | Fault;

function reader({ field, to }: Assignment, now: Date): Read {
  const read = valueOf(field, now);
  switch (to.kind) {
    case "value":
      return () => (to.value === null ? null : read(to.value));
    case "now":
      return () => read(now.toISOString());
    case "reference":
      return (given, index) => {
        const found = given.found[index] ?? null;
        return found === null ? undefined : read(found);
      };
    case "add":
      return (given, index) =>
        given.faults[index] === null
          ? undefined
          : new Fault(`customer.${field}: expected a number to add to, found something else`);
    case "calculation":
      return (given, index) => {
        const wrong = given.faults[index] ?? null;
        if (wrong !== null)
          return new Fault(`customer.${field}: ${describeWrong(wrong, to.calculation)}`);
        const found = given.found[index] ?? null;
        return found === null ? undefined : read(found);
      };
  }
}

function valueOf(field: string, now: Date): (raw: Json) => Json | Fault {
  const type = isColumn(field) ? column(field).reads : "any";
  const zones = new Set(type === "zone" ? ["UTC", ...Intl.supportedValuesOf("timeZone")] : []);
  const read: ReadValue = valueReader(type, { now, zone: "UTC", zones });
  return (raw) => {
    const value = read(raw);
    return value instanceof Fault ? new Fault(`customer.${field}: ${value.reason}`) : value;
  };
}

function added(
  { customer_id }: Given,
  values: readonly (Json | undefined | Fault)[],
  assignments: readonly Assignment[],
  before: Written | undefined,
): Written {
  const attributes: Record<string, Json> = { ...before?.attributes };
  const columns: Record<string, Json> = { ...before?.columns };
  for (const [index, { field }] of assignments.entries()) {
    const value = values[index];
    if (value === undefined || value instanceof Fault) continue;
    if (isColumn(field)) columns[field] = value;
    else if (value !== null) attributes[keyOf(field)] = value;
  }
  return { customerId: customer_id, times: (before?.times ?? 0) + 1, attributes, columns };
}

const sqlTypes: Readonly<Partial<Record<FieldType, string>>> = {
  country: "bpchar",
  birthday: "date",
};

export function isColumn(field: string): boolean {
  return !field.startsWith("attributes.");
}

/** The key of an attribute, as it stands: dots in it are part of it. */
export function keyOf(field: string): string {
  return field.slice("attributes.".length);
}

/** A column that a journey may write to; who a customer is and how they are reached comes from outside. */
export function column(field: string): {
  readonly name: string;
  readonly reads: FieldType;
  readonly type: string;
} {
  const found = fieldsOf.customers.find(({ name }) => name === field && !name.includes("."));
  if (found === undefined || ["external_id", "email", "phone"].includes(field))
    throw new Error(`customer.${field}: expected a field of the customer that can be set`);
  return { name: field, reads: found.type, type: sqlTypes[found.type] ?? "text" };
}
