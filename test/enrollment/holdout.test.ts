import { expect, test } from "vitest";
import { enterDue } from "../../src/enrollment/enter-due.ts";
import { journeyCounts } from "../../src/enrollment/journey-counts.ts";
import { react } from "../../src/enrollment/react.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = (name: string, rest = "") => `
journey: ${name}
start: { on: signed_up, again: always }
${rest}
steps:
  - send: hello
    by: email`;

/** The engine of a shop that leaves two customers in five alone. */
const signUp = async (people: readonly string[]) => {
  for (const one of people) await shop.happens(one, "signed_up");
  await react(shop.database, { ...shop.turn, holdout: 0.4 });
  await shop.live();
};

const leftAlone = async (name: string) => {
  const rows = await shop.database
    .selectFrom("enrollments")
    .innerJoin("journeys", "journeys.id", "enrollments.journey_id")
    .select("customer_id")
    .distinct()
    .where("name", "=", name)
    .where("reason", "=", "global holdout")
    .orderBy("customer_id")
    .execute();
  return rows.map((row) => row.customer_id ?? "");
};

test("the same customers are left alone by every marketing journey, each time; receipts go to all", async () => {
  await shop.apply(journey("one"), journey("two"), journey("receipts", "class: transactional"));
  const people = [];
  for (let nth = 0; nth < 60; nth += 1) people.push(await aCustomer(shop.database));
  await signUp(people);
  const alone = await leftAlone("one");
  expect(alone.length).toBeGreaterThan(10);
  expect(alone.length).toBeLessThan(40);
  await signUp(people);
  expect(await leftAlone("one")).toEqual(alone);
  expect(await leftAlone("two")).toEqual(alone);
  expect(await leftAlone("receipts")).toEqual([]);
  const [one] = alone;
  expect(await shop.messagesTo(one ?? "")).toEqual(["email hello", "email hello"]);
  expect(await shop.whereabouts(one ?? "")).toContain("exited: global holdout");
});

test("it is told apart from the journey's own holdout, which is measured against the journey alone", async () => {
  await shop.apply(journey("one", "objective: { goal: order_completed, holdout: 50% }"));
  const people = [];
  for (let nth = 0; nth < 60; nth += 1) people.push(await aCustomer(shop.database));
  await signUp(people);
  const alone = await leftAlone("one");
  for (const one of alone) await shop.happens(one, "order_completed");
  await shop.live();
  const [counts] = await journeyCounts(shop.database);
  expect(counts).toMatchObject({ convertedHoldout: 0, exited: { "global holdout": alone.length } });
  expect((counts?.entered ?? 0) + (counts?.holdout ?? 0) + alone.length).toBe(60);
  expect(counts?.holdout).toBeGreaterThan(5);
});

test("starts by the clock leave them alone too", async () => {
  await shop.apply(`
journey: weekly
start: { every: "0 9 * * 1" }
steps: [{ send: hello, by: email }]`);
  for (let nth = 0; nth < 40; nth += 1) await aCustomer(shop.database);
  shop.now = new Date("2026-01-19T09:00:00Z");
  const moment = { now: shop.now, zone: "UTC", holdout: 0.4 };
  await enterDue(shop.database, await shop.idOf("weekly"), moment);
  expect((await leftAlone("weekly")).length).toBeGreaterThan(5);
});
