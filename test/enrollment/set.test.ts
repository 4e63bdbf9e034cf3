import { expect, test } from "vitest";
import { aCustomer, monday } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const records = (text: string) => `
journey: records
start: { on: order_completed, again: always }
steps:
  - set: ${text}
  - send: thanks
    by: email`;

const person = (id: string) =>
  shop.database.selectFrom("customers").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

const buys = async (id: string, properties: object = {}) => {
  await shop.happens(id, "order_completed", properties);
  await shop.live();
};

test("values, the moment, sums and what the entry says go into the customer's record", async () => {
  await shop.apply(
    records(`{ customer.attributes.tier: gold, customer.attributes.visits: { add: 1 }, customer.attributes.seen: now,
      customer.attributes.last_total: entry.total, customer.city: entry.city, customer.country: entry.country }`),
  );
  const ada = await aCustomer(shop.database, { attributes: '{"visits": 2, "size": "M"}' });
  await buys(ada, { total: 64.5, city: "Bath", country: "Germany" });
  expect(await person(ada)).toMatchObject({
    attributes: {
      tier: "gold",
      visits: 3,
      seen: monday.toISOString(),
      last_total: 64.5,
      size: "M",
    },
    city: "Bath",
    country: "DE",
    updated_at: monday,
  });
  expect(await shop.messagesTo(ada)).toEqual(["email thanks"]);
});

test("what the entry does not say leaves the field as it is, null empties it", async () => {
  await shop.apply(
    records(
      "{ customer.city: entry.city, customer.attributes.size: null, customer.first_name: null }",
    ),
  );
  const ada = await aCustomer(shop.database, { city: "Bath", attributes: '{"size": "M"}' });
  await buys(ada);
  expect(await person(ada)).toMatchObject({ city: "Bath", attributes: {}, first_name: null });
});

test("a value that the field cannot hold holds that customer alone, and nothing of it is written", async () => {
  await shop.apply(
    records("{ customer.birthday: entry.born, customer.attributes.visits: { add: 1 } }"),
  );
  const [ada, bob, eve] = [
    await aCustomer(shop.database, {}),
    await aCustomer(shop.database, {}),
    await aCustomer(shop.database, { attributes: '{"visits": "many"}' }),
  ];
  await buys(ada, { born: "1990-01-31" });
  await buys(bob, { born: "the day before yesterday" });
  await buys(eve, { born: "1991-02-03" });
  expect(await person(ada)).toMatchObject({ birthday: "1990-01-31", attributes: { visits: 1 } });
  expect(await person(bob)).toMatchObject({ birthday: null, attributes: {} });
  expect(await shop.whereabouts(bob)).toEqual([
    "held at set-birthday-visits: customer.birthday: expected a date written as 1990-01-31",
  ]);
  expect(await shop.whereabouts(eve)).toEqual([
    "held at set-birthday-visits: customer.attributes.visits: expected a number to add to, found something else",
  ]);
  expect(await person(eve)).toMatchObject({ birthday: null, attributes: { visits: "many" } });
});

test("numbers, dates and texts are worked out from what is known, and stay as they are where something is missing", async () => {
  await shop.apply(
    records(`
      customer.attributes.points: { multiply: 2 }
      customer.attributes.earned: { multiply: entry.rate, of: entry.total, round: 0 }
      customer.attributes.share: { divide: 3, of: entry.total }
      customer.attributes.left: { subtract: entry.total }
      customer.attributes.rounded: { round: 1, of: entry.total }
      customer.attributes.none: { add: entry.nothing }
      customer.attributes.unknown: { multiply: 2 }
      customer.attributes.offer_ends: { date: now, offset: 30 days after }
      customer.attributes.reminder: { date: entry.ends, offset: 1 month before }
      customer.attributes.called: { join: [customer.first_name, " of ", entry.city] }
      customer.attributes.nobody: { join: [customer.first_name, entry.nothing] }
      customer.last_name: { join: ["O'", entry.name] }`).replace("set: ", "set:"),
  );
  const ada = await aCustomer(shop.database, {
    first_name: "Ada",
    zone: "America/New_York",
    attributes: '{"points": "10.50", "left": null, "nobody": "kept"}',
  });
  await buys(ada, { total: 64.5, rate: 0.1, ends: "2026-03-31", city: "Bath", name: "Hara" });
  expect(await person(ada)).toMatchObject({ last_name: "O'Hara" });
  const dst = new Date(monday.getTime() + 30 * 86_400_000).toISOString();
  expect((await person(ada)).attributes).toEqual({
    points: 21,
    earned: 6,
    share: 21.5,
    left: -64.5,
    rounded: 64.5,
    offer_ends: dst,
    reminder: "2026-02-28",
    called: "Ada of Bath",
    nobody: "kept",
  });
});

test("a day is moved on the customer's clocks, a day by hours is an instant", async () => {
  await shop.apply(
    records(`
      customer.attributes.a: { date: entry.at, offset: 1 day after }
      customer.attributes.b: { date: entry.day, offset: 36 hours after }
      customer.attributes.c: { date: entry.day, offset: 1 year before }`).replace("set: ", "set:"),
  );
  const ada = await aCustomer(shop.database, { zone: "Europe/London" });
  await buys(ada, { at: "2026-03-28T09:00:00Z", day: "2028-02-29" });
  expect((await person(ada)).attributes).toEqual({
    a: "2026-03-29T08:00:00.000Z",
    b: "2028-03-01T12:00:00.000Z",
    c: "2027-02-28",
  });
});

test.each([
  [
    "{ multiply: entry.it, of: entry.n }",
    { it: "two", n: 1 },
    "expected a number in entry.it to work with, found something else",
  ],
  [
    "{ multiply: 2, of: entry.it }",
    { it: [1] },
    "expected a number in entry.it to work with, found something else",
  ],
  ["{ subtract: 2 }", {}, "expected a number to work with, found something else"],
  [
    "{ divide: entry.it, of: entry.n }",
    { it: 0, n: 1 },
    "expected a number other than 0 in entry.it to divide by",
  ],
  [
    "{ multiply: 1000000000, of: entry.it }",
    { it: 1e9 },
    "expected a number below 1,000,000,000,000,000 to come of it, found a larger one",
  ],
  [
    "{ date: entry.it, offset: 1 day after }",
    { it: "soon" },
    "expected a date in entry.it, found something else",
  ],
  [
    "{ date: entry.it, offset: 1 day after }",
    { it: "2026-02-30" },
    "expected a date in entry.it, found something else",
  ],
  [
    "{ join: [a, entry.it] }",
    { it: { x: 1 } },
    "expected texts and numbers to join, found a list or a mapping",
  ],
])("what cannot be worked out holds that customer alone: %s", async (how, properties, why) => {
  await shop.apply(records(`{ customer.attributes.a: ${how}, customer.attributes.b: 1 }`));
  const ada = await aCustomer(shop.database, { attributes: '{"a": "x"}' });
  await buys(ada, properties);
  expect((await person(ada)).attributes).toEqual({ a: "x" });
  expect(await shop.whereabouts(ada)).toEqual([`held at set-a-b: customer.attributes.a: ${why}`]);
});

test("of a customer who is in the batch more than once one enrollment builds on the other", async () => {
  await shop.apply(
    records(
      "{ customer.attributes.n: { multiply: entry.by }, customer.attributes.spent: { add: entry.by } }",
    ),
  );
  const ada = await aCustomer(shop.database, { attributes: '{"n": 1}' });
  const bob = await aCustomer(shop.database, { attributes: '{"n": 10}' });
  for (const by of [2, 3, 5]) await shop.happens(ada, "order_completed", { by });
  await shop.happens(bob, "order_completed", { by: 2 });
  await shop.live();
  expect((await person(ada)).attributes).toEqual({ n: 30, spent: 10 });
  expect((await person(bob)).attributes).toEqual({ n: 20, spent: 2 });
});

test("a customer who is in the batch twice is counted twice", async () => {
  await shop.apply(
    records("{ customer.attributes.visits: { add: 0.1 }, customer.attributes.last: entry.nth }"),
  );
  const ada = await aCustomer(shop.database);
  for (const nth of [1, 2, 3]) await shop.happens(ada, "order_completed", { nth });
  await shop.live();
  expect((await person(ada)).attributes).toEqual({ visits: 0.3, last: 3 });
});

test("a record that stays as it is keeps the time it was changed", async () => {
  await shop.apply(records("{ customer.attributes.tier: gold }"));
  const since = new Date("2025-05-01T00:00:00Z");
  const ada = await aCustomer(shop.database, { since, attributes: '{"tier":"gold"}' });
  await buys(ada);
  expect((await person(ada)).updated_at).toEqual(since);
});

test("hostile names and values are names and values", async () => {
  await shop.apply(
    records(
      `{ "customer.attributes.a'b\\"; drop table customers": "'; --", customer.attributes.x.y: 1, customer.last_name: "O'Hara" }`,
    ),
  );
  const ada = await aCustomer(shop.database);
  await buys(ada);
  expect(await person(ada)).toMatchObject({
    last_name: "O'Hara",
    attributes: { "a'b\"; drop table customers": "'; --", "x.y": 1 },
  });
});
