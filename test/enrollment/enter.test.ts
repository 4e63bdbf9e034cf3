import { sql } from "kysely";
import { expect, test } from "vitest";
import { pauseJourney, resumeJourney } from "../../src/enrollment/journey-state.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const thanks = (start: string, objective = "goal: order_completed") => `
journey: thanks
objective: { ${objective} }
start: { on: order_completed, ${start} }
steps: [{ send: thank-you, by: email }]`;

async function entries(customerId: string): Promise<number> {
  return (await shop.whereabouts(customerId)).length;
}

test("an event starts the journey for the customer it happened to, if it is the one meant", async () => {
  await shop.apply(thanks("where: { total: { gte: 50 } }, if: { entry.currency: EUR }"));
  const [ada, bob, eve] = await Promise.all([1, 2, 3].map(() => aCustomer(shop.database)));
  await shop.happens(ada ?? "", "order_completed", { total: 50, currency: "EUR" });
  await shop.happens(bob ?? "", "order_completed", { total: 49, currency: "EUR" });
  await shop.happens(eve ?? "", "order_completed", { total: 50, currency: "GBP" });
  await shop.live();
  const rows = await shop.database
    .selectFrom("enrollments")
    .select(["customer_id", "entry"])
    .execute();
  expect(rows).toEqual([{ customer_id: ada, entry: { total: 50, currency: "EUR" } }]);
});

test("again: never lets a customer in once", async () => {
  await shop.apply(thanks("again: never"));
  const ada = await aCustomer(shop.database);
  for (let order = 0; order < 3; order += 1) await shop.happens(ada, "order_completed");
  await shop.live();
  await shop.travel("400 days");
  await shop.happens(ada, "order_completed");
  await shop.live();
  expect(await entries(ada)).toBe(1);
});

test("again: always lets a customer in with every event", async () => {
  await shop.apply(thanks("again: always"));
  const ada = await aCustomer(shop.database);
  for (let order = 0; order < 3; order += 1) await shop.happens(ada, "order_completed");
  await shop.live();
  expect(await entries(ada)).toBe(3);
});

test("again: after 30 days keeps a customer out to the last second, and then no longer", async () => {
  await shop.apply(thanks("again: after 30 days"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "order_completed");
  await shop.happens(ada, "order_completed");
  await shop.travel("29 days 86399 seconds");
  await shop.happens(ada, "order_completed");
  await shop.live();
  expect(await entries(ada)).toBe(1);
  await shop.travel("1 second");
  await shop.happens(ada, "order_completed");
  await shop.live();
  expect(await entries(ada)).toBe(2);
});

test("again: after keeps out who is still inside", async () => {
  await shop.apply(`
journey: slow
start: { on: order_completed, again: after 1 day }
steps: [{ wait: 10 days }, { send: thank-you, by: email }]`);
  const ada = await aCustomer(shop.database);
  for (let day = 0; day < 11; day += 1) {
    await shop.happens(ada, "order_completed");
    await shop.travel("1 day");
  }
  expect(await entries(ada)).toBe(2);
});

test("the same event reacted to twice, as after a lost commit, is one entry", async () => {
  await shop.apply(thanks("again: always"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "order_completed");
  await sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
    select event_id, customer_id, name, occurred_at, properties from pending_events`.execute(
    shop.database,
  );
  await shop.live();
  expect(await entries(ada)).toBe(1);
});

test("a paused journey lets nobody in, nor afterwards those who came meanwhile", async () => {
  await shop.apply(thanks("again: always"));
  const ada = await aCustomer(shop.database);
  await pauseJourney(shop.database, "thanks", shop.now);
  await shop.happens(ada, "order_completed");
  await shop.live();
  await resumeJourney(shop.database, "thanks", shop.now);
  await shop.live();
  expect(await entries(ada)).toBe(0);
  await shop.happens(ada, "order_completed");
  await shop.live();
  expect(await entries(ada)).toBe(1);
});

test("an event of a customer who has been erased meanwhile costs nothing", async () => {
  await shop.apply(thanks("again: always"));
  const ada = await aCustomer(shop.database);
  await shop.happens("987654", "order_completed");
  await shop.happens(ada, "order_completed");
  await shop.live();
  expect(await entries(ada)).toBe(1);
});

test("the holdout is its share of the customers, gets nothing, and is the same people each time", async () => {
  await shop.apply(thanks("again: always", "goal: order_completed, holdout: 20%"));
  await sql`insert into customers (email, created_at, updated_at)
    select 'p' || n || '@example.com', ${shop.now}, ${shop.now} from generate_series(1, 2000) n`.execute(
    shop.database,
  );
  for (let order = 1; order <= 2; order += 1) {
    await sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
      select id + ${order * 10_000}, id, 'order_completed', ${shop.now}, '{}' from customers`.execute(
      shop.database,
    );
    await shop.live();
  }
  const { rows } = await sql<{ times: string; customers: string; messages: string }>`
    select times, count(*) as customers, sum(messages) as messages from (
      select customer_id, count(*) filter (where holdout) as times,
             (select count(*) from messages m where m.customer_id = e.customer_id) as messages
      from enrollments e group by customer_id) as each
    group by 1 order by 1`.execute(shop.database);
  expect(rows.map((row) => row.times)).toEqual(["0", "2"]);
  expect(Number(rows[1]?.customers)).toBeGreaterThan(330);
  expect(Number(rows[1]?.customers)).toBeLessThan(470);
  expect(rows[1]?.messages).toBe("0");
});

test("a customer of the holdout who buys has converted, too", async () => {
  await shop.apply(thanks("again: never", "goal: order_completed, within: 10 days, holdout: 100%"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "order_completed");
  await shop.travel("10 days");
  await shop.happens(ada, "order_completed", { total: 10 });
  await shop.live();
  const [row] = await shop.database.selectFrom("enrollments").selectAll().execute();
  expect(row).toMatchObject({ holdout: true, reason: "holdout", conversion_value: "10.0000" });
});

test("an order a second after the window does not count as converted", async () => {
  await shop.apply(thanks("again: never", "goal: order_completed, within: 10 days"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "order_completed");
  await shop.travel("10 days 1 second");
  await shop.happens(ada, "order_completed", { total: 10 });
  await shop.live();
  const [row] = await shop.database.selectFrom("enrollments").select("converted_at").execute();
  expect(row).toEqual({ converted_at: null });
});
