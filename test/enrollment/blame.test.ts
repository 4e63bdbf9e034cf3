import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listDeadEvents, replayDeadEvents } from "../../src/enrollment/dead-event.ts";
import { replayHeld } from "../../src/enrollment/hold.ts";
import { react } from "../../src/enrollment/react.ts";
import { savePools } from "../../src/enrollment/voucher-pool.ts";
import { aCustomer } from "../support/people.ts";
import { refuseNothing, refuseRows } from "./refuse.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = (name: string, more = "") => `
journey: ${name}
start: { on: signed_up, again: always${more} }
steps: [{ wait: 1 day }, { send: hello, by: email }]`;

const sound = journey("sound");
const ofOrders = journey("buyers", ", if: { orders: { count: 0 } }");

/** The names by which tables and columns go while something is gone. */
async function rename(what: string, from: string, to: string): Promise<void> {
  await sql
    .raw(`alter table ${what} rename ${from === "" ? "" : `column ${from}`} to ${to}`)
    .execute(shop.database);
}

let mend = async () => {};
async function without(table: string): Promise<void> {
  await rename(table, "", "gone");
  mend = () => rename("gone", "", table);
}

beforeEach(() => {
  mend = async () => {};
});
afterEach(async () => {
  await mend();
  await refuseNothing(shop.database);
});

const waiting = async () => {
  const { rows } = await sql<{ pending: number; dead: number }>`
    select (select count(*)::int from pending_events) as pending, (select count(*)::int from dead_events) as dead`.execute(
    shop.database,
  );
  return rows[0];
};

test("what one journey alone asks for and is gone costs no other journey its events", async () => {
  await shop.apply(ofOrders, sound);
  const [ada, eve] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  for (const one of [ada, eve]) await shop.happens(one, "signed_up");
  await without("orders");
  expect(await react(shop.database, shop.turn)).toMatchObject({ events: 2, enrolled: 2 });
  expect(await shop.whereabouts(ada)).toEqual(["entered at wait-1-day"]);
  expect(await listDeadEvents(shop.database)).toEqual([
    { journey: "buyers", events: 2, reason: 'relation "orders" does not exist', since: shop.now },
  ]);
  await mend();
  mend = async () => {};
  await replayDeadEvents(shop.database, { journey: "buyers", now: shop.now });
  await shop.react();
  expect(await shop.whereabouts(ada)).toHaveLength(2);
  expect(await waiting()).toEqual({ pending: 0, dead: 0 });
});

test("where those inside it cannot be stopped any more, a journey's events wait for it, and start nothing anew", async () => {
  await savePools(
    shop.database,
    { welcome: { redeemed_by: "used", property: "code", low: 0 } },
    shop.now,
  );
  await shop.apply(
    `
journey: gift
start: { on: signed_up, again: always }
stop: [{ on: signed_up, match: { code: voucher.code }, as: spent }]
steps: [{ wait: 1 day }, { voucher: welcome }, { send: hello, by: email }]`,
    sound,
  );
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  await without("vouchers");
  await shop.happens(ada, "signed_up");
  await shop.react();
  expect(await shop.whereabouts(ada)).toEqual([
    "waiting at welcome",
    "waiting at hello",
    "entered at wait-1-day",
  ]);
  expect(await listDeadEvents(shop.database)).toMatchObject([{ journey: "gift", events: 1 }]);
});

test("what every journey needs and is gone undoes the turn, and every event waits until it is mended", async () => {
  await shop.apply(journey("hello"), sound);
  await shop.happens(await aCustomer(shop.database), "signed_up");
  await rename("enrollments", "entry", "entries");
  mend = () => rename("enrollments", "entries", "entry");
  await expect(react(shop.database, shop.turn)).rejects.toThrow(
    /^journey hello: column "entry" .* does not exist$/,
  );
  expect(await waiting()).toEqual({ pending: 1, dead: 0 });
  await mend();
  mend = async () => {};
  expect(await react(shop.database, shop.turn)).toMatchObject({ enrolled: 2 });
});

test.each([
  [
    "beside newer tables",
    "insert into migrations (name, hash) values ('9999_newer.sql', '')",
    "delete from migrations where name = '9999_newer.sql'",
  ],
  [
    "beside tables that an older dump brought back",
    "update migrations set name = '0000_' || name",
    "update migrations set name = substr(name, 6)",
  ],
])("a worker %s takes nothing that is missing for a journey's fault", async (_, migrated, back) => {
  await shop.apply(ofOrders, sound);
  await shop.happens(await aCustomer(shop.database), "signed_up");
  await without("orders");
  await sql.raw(migrated).execute(shop.database);
  try {
    await expect(react(shop.database, shop.turn)).rejects.toThrow(/^journey buyers: relation/);
  } finally {
    await sql.raw(back).execute(shop.database);
  }
  expect(await waiting()).toEqual({ pending: 1, dead: 0 });
});

test.each(["undefined_table", "insufficient_privilege"])(
  "a trigger that breaks with %s for one customer breaks for no other",
  async (raised) => {
    await shop.apply(sound);
    const [ada, eve] = [await aCustomer(shop.database), await aCustomer(shop.database)];
    for (const one of [ada, eve]) await shop.happens(one, "signed_up");
    await refuseRows(shop.database, `new.customer_id = ${ada}`, raised);
    await shop.react();
    expect([await shop.whereabouts(ada), await shop.whereabouts(eve)]).toEqual([
      [],
      ["entered at wait-1-day"],
    ]);
    expect(await waiting()).toEqual({ pending: 0, dead: 1 });
  },
);

test.each(["feature_not_supported", "disk_full"])(
  "a fault such as %s is no journey's and no event's, and costs none its hearing",
  async (raised) => {
    await shop.apply(sound);
    await shop.happens(await aCustomer(shop.database), "signed_up");
    await refuseRows(shop.database, "true", raised);
    await expect(react(shop.database, shop.turn)).rejects.toThrow("is refused");
    expect(await waiting()).toEqual({ pending: 1, dead: 0 });
  },
);

test("a step that asks for what is gone holds whoever is at it, and nobody of another journey", async () => {
  await shop.apply(
    `
journey: buyers
start: { on: signed_up, again: always }
steps: [{ wait: 1 day }, { if: { orders: { count: 0 } }, then: [{ send: hello, by: email }] }]`,
    sound,
  );
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  await without("orders");
  await shop.travel("1 day");
  expect(await shop.whereabouts(ada)).toEqual([
    'held at if-orders: relation "orders" does not exist',
    "completed",
  ]);
  await mend();
  mend = async () => {};
  await replayHeld(shop.database, { now: shop.now });
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["completed", "completed"]);
});

test("a step that every worker of this release fails on holds nobody", async () => {
  await shop.apply(sound);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  shop.now = new Date(shop.now.getTime() + 86_400_000);
  await rename("messages", "template", "templates");
  mend = () => rename("messages", "templates", "template");
  await expect(shop.live()).rejects.toThrow(/^journey sound: column "template"/);
  await mend();
  mend = async () => {};
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
});
