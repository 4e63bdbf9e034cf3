import { expect, test } from "vitest";
import { unknownCurrencies } from "../../src/enrollment/worth.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = (objective: string) => `
journey: first
objective: { ${objective} }
start: { on: signed_up }
steps: [{ send: hello, by: email }]`;

/** What each of the events, in turn, makes of a new customer's passage: what it earned, or null. */
async function earned(...events: readonly object[]): Promise<readonly unknown[]> {
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  const found: unknown[] = [];
  for (const properties of events) {
    await shop.happens(ada, "paid", properties);
    await shop.live();
    const row = await shop.database
      .selectFrom("enrollments")
      .select(["converted_at", "conversion_value"])
      .where("customer_id", "=", ada)
      .executeTakeFirstOrThrow();
    found.push(row.converted_at === null ? "not yet" : Number(row.conversion_value ?? Number.NaN));
  }
  return found;
}

test("a goal counts only with the properties that the objective asks for", async () => {
  await shop.apply(journey("goal: paid, where: { total: { gte: 50 }, plan: [gold, silver] }"));
  expect(
    await earned(
      {},
      { total: 49.99, plan: "gold" },
      { total: 50, plan: "tin" },
      { total: 50, plan: "gold" },
      { total: 70, plan: "gold" },
    ),
  ).toEqual(["not yet", "not yet", "not yet", 50, 50]);
});

test("what a goal earned is the property that the objective names, else total, value or revenue", async () => {
  await shop.apply(journey("goal: paid"));
  expect(await earned({ margin: 3, revenue: 9, value: 7 })).toEqual([7]);
  await shop.apply(journey("goal: paid, value: margin"));
  expect(await earned({ margin: 3, total: 9 })).toEqual([3]);
  expect(await earned({ margin: "2.50" })).toEqual([2.5]);
  expect(await earned({ total: 9 })).toEqual([Number.NaN]);
  await shop.apply(journey("goal: paid, value: order.margin"));
  expect(await earned({ order: { margin: 4 } })).toEqual([4]);
});

test("what a goal earned in another currency counts by its rate, and not at all where nobody knows it", async () => {
  shop.money = { currency: "GBP", exchange_rates: { EUR: 0.85 } };
  await shop.apply(journey("goal: paid"));
  expect(await earned({ total: 100 })).toEqual([100]);
  expect(await earned({ total: 100, currency: "GBP" })).toEqual([100]);
  expect(await earned({ total: 100, currency: " eur " })).toEqual([85]);
  expect(await earned({ total: 100, currency: "" })).toEqual([100]);
  expect(await earned({ total: 100, currency: "JPY" })).toEqual([Number.NaN]);
  expect(await unknownCurrencies(shop.database, shop.money)).toEqual(["JPY"]);
  expect(await unknownCurrencies(shop.database, { ...shop.money, exchange_rates: {} })).toEqual([
    "EUR",
    "JPY",
  ]);
});
