import { sql } from "kysely";
import { afterEach, expect, test } from "vitest";
import { absorb } from "../../src/customer/absorb.ts";
import { listDeadEvents, replayDeadEvents } from "../../src/enrollment/dead-event.ts";
import { listDue } from "../../src/enrollment/list-due.ts";
import { react } from "../../src/enrollment/react.ts";
import { aCustomer } from "../support/people.ts";
import { refuseNothing, refuseRows } from "./refuse.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = (name: string, more = "") => `
journey: ${name}
start: { on: signed_up, again: always }
${more}
steps: [{ wait: 1 day }, { send: hello, by: email }]`;

const refuse = (when: string, raised?: string) => refuseRows(shop.database, when, raised);
const mend = () => refuseNothing(shop.database);
afterEach(mend);

async function thousandSignUp(): Promise<void> {
  await sql`insert into customers (email, created_at, updated_at)
    select 'p' || n || '@example.com', ${shop.now}, ${shop.now} from generate_series(1, 1000) n`.execute(
    shop.database,
  );
  await sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
    select id, id, 'signed_up', ${shop.now}, '{}' from customers`.execute(shop.database);
}

async function count(table: "enrollments" | "pending_events" | "dead_events"): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from ${sql.table(table)}`.execute(shop.database);
  return rows[0]?.count ?? 0;
}

const counts = async () => [
  await count("enrollments"),
  await count("dead_events"),
  await count("pending_events"),
];

const replay = async (name: string) => {
  const replayed = await replayDeadEvents(shop.database, { journey: name, now: shop.now });
  await shop.live();
  return replayed;
};

test("half of a thousand events that a journey cannot react to keep none of the others from it, and are kept", async () => {
  await shop.apply(journey("hello"));
  await thousandSignUp();
  await refuse("new.customer_id % 2 = 0");
  expect(await react(shop.database, shop.turn)).toMatchObject({ events: 1000, enrolled: 500 });
  expect(await counts()).toEqual([500, 500, 0]);
  await mend();
  expect(await replay("hello")).toBe(500);
  expect(await counts()).toEqual([1000, 0, 0]);
});

test("where ten journeys fail on half of a batch, it goes on with less and forgets nobody", async () => {
  const names = Array.from({ length: 10 }, (_, nth) => `hello-${nth}`);
  await shop.apply(...names.map((name) => journey(name)));
  await thousandSignUp();
  await sql`delete from pending_events where event_id > 140`.execute(shop.database);
  await refuse("new.customer_id % 2 = 0");
  const { events, more } = await react(shop.database, shop.turn);
  expect({ events, more }).toEqual({ events: 35, more: true });
  expect(await counts()).toEqual([180, 170, 105]);
});

test("what a trigger raises by a code of its own is the fault of that row", async () => {
  await shop.apply(journey("hello"));
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up");
  await shop.happens(bob, "signed_up");
  await refuse(`new.customer_id = ${ada}`, "SHOP1");
  await shop.react();
  expect([await shop.whereabouts(ada), await shop.whereabouts(bob)]).toEqual([
    [],
    ["entered at wait-1-day"],
  ]);
});

test("a dead event says whose it is and why, and nothing about the customer", async () => {
  await shop.apply(journey("hello"));
  for (const person of [await aCustomer(shop.database), await aCustomer(shop.database)])
    await shop.happens(person, "signed_up", { total: 12 });
  await refuse("true");
  await shop.react();
  expect(await listDeadEvents(shop.database)).toEqual([
    { journey: "hello", events: 2, reason: 'customer "…" of … is refused', since: shop.now },
  ]);
  const dead = await shop.database.selectFrom("dead_events").selectAll().executeTakeFirst();
  expect(dead).toMatchObject({ event_id: "1", name: "signed_up", properties: { total: 12 } });
});

test("a replayed event is heard by the journey it was dead for, and by no other once more", async () => {
  await shop.apply(
    journey("strict"),
    journey("easy", "stop: [{ on: signed_up, as: again }]\nobjective: { goal: signed_up }"),
  );
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await refuse(`new.journey_id = ${await shop.idOf("strict")}`);
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at hello"]);
  expect(await replay("easy")).toBe(0);
  await mend();
  expect(await replay("strict")).toBe(1);
  expect(await shop.whereabouts(ada)).toEqual(["waiting at hello", "waiting at hello"]);
  expect(await replay("strict")).toBe(0);
});

test("what an event starts begins after it, though an earlier passage failed on it at first", async () => {
  await shop.apply(journey("hello", "stop: [{ on: signed_up, as: again }]"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  await refuse("new.state = 'exited'");
  await shop.happens(ada, "signed_up");
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at hello"]);
  await mend();
  await replay("hello");
  expect(await shop.whereabouts(ada)).toEqual(["exited: again", "waiting at hello"]);
});

test("an event that fails once more is dead once more, and waits for the next replay", async () => {
  await shop.apply(journey("hello"));
  await shop.happens(await aCustomer(shop.database), "signed_up");
  await refuse("true");
  await shop.react();
  expect(await replay("hello")).toBe(1);
  expect(await counts()).toEqual([0, 1, 0]);
  expect(await listDue(shop.database, shop.now)).toMatchObject({ events: false });
  expect(await listDeadEvents(shop.database)).toMatchObject([{ events: 1 }]);
});

test("a replayed event waits for no end of the queue", async () => {
  await shop.apply(journey("hello"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await refuse("true");
  await shop.react();
  await mend();
  await replayDeadEvents(shop.database, { now: shop.now });
  for (let n = 0; n < 9; n += 1) await shop.happens(await aCustomer(shop.database), "signed_up");
  const turn = { ...shop.turn, limit: 4 };
  expect(await react(shop.database, turn)).toMatchObject({ events: 5, more: true });
  expect(await shop.whereabouts(ada)).toEqual(["entered at wait-1-day"]);
  expect(await counts()).toEqual([5, 0, 5]);
});

test("a replay for a journey that is paused waits until it goes on", async () => {
  await shop.apply(journey("hello"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await refuse("true");
  await shop.react();
  await mend();
  await sql`update journeys set state = 'paused'`.execute(shop.database);
  await replay("hello");
  expect(await counts()).toEqual([0, 1, 0]);
  expect(await listDue(shop.database, shop.now)).toMatchObject({ events: false });
  await sql`update journeys set state = 'active'`.execute(shop.database);
  expect(await listDue(shop.database, shop.now)).toMatchObject({ events: true });
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at hello"]);
});

test("a dead event of a customer who was merged is the other's", async () => {
  await shop.apply(journey("hello"));
  const [ada, eve] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up");
  await refuse("true");
  await shop.react();
  await mend();
  await absorb(shop.database, [{ from: ada, into: eve }], shop.now);
  await replay("hello");
  expect(await shop.whereabouts(eve)).toEqual(["waiting at hello"]);
});

test("the dead events of a customer are found by an index", async () => {
  await shop.database.transaction().execute(async (transaction) => {
    await sql`set local enable_seqscan = off`.execute(transaction);
    const { rows } = await sql`
      explain update dead_events set customer_id = 2 where customer_id = 1`.execute(transaction);
    expect(JSON.stringify(rows)).toContain("dead_events_by_customer");
  });
});
