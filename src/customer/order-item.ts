import { plainHeader } from "./field.ts";
import type { Json } from "./storable.ts";

/** What the items of an order are called in the field, and the field of a row of orders each is. */
const itemFields = new Map(
  Object.entries({
    product: "product",
    productid: "product",
    sku: "product",
    id: "product",
    itemid: "product",
    name: "product_name",
    productname: "product_name",
    title: "product_name",
    category: "product_category",
    quantity: "quantity",
    qty: "quantity",
    price: "unit_price",
    unitprice: "unit_price",
    line: "line",
    lineno: "line",
  }),
);

const listNames = ["lines", "items", "products"];

/** An order with a list of items as rows of one line each, as a CSV file would have them. An order without items is one row. */
export function explodeOrder(order: ReadonlyMap<string, Json>): Map<string, Json>[] {
  const listName = listNames.find((name) => Array.isArray(order.get(name)));
  const items = listName === undefined ? [] : (order.get(listName) as readonly Json[]);
  const head = new Map(order);
  if (listName !== undefined) head.delete(listName);
  if (items.length === 0) return [head];
  return items.map((item) => new Map([...head, ...itemEntries(item)]));
}

/** Fields we do not know are kept as attributes of the line. */
function itemEntries(item: Json): [string, Json][] {
  if (item === null || typeof item !== "object" || Array.isArray(item)) return [["product", item]];
  return Object.entries(item).map(([name, value]) => [
    itemFields.get(plainHeader(name)) ?? `line.attributes.${name}`,
    value,
  ]);
}
