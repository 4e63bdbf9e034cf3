import { sql } from "kysely";
import { expect, test } from "vitest";
import { inSets } from "../../src/enrollment/pending-event.ts";
import { react } from "../../src/enrollment/react.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = (name: string, more = "") => `
journey: ${name}
start: { on: signed_up, again: always }
${more}
steps: [{ wait: 1 day }, { send: hello, by: email }]`;

test("events are taken oldest first, as many as asked, and once", async () => {
  await shop.apply(journey("hello"));
  for (let one = 0; one < 5; one += 1)
    await shop.happens(await aCustomer(shop.database), "signed_up");
  const turn = { ...shop.turn, limit: 3 };
  expect(await react(shop.database, turn)).toMatchObject({ events: 3, enrolled: 3, more: true });
  expect(await react(shop.database, turn)).toMatchObject({ events: 2, enrolled: 2, more: false });
  expect(await react(shop.database, turn)).toMatchObject({ events: 0, enrolled: 0, more: false });
});

test("a customer with a hundred events in a batch has each reacted to in order", async () => {
  await shop.apply(`${journey("hello")}\nstop: [{ on: left }]`);
  const ada = await aCustomer(shop.database);
  for (let one = 0; one < 50; one += 1) {
    await shop.happens(ada, "signed_up");
    await shop.happens(ada, "left");
  }
  await shop.happens(ada, "signed_up");
  await shop.live();
  const states = await shop.whereabouts(ada);
  expect(states.slice(0, 50).every((state) => state === "exited: left")).toBe(true);
  expect(states.slice(50)).toEqual(["waiting at hello"]);
});

test("a journey whose condition cannot be asked fails alone, and says so", async () => {
  await shop.apply(journey("broken"), journey("sound"));
  // As a definition of an older release might be.
  await sql`alter table journey_versions disable trigger user`.execute(shop.database);
  await sql`update journey_versions set definition = jsonb_set(definition, '{start,if}',
      '{"kind": "customer", "field": "shoe_size", "test": []}')
    where definition ->> 'name' = 'broken'`.execute(shop.database);
  await sql`alter table journey_versions enable trigger user`.execute(shop.database);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  const reacted = await react(shop.database, shop.turn);
  expect(reacted).toMatchObject({ events: 1, enrolled: 1 });
  expect(reacted.dead).toMatchObject([{ version: { journey: { name: "broken" } } }]);
  expect(reacted.dead[0]?.reason).toContain("shoe_size");
});

test("what an order was worth is read from total, value or revenue, and nothing absurd is believed", async () => {
  await shop.apply(journey("hello", "objective: { goal: paid }"));
  const worth: readonly (readonly [object, string | null])[] = [
    [{ total: 12.34567 }, "12.3457"],
    [{ value: "80" }, "80.0000"],
    [{ revenue: -5 }, "-5.0000"],
    [{ total: "a lot" }, null],
    [{ total: 1e300 }, null],
    [{}, null],
  ];
  for (const [properties, value] of worth) {
    const person = await aCustomer(shop.database);
    await shop.happens(person, "signed_up");
    await shop.happens(person, "paid", properties);
    await shop.live();
    const row = await shop.database
      .selectFrom("enrollments")
      .select(["conversion_value", "converted_at"])
      .where("customer_id", "=", person)
      .executeTakeFirst();
    expect(row).toEqual({ conversion_value: value, converted_at: shop.now });
  }
});

test("only the first goal counts, and none from before the customer entered", async () => {
  await shop.apply(journey("hello", "objective: { goal: paid }"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.happens(ada, "paid", { total: 1 }, new Date(shop.now.getTime() - 1000));
  await shop.happens(ada, "paid", { total: 2 });
  await shop.happens(ada, "paid", { total: 3 });
  await shop.live();
  const row = await shop.database.selectFrom("enrollments").selectAll().executeTakeFirst();
  expect(row?.conversion_value).toBe("2.0000");
});

test("connections that break at any moment lose nothing and double nothing", async () => {
  await shop.apply(journey("hello"));
  await sql`insert into customers (email, created_at, updated_at)
    select 'p' || n || '@example.com', ${shop.now}, ${shop.now} from generate_series(1, 2000) n`.execute(
    shop.database,
  );
  await sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
    select id, id, 'signed_up', ${shop.now}, '{}' from customers`.execute(shop.database);
  const breaking = (async () => {
    for (let cut = 0; cut < 30; cut += 1) {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`.execute(
        shop.database,
      );
    }
  })();
  const small = { ...shop.turn, limit: 50 };
  const persist = async (): Promise<void> => {
    try {
      while ((await react(shop.database, small)).more);
    } catch {
      await persist();
    }
  };
  await Promise.all([persist(), persist()]);
  await breaking;
  const { rows } = await sql<{ all: number; customers: number }>`
    select count(*)::int as all, count(distinct customer_id)::int as customers from enrollments`.execute(
    shop.database,
  );
  expect(rows).toEqual([{ all: 2000, customers: 2000 }]);
});

test("events are reacted to in as few sets as the customers' own orders allow", () => {
  const lines = { ada: ["basket", "order"], bob: ["order"], eve: ["basket", "basket", "order"] };
  const events = Object.entries(lines).flatMap(([customer_id, names]) =>
    names.map((name, nth) => ({
      event_id: `${customer_id} ${nth}`,
      customer_id,
      name,
      occurred_at: shop.now,
      properties: "{}",
      turn: String(nth + 1),
      only_for: null,
    })),
  );
  const sets = inSets(events.toReversed()).map((set) =>
    set.map(({ event_id }) => event_id).toSorted(),
  );
  expect(sets).toEqual([["ada 0", "eve 0"], ["eve 1"], ["ada 1", "bob 0", "eve 2"]]);
});

test("an event finds customers of an older version of the journey, and stops no other", async () => {
  await shop.apply(`${journey("hello")}\nstop: [{ on: left }]`);
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up");
  await shop.live();
  await shop.apply(`${journey("hello")}\nstop: [{ on: left, as: gone }]`);
  await shop.happens(bob, "signed_up");
  await shop.happens(ada, "left");
  await shop.happens(bob, "left");
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["exited: left"]);
  expect(await shop.whereabouts(bob)).toEqual(["exited: gone"]);
});
