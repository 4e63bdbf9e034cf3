import { nearMiss } from "../errors.ts";
import type { Place } from "./place.ts";

/** What a field holds, which decides the tests that can be asked of it: `instant` is a day too, `any` is any JSON. */
export type FieldType =
  | "text"
  | "zone"
  | "country"
  | "number"
  | "money"
  | "count"
  | "instant"
  | "any";
export type Fields = Readonly<Record<string, FieldType>>;

export const customerFields = {
  external_id: "text",
  email: "text",
  phone: "text",
  first_name: "text",
  last_name: "text",
  locale: "text",
  zone: "zone",
  country: "country",
  city: "text",
  postcode: "text",
  birthday: "instant",
  created_at: "instant",
  updated_at: "instant",
} as const satisfies Fields;

export const accountFields = {
  external_id: "text",
  name: "text",
  domain: "text",
  industry: "text",
  employees: "count",
  country: "country",
  created_at: "instant",
  updated_at: "instant",
} as const satisfies Fields;

/** What `where` of an orders condition can ask: of the order, of its lines, of their products. */
export const orderFields: Fields = {
  external_id: "text",
  status: "text",
  currency: "text",
  total: "money",
  "line.quantity": "number",
  "line.unit_price": "money",
  "product.external_id": "text",
  "product.name": "text",
  "product.category": "text",
  "product.price": "money",
  "product.currency": "text",
  "product.url": "text",
  "product.created_at": "instant",
  "product.updated_at": "instant",
};

/** The type of a field that its mistake names with `prefix`. Only what is kept in `attributes` is free to name. */
export function typeOfField(
  place: Place,
  field: string,
  fields: Fields,
  { prefix = "", attributes = ["attributes."] } = {},
): FieldType | undefined {
  if (Object.hasOwn(fields, field)) return fields[field];
  if (attributes.some((start) => field.startsWith(start) && field.length > start.length))
    return "any";
  const own = attributes.map((start) => `${prefix}${start}<key>`);
  const meant = nearMiss(field, Object.keys(fields));
  const hint =
    meant === undefined
      ? `expected one of ${Object.keys(fields).join(", ")}`
      : `did you mean "${prefix}${meant}"?`;
  return place.wrong(
    `unknown field "${prefix}${field}"; ${hint} (one of your own is ${own.join(" or ")})`,
  );
}
