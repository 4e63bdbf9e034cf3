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
