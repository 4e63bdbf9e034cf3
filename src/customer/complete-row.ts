import type { ColumnPlan } from "./column-plan.ts";
import type { ImportKind } from "./field.ts";
import { readPhone } from "./phone-number.ts";
import type { RowDraft, RowReaderOptions } from "./row-draft.ts";
import type { SourceRow } from "./source.ts";

interface Row {
  readonly draft: RowDraft;
  get(column: string): string | null;
  set(column: string, value: string): void;
}

/** What a row means as a whole: the telephone number by its country, what follows from other columns, and what must not be missing. */
export function completeRow(
  draft: RowDraft,
  places: ReadonlyMap<string, number>,
  options: RowReaderOptions,
  source: SourceRow,
  plans: Plans,
): void {
  const row: Row = {
    draft,
    get: (column) => draft.values[places.get(column) ?? -1] ?? null,
    set: (column, value) => {
      draft.values[places.get(column) ?? -1] = value;
    },
  };
  completePhone(row, options.country);
  if (draft.faults.length > 0) return;
  completions[options.kind](row, options, source, plans);
}

type Plans = readonly (ColumnPlan | null)[];
type Complete = (row: Row, options: RowReaderOptions, source: SourceRow, plans: Plans) => void;

const completions: Readonly<Record<ImportKind, Complete>> = {
  customers: needCustomer,
  orders: (row, options, source, plans) => {
    need(row, "order_number", "number");
    need(row, "ordered_at", "ordered_at");
    needCustomer(row, options, source, plans);
    if (row.get("currency") === null) row.set("currency", options.currency);
    completeLine(row);
  },
  events: (row, options, source, plans) => {
    need(row, "event_name", "name");
    need(row, "occurred_at", "occurred_at");
    needCustomer(row, options, source, plans);
  },
  products: (row, options) => {
    need(row, "external_id", "external_id");
    if (row.get("price") !== null && row.get("currency") === null)
      row.set("currency", options.currency);
  },
};

function completePhone(row: Row, country: string): void {
  const written = row.get("phone");
  if (written === null) return;
  const of = row.get("country") ?? country;
  const phone = readPhone(written, of);
  if (phone !== undefined) row.set("phone", phone);
  else
    row.draft.faults.push(
      `phone: expected a telephone number that exists, with its country code or in the form of ${of}, got ${JSON.stringify(written)}`,
    );
}

function need(row: Row, column: string, name: string): void {
  if (row.get(column) === null) row.draft.faults.push(`${name}: expected a value, found nothing`);
}

const ids = ["external_id", "email", "phone"];

function needCustomer(row: Row, options: RowReaderOptions, source: SourceRow, plans: Plans): void {
  if (options.customerIsKnown === true || ids.some((column) => row.get(column) !== null)) return;
  const found = plans.flatMap((plan, index) => {
    if (plan?.target.kind !== "column" || !ids.includes(plan.target.column)) return [];
    const cell = source.values[index] ?? "";
    return [`${plan.column} is ${cell === "" ? "empty" : JSON.stringify(cell)}`];
  });
  const where = found.length === 0 ? "no column holds one" : found.join(", ");
  row.draft.faults.push(
    `no customer: expected an id, an e-mail address or a telephone number; ${where}`,
  );
}

/** A row of an order is a line of it when it says what or how much. */
function completeLine(row: Row): void {
  const isLine = ["product", "quantity", "unit_price"].some((column) => row.get(column) !== null);
  const total = row.get("total");
  if (!isLine) {
    if (total === null)
      row.draft.faults.push(
        "total: expected an amount, or a quantity and a unit_price, found neither",
      );
    return;
  }
  if (row.get("quantity") === null) row.set("quantity", "1");
  if (row.get("unit_price") === null) {
    if (total === null)
      row.draft.faults.push(
        "unit_price: expected an amount, since the row has no total, found nothing",
      );
    row.set("unit_price", "0");
  }
}
