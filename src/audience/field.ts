import { sql } from "kysely";
import { type Operand, jsonOperand } from "./operand.ts";
import { unknownWord } from "./refusal.ts";

type Columns = Readonly<Record<string, "text" | "code" | "number" | "instant">>;

/** The allow-lists: what a condition may name, table by table. Beside these, `attributes.<key>`. */
const columns = {
  customer: {
    external_id: "text",
    email: "text",
    phone: "text",
    first_name: "text",
    last_name: "text",
    locale: "text",
    zone: "text",
    country: "code",
    city: "text",
    postcode: "text",
    birthday: "instant",
    created_at: "instant",
    updated_at: "instant",
  },
  account: {
    external_id: "text",
    name: "text",
    domain: "text",
    industry: "text",
    employees: "number",
    country: "code",
    created_at: "instant",
    updated_at: "instant",
  },
  product: {
    external_id: "text",
    name: "text",
    category: "text",
    price: "number",
    currency: "code",
    url: "text",
    created_at: "instant",
    updated_at: "instant",
  },
  order: { external_id: "text", status: "text", currency: "code", total: "number" },
  line: { quantity: "number", unit_price: "number" },
} as const satisfies Readonly<Record<string, Columns>>;

export type Table = keyof typeof columns;

/** The names a condition may use of a table, for checks and for the near miss. */
export function fieldsOf(table: Table): readonly string[] {
  return Object.keys(columns[table]);
}

/** The column or JSON key that `field` names in the row called `alias`. */
export function fieldOperand(table: Table, alias: string, field: string, place: string): Operand {
  if (field.startsWith("attributes.") && field.length > "attributes.".length) {
    return jsonOperand(sql.ref(`${alias}.attributes`), field.slice("attributes.".length), place);
  }
  const known: Columns = columns[table];
  const kind = Object.hasOwn(known, field) ? known[field] : undefined;
  if (kind === undefined) {
    throw unknownWord(place, `a field of the ${table}`, field, [
      ...fieldsOf(table),
      "attributes.<key>",
    ]);
  }
  return { kind, sql: sql.ref(`${alias}.${field}`) };
}
