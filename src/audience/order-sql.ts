import { type RawBuilder, sql } from "kysely";
import type { Condition, Test } from "../journey/condition.ts";
import { holdsOfAbsent, isAtLeastOne } from "./absence.ts";
import { edgeSql } from "./event-sql.ts";
import { fieldOperand } from "./field.ts";
import { sinceSql } from "./moment-sql.ts";
import { type Occurrences, occurrencesSql } from "./occurrences-sql.ts";
import type { Scope } from "./scope.ts";
import { testSql } from "./test-sql.ts";

type Orders = Extract<Condition, { kind: "orders" }>;

/** Orders by how many there were, what they came to and when the first and last were. Returns and cancelled sales do not count unless `where.status` says so. */
export function orderSql(orders: Orders, scope: Scope, wanted: boolean): RawBuilder<boolean> {
  const rows = ordersMeant(orders, scope);
  const { first, last, total } = orders;
  const count = orders.count ?? (total === null ? atLeastOne : null);
  const isTimed = first !== null || last !== null;
  if (!isTimed && total === null && count !== null && isAtLeastOne(count))
    return occurrencesSql({ ...rows, having: null, holdsOfNone: false }, scope, wanted);
  const having = [
    aggregateSql("count", sql`count(*)`, count, scope),
    aggregateSql("total", sql`coalesce(sum(an_order.total), 0)`, total, scope),
    edgeSql("first", first, at, scope, "orders"),
    edgeSql("last", last, at, scope, "orders"),
  ].filter((part) => part !== null);
  const holdsOfNone =
    !isTimed && [count, total].every((test) => test === null || holdsOfAbsent(test, 0));
  return occurrencesSql(
    { ...rows, having: sql`${sql.join(having, sql` and `)}`, holdsOfNone },
    scope,
    wanted,
  );
}

const at = sql.ref("an_order.ordered_at");

/** The rows that an order condition counts, of all customers. */
export function ordersMeant(
  { within, where }: Orders,
  scope: Scope,
): Pick<Occurrences, "from" | "customerId" | "where"> {
  return {
    from: sql`orders an_order`,
    customerId: sql.ref("an_order.customer_id"),
    where: sql<boolean>`${sinceSql(at, within, scope.now)} and ${whereSql(where, scope)}`,
  };
}

const atLeastOne: Test = [{ op: "gte", value: 1 }];

function aggregateSql(
  name: string,
  value: RawBuilder<unknown>,
  test: Test | null,
  scope: Scope,
): RawBuilder<boolean> | null {
  if (test === null) return null;
  return testSql({ kind: "number", sql: value }, test, { now: scope.now, place: `orders ${name}` });
}

/** Tests on the order itself, and one line for which all the tests on lines and products hold. */
function whereSql(where: Orders["where"], scope: Scope): RawBuilder<boolean> {
  const ofOrder: RawBuilder<boolean>[] = [];
  const ofLine: RawBuilder<boolean>[] = [];
  if (!Object.hasOwn(where, "status")) ofOrder.push(sql`an_order.status = 'completed'`);
  for (const [key, test] of Object.entries(where)) {
    const place = `orders where ${key}`;
    const [prefix, field] = split(key);
    const asking = { now: scope.now, place };
    if (prefix === "product")
      ofLine.push(testSql(fieldOperand("product", "its_product", field, place), test, asking));
    else if (prefix === "line")
      ofLine.push(testSql(fieldOperand("line", "a_line", field, place), test, asking));
    else ofOrder.push(testSql(fieldOperand("order", "an_order", key, place), test, asking));
  }
  if (ofLine.length > 0) ofOrder.push(lineSql(ofLine, Object.keys(where)));
  return sql`${sql.join(ofOrder, sql` and `)}`;
}

function lineSql(
  tests: readonly RawBuilder<boolean>[],
  keys: readonly string[],
): RawBuilder<boolean> {
  const product = keys.some((key) => key.startsWith("product."))
    ? sql`join products its_product on its_product.id = a_line.product_id`
    : sql``;
  return sql`exists (
    select from order_lines a_line ${product}
    where a_line.order_id = an_order.id and ${sql.join(tests, sql` and `)})`;
}

function split(key: string): readonly [string, string] {
  const dot = key.indexOf(".");
  return dot === -1 ? ["", key] : [key.slice(0, dot), key.slice(dot + 1)];
}
