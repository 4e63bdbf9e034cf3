import { deepStrictEqual as same } from "node:assert";
import { sql } from "kysely";
import { conditionSql } from "../../src/audience/condition-sql.ts";
import type { Scope } from "../../src/audience/scope.ts";
import type { Database } from "../../src/database/database.ts";
import type { Comparison, Condition, Test } from "../../src/journey/condition.ts";
import { readDuration } from "../../src/duration.ts";

export const now = new Date("2026-11-01T12:00:00.000Z");

/** `ago("90 days", 1)` is 90 days and one millisecond before now; days and smaller only. */
export function ago(written: string, moreMs = 0): Date {
  const { days, seconds } = lasting(written);
  return new Date(now.getTime() - days * 86_400_000 - seconds * 1000 - moreMs);
}

export function lasting(written: string) {
  const duration = readDuration(written);
  if (duration === undefined) throw new Error(`not a duration: ${written}`);
  return duration;
}

/** `{ gte: 3, lt: 5 }` as a test. */
export function test(comparisons: Partial<Record<Comparison["op"], Comparison["value"]>>): Test {
  return Object.entries(comparisons).map(([op, value]) => ({ op: op as Comparison["op"], value }));
}

type Of<Kind extends Condition["kind"]> = Extract<Condition, { kind: Kind }>;

export function anEvent(name: string, more: Partial<Of<"event">> = {}): Condition {
  const atLeastOne = test({ gte: 1 });
  return {
    kind: "event",
    name,
    count: atLeastOne,
    within: null,
    where: {},
    first: null,
    last: null,
    ...more,
  };
}

export function orders(more: Partial<Of<"orders">>): Condition {
  return {
    kind: "orders",
    count: null,
    total: null,
    within: null,
    where: {},
    first: null,
    last: null,
    ...more,
  };
}

export function field(name: string, comparisons: Parameters<typeof test>[0]): Condition {
  return { kind: "customer", field: name, test: test(comparisons) };
}

export function not(of: Condition): Condition {
  return { kind: "not", of };
}

/** Adds people and what they did. Customers are called by their external id. */
export class Population {
  readonly database: Database;
  constructor(database: Database) {
    this.database = database;
  }

  async customer(name: string, columns: Record<string, unknown> = {}): Promise<string> {
    const { attributes = {}, ...others } = columns;
    const { id } = await this.database
      .insertInto("customers")
      .values({
        external_id: name,
        attributes: JSON.stringify(attributes),
        created_at: now,
        updated_at: now,
        ...others,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    return id;
  }

  async event(name: string, what: string, at: Date, properties: object = {}): Promise<void> {
    await sql`
      insert into events (customer_id, name, occurred_at, received_at, properties)
      select id, ${what}, ${at}, ${at}, ${JSON.stringify(properties)}::jsonb
      from customers where external_id = ${name}`.execute(this.database);
  }

  async order(
    name: string,
    { at = now, total = 10, status = "completed", currency = "GBP" }: OrderGiven = {},
    lines: readonly { product: string; quantity?: number }[] = [],
  ): Promise<void> {
    const { rows } = await sql<{ id: string }>`
      insert into orders (external_id, customer_id, ordered_at, status, total, currency, created_at, updated_at)
      select gen_random_uuid(), id, ${at}, ${status}, ${total}, ${currency}, ${now}, ${now}
      from customers where external_id = ${name} returning id`.execute(this.database);
    for (const [index, { product, quantity = 1 }] of lines.entries()) {
      await sql`
        insert into order_lines (order_id, line, product_id, quantity, unit_price)
        select ${rows[0]?.id}, ${index}, (select id from products where external_id = ${product}), ${quantity}, 5`.execute(
        this.database,
      );
    }
  }

  async product(id: string, category: string | null): Promise<void> {
    const dated = { created_at: now, updated_at: now };
    await this.database
      .insertInto("products")
      .values({ external_id: id, name: id, category, ...dated })
      .execute();
  }

  /**
   * The customers a condition holds of, by name. Asked in each form it can take in a statement (many and few customers,
   * WHERE and CASE), and with the negation, which must hold of exactly the others.
   */
  async who(condition: Condition, scope: Partial<Scope> = {}): Promise<readonly string[]> {
    const asked = (asking: Partial<Scope>) => conditionSql(condition, { now, ...scope, ...asking });
    const unwanted = conditionSql(not(condition), { now, ...scope });
    const { rows } = await sql<{ name: string; few: boolean; chosen: string; others: boolean }>`
      select customer.external_id as name, coalesce(${asked({ customers: "few" })}, false) as few,
             case when ${asked({ customers: "many" })} then 'yes' else 'no' end as chosen,
             coalesce(${unwanted}, false) as others
      from customers customer order by customer.external_id`.execute(this.database);
    const { rows: found } = await sql<{ name: string }>`
      select customer.external_id as name from customers customer
      where ${asked({ customers: "many" })} order by customer.external_id`.execute(this.database);
    const names = found.map(({ name }) => name);
    same(
      rows.filter(({ few }) => few).map(({ name }) => name),
      names,
    );
    same(
      rows.filter(({ chosen }) => chosen === "yes").map(({ name }) => name),
      names,
    );
    same(
      rows.filter(({ others }) => !others).map(({ name }) => name),
      names,
    );
    return names;
  }
}

interface OrderGiven {
  readonly at?: Date;
  readonly total?: number;
  readonly status?: string;
  readonly currency?: string;
}
