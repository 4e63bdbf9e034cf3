import { expect, test } from "vitest";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const trial = (wait: string) => `
journey: trial
start: { on: signed_up }
steps:
  - wait: { until: customer.attributes.trial_ends, ${wait} }
  - send: ends-soon
    by: email`;

const dueOf = async (id: string) => {
  const row = await shop.database
    .selectFrom("enrollments")
    .select("due_at")
    .where("customer_id", "=", id)
    .executeTakeFirstOrThrow();
  return row.due_at?.toISOString() ?? null;
};

const arrives = async (attributes: object, more: object = {}) => {
  const id = await aCustomer(shop.database, { attributes: JSON.stringify(attributes), ...more });
  await shop.happens(id, "signed_up");
  await shop.live();
  return id;
};

test("two days before the day, at ten on the customer's clocks", async () => {
  await shop.apply(trial('offset: 2 days before, at: "10:00"'));
  const here = await arrives({ trial_ends: "2026-02-01" });
  const there = await arrives({ trial_ends: "2026-02-01" }, { zone: "America/New_York" });
  expect(await dueOf(here)).toBe("2026-01-30T10:00:00.000Z");
  expect(await dueOf(there)).toBe("2026-01-30T15:00:00.000Z");
  await shop.travel("18 days");
  expect(await shop.messagesTo(here)).toEqual(["email ends-soon"]);
});

test("an instant is a day of the zone; without a time it is waited for to the second", async () => {
  // Still January 31 in New York.
  const late = { trial_ends: "2026-02-01T03:30:00Z" };
  await shop.apply(trial('at: "10:00"'));
  expect(await dueOf(await arrives(late, { zone: "America/New_York" }))).toBe(
    "2026-01-31T15:00:00.000Z",
  );
  await shop.apply(trial("offset: on the day"));
  expect(await dueOf(await arrives(late, { zone: "America/New_York" }))).toBe(
    "2026-02-01T03:30:00.000Z",
  );
  expect(await dueOf(await arrives({ trial_ends: "2026-02-01" }, { zone: "Asia/Tokyo" }))).toBe(
    "2026-01-31T15:00:00.000Z",
  );
  // A day later the clocks in London have gone forward, and it is half past three as before.
  await shop.apply(trial("offset: 1 day after"));
  const spring = { trial_ends: "2026-03-28T03:30:00Z" };
  expect(await dueOf(await arrives(spring, { zone: "Europe/London" }))).toBe(
    "2026-03-29T02:30:00.000Z",
  );
});

test("a date that is missing, past or none is not waited for", async () => {
  await shop.apply(trial("offset: 2 days before"));
  for (const trial_ends of [
    undefined,
    null,
    "",
    "2026-01-14",
    "2026-02-30",
    "soon",
    "0000-01-01",
    20260201,
    ["2026-02-01"],
    { day: "2026-02-01" },
    "2026-02-01T99:00:00Z",
    "9".repeat(60),
  ]) {
    const one = await arrives({ trial_ends });
    expect(await shop.messagesTo(one)).toEqual(["email ends-soon"]);
  }
});

test("a birthday is waited for until the next one; February 29 is the 28th in common years", async () => {
  await shop.apply(`
journey: birthday
start: { on: signed_up }
steps:
  - wait: { until: customer.birthday, at: "09:00" }
  - send: congratulations
    by: email`);
  expect(await dueOf(await arrives({}, { birthday: "1990-01-12" }))).toBe(
    "2027-01-12T09:00:00.000Z",
  );
  expect(await dueOf(await arrives({}, { birthday: "1990-06-01" }))).toBe(
    "2026-06-01T09:00:00.000Z",
  );
  expect(await dueOf(await arrives({}, { birthday: "1992-02-29" }))).toBe(
    "2026-02-28T09:00:00.000Z",
  );
});

test("a week after the customer came to us", async () => {
  await shop.apply(`
journey: after-a-week
start: { on: signed_up }
steps:
  - wait: { until: customer.created_at, offset: 1 week after, at: "10:00" }
  - send: how-are-you
    by: email`);
  const since = new Date("2026-01-10T23:30:00Z");
  expect(await dueOf(await arrives({}, { since, zone: "Europe/Paris" }))).toBe(
    "2026-01-18T09:00:00.000Z",
  );
});
