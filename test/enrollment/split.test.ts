import { sql } from "kysely";
import { expect, test } from "vitest";
import { boundsOf } from "../../src/enrollment/share.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const trial = `
journey: trial
start: { on: signed_up, again: always }
steps:
  - split: { short: 50, long: 30, none: 20 }
    short: [{ send: short, by: email }]
    long: [{ send: long, by: email }]
    none: []`;

test("a split divides ten thousand customers by its weights", async () => {
  await shop.apply(trial);
  await sql`insert into customers (email, created_at, updated_at)
    select 'p' || n || '@example.com', ${shop.now}, ${shop.now} from generate_series(1, 10000) n`.execute(
    shop.database,
  );
  await sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
    select id, id, 'signed_up', ${shop.now}, '{}' from customers`.execute(shop.database);
  await shop.live();
  const { rows } = await sql<{ template: string; customers: number }>`
    select template, count(*)::int as customers from messages group by 1 order by 1`.execute(
    shop.database,
  );
  // Three standard deviations of a binomial of 10,000.
  expect(Math.abs((rows[0]?.customers ?? 0) - 3000)).toBeLessThan(138);
  expect(Math.abs((rows[1]?.customers ?? 0) - 5000)).toBeLessThan(150);
  expect(rows.map((row) => row.template)).toEqual(["long", "short"]);
});

test("the same customer takes the same arm in each passage", async () => {
  await shop.apply(trial);
  const people = [];
  for (let one = 0; one < 30; one += 1) people.push(await aCustomer(shop.database));
  for (let time = 0; time < 3; time += 1) {
    for (const person of people) await shop.happens(person, "signed_up");
    await shop.travel("1 day");
  }
  for (const person of people) {
    const messages = await shop.messagesTo(person);
    expect([0, 3]).toContain(messages.length);
    expect(new Set(messages).size).toBeLessThan(2);
  }
});

test("the last arm takes what rounding leaves", () => {
  const arms = [1, 1, 1].map((weight, index) => ({ name: `${index}`, weight, next: null }));
  expect(boundsOf(arms)).toEqual([1 / 3, 2 / 3, 1]);
});
