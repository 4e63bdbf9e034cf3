import type { Condition, Test } from "./condition.ts";
import { readMoney } from "./comparison.ts";
import { orderFields, typeOfField } from "./field.ts";
import type { Place } from "./place.ts";
import { atLeastOne } from "./read-event-condition.ts";
import { testOf } from "./read-test.ts";
import { described, mapping, nullable, optional, record } from "./reader.ts";
import { anything } from "./schema.ts";
import { duration } from "./scalar.ts";

const open = testOf("any").schema ?? anything;
const attributes = ["attributes.", "product.attributes."];

const orders = mapping("a mapping such as { count: { gte: 1 }, within: 90 days }", {
  count: nullable(testOf("count")),
  total: nullable(testOf("money")),
  within: nullable(duration),
  where: optional(
    record("a mapping of fields to tests", (field) =>
      described(open, (place) => {
        const type = typeOfField(place, field, orderFields, { attributes });
        return type && testOf(type)(place);
      }),
    ),
    {},
  ),
  first: nullable(testOf("instant")),
  last: nullable(testOf("instant")),
});

/**
 * `orders: { count: 1, within: 1 year }`; without a test of its own it asks for at least one order. A total written
 * with a currency counts only the orders in it, since 500 EUR and 500 JPY are not the same.
 */
export const ordersCondition = described(orders.schema ?? anything, read);

function read(place: Place): Condition | undefined {
  if (place.isMapping && place.keys.length === 0)
    return place.expected("what to ask of the orders");
  const asked = orders(place);
  if (asked === undefined) return undefined;
  const asksNothing = !(asked.count ?? asked.total ?? asked.first ?? asked.last);
  const currencies = currenciesOf(place.at("total"));
  if (currencies.length > 1) return place.at("total").wrong("expected amounts in one currency");
  const where = Object.fromEntries(
    currencies.map((value): [string, Test] => ["currency", [{ op: "eq", value }]]),
  );
  return {
    kind: "orders",
    ...asked,
    count: asksNothing ? atLeastOne : asked.count,
    where: { ...where, ...asked.where },
  };
}

function currenciesOf(place: Place): string[] {
  const written = place.isMapping ? place.keys.map((key) => place.at(key)) : [place];
  const values = written.flatMap((each) => (each.isList ? each.items : [each]));
  return [...new Set(values.flatMap(({ value }) => readMoney(String(value))?.currency ?? []))];
}
