import { expect, test } from "vitest";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = (start: string) => `
journey: on-date
start: { ${start} }
steps:
  - send: hello
    by: email`;

const customer = (attributes: object, more: object = {}) =>
  aCustomer(shop.database, { attributes: JSON.stringify(attributes), ...more });

/** Every quarter of an hour from one instant to another, as a worker looks. */
const between = async (from: string, until: string) => {
  let entered = 0;
  for (
    shop.now = new Date(from);
    shop.now <= new Date(until);
    shop.now = new Date(shop.now.getTime() + 3_600_000)
  )
    entered += await shop.open("on-date");
  return entered;
};

test("once, two weeks before the day that an attribute holds, in the customer's morning", async () => {
  await shop.apply(journey("date: customer.attributes.renewal, offset: 2 weeks before"));
  const here = await customer({ renewal: "2026-02-01" });
  const there = await customer({ renewal: "2026-02-01" }, { zone: "America/New_York" });
  const instant = await customer({ renewal: "2026-02-01T23:30:00Z" });
  const other = await customer({ renewal: "2027-02-01" });
  expect(await between("2026-01-18T00:00:00Z", "2026-01-18T08:00:00Z")).toBe(0);
  expect(await between("2026-01-18T09:00:00Z", "2026-01-18T13:00:00Z")).toBe(2);
  expect(await between("2026-01-18T14:00:00Z", "2026-01-20T14:00:00Z")).toBe(1);
  for (const one of [here, there, instant])
    expect(await shop.messagesTo(one)).toEqual(["email hello"]);
  expect(await shop.messagesTo(other)).toEqual([]);
});

test("a day that was moved comes again, the same day does not", async () => {
  await shop.apply(journey("date: customer.attributes.renewal"));
  const ada = await customer({ renewal: "2026-01-20" });
  await between("2026-01-20T08:00:00Z", "2026-01-20T10:00:00Z");
  await shop.database
    .updateTable("customers")
    .set({ attributes: JSON.stringify({ renewal: "2026-01-21" }) })
    .execute();
  await between("2026-01-21T08:00:00Z", "2026-01-21T10:00:00Z");
  expect(await shop.messagesTo(ada)).toEqual(["email hello", "email hello"]);
});

test("texts that are no date break nothing and let nobody in", async () => {
  await shop.apply(journey("date: customer.attributes.renewal, repeat: yearly"));
  const texts = ["", "tomorrow", "2026-02-30", "2026-13-01", "20.01.2026", "2026-01-20 oder so"];
  for (const renewal of [...texts, null, 5, {}, ["2026-01-20"], "0000-01-20", "99999-01-20"])
    await customer({ renewal });
  await customer({});
  const ada = await customer({ renewal: "2026-01-20" });
  expect(await between("2026-01-20T08:00:00Z", "2026-01-20T10:00:00Z")).toBe(1);
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
});

test("yearly begins with the date itself and leaves no year out, leap days included", async () => {
  await shop.apply(journey("date: customer.attributes.contract, repeat: yearly"));
  const since = await customer({ contract: "2024-02-29" });
  const future = await customer({ contract: "2028-02-28" });
  for (const [year, came] of [
    [2026, 1],
    [2027, 1],
    [2028, 1],
    [2029, 2],
  ] as const)
    expect(await between(`${year}-02-28T08:00:00Z`, `${year}-02-28T10:00:00Z`)).toBe(came);
  expect(await between("2028-02-29T08:00:00Z", "2028-02-29T10:00:00Z")).toBe(1);
  expect(await shop.messagesTo(since)).toHaveLength(4);
  expect(await shop.messagesTo(future)).toHaveLength(2);
});

test("an anniversary of coming to us is a year on; once is the day itself", async () => {
  const since = new Date("2026-01-11T22:00:00Z");
  await shop.apply(journey("date: customer.created_at, repeat: yearly"));
  const ada = await customer({}, { since, zone: "Asia/Tokyo" });
  // In Tokyo it was the 12th already.
  expect(await between("2026-01-11T20:00:00Z", "2026-01-12T20:00:00Z")).toBe(0);
  expect(await between("2027-01-11T20:00:00Z", "2027-01-12T01:00:00Z")).toBe(1);
  await shop.apply(journey("date: customer.created_at, offset: 2 days after"));
  await customer({}, { since: new Date("2027-01-12T22:00:00Z"), zone: "Asia/Tokyo" });
  expect(await between("2027-01-14T20:00:00Z", "2027-01-15T05:00:00Z")).toBe(1);
  expect(await shop.messagesTo(ada)).toHaveLength(1);
});
