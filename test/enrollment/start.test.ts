import { expect, test } from "vitest";
import { enterDue } from "../../src/enrollment/enter-due.ts";
import { pauseJourney, resumeJourney } from "../../src/enrollment/journey-state.ts";
import { listDue } from "../../src/enrollment/list-due.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();
const steps = "steps: [{ send: hello, by: email }]";

const lapsed = (start = "") => `
journey: lapsed
start: { segment: lapsed ${start} }
${steps}`;

async function joins(customerId: string, left = false): Promise<void> {
  const segment = await shop.database
    .insertInto("segments")
    .values({ name: "lapsed", condition: "{}", file: "workflows/segments/lapsed.yaml" })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ name: "lapsed" }))
    .returning("id")
    .executeTakeFirstOrThrow();
  await shop.database
    .insertInto("segment_members")
    .values({
      segment_id: segment.id,
      customer_id: customerId,
      entered_at: shop.now,
      left_at: left ? shop.now : null,
    })
    .execute();
}

async function leaves(customerId: string): Promise<void> {
  await shop.database
    .updateTable("segment_members")
    .set({ left_at: shop.now })
    .where("customer_id", "=", customerId)
    .execute();
}

test("who comes into the segment after the journey was applied enters it, who was in it before does not", async () => {
  const [before, after, gone] = [
    await aCustomer(shop.database),
    await aCustomer(shop.database),
    await aCustomer(shop.database),
  ];
  await joins(before);
  await shop.apply(lapsed());
  await shop.travel("1 hour");
  await joins(after);
  await joins(gone, true);
  expect(await shop.open("lapsed")).toBe(1);
  expect(await shop.messagesTo(after)).toEqual(["email hello"]);
  expect(await shop.messagesTo(before)).toEqual([]);
  expect(await shop.open("lapsed")).toBe(0);
});

test("with backfill those who are in the segment already enter as well", async () => {
  const before = await aCustomer(shop.database);
  await joins(before);
  await shop.apply(lapsed(", backfill: true"));
  expect(await shop.open("lapsed")).toBe(1);
  expect(await shop.open("lapsed")).toBe(0);
});

test("coming into the segment a second time is a second entry only where the journey says again", async () => {
  for (const [again, expected] of [
    ["never", 1],
    ["always", 2],
  ] as const) {
    await shop.database.updateTable("journeys").set({ state: "archived" }).execute();
    await shop.apply(lapsed(`, again: ${again}`).replace("journey: lapsed", `journey: ${again}`));
    const ada = await aCustomer(shop.database);
    for (let time = 0; time < 2; time += 1) {
      await shop.travel("1 day");
      await joins(ada);
      await shop.open(again);
      await leaves(ada);
    }
    expect(await shop.messagesTo(ada)).toHaveLength(expected);
  }
});

const weekly = (more = "") => `
journey: weekly
start: { every: "0 9 * * 1" ${more} }
${steps}`;

test("a schedule enrols once for each occurrence, however often it is called and however late", async () => {
  const ada = await aCustomer(shop.database);
  await shop.apply(weekly());
  expect(await shop.open("weekly")).toBe(0);
  shop.now = new Date("2026-01-19T08:59:59Z");
  expect(await shop.open("weekly")).toBe(0);
  shop.now = new Date("2026-01-19T09:00:00Z");
  expect(await shop.open("weekly")).toBe(1);
  expect(await shop.open("weekly")).toBe(0);
  shop.now = new Date("2026-02-04T17:00:00Z");
  expect(await shop.open("weekly")).toBe(1);
  expect(await shop.open("weekly")).toBe(0);
  expect(await shop.messagesTo(ada)).toEqual(["email hello", "email hello"]);
});

test("two processes at the same occurrence enrol everybody once", async () => {
  for (let one = 0; one < 20; one += 1) await aCustomer(shop.database);
  await shop.apply(weekly(", again: always"));
  shop.now = new Date("2026-01-19T09:00:00Z");
  const id = await shop.idOf("weekly");
  await Promise.all(Array.from({ length: 8 }, () => enterDue(shop.database, id, shop.turn)));
  expect(await shop.database.selectFrom("enrollments").select("id").execute()).toHaveLength(20);
});

test("a schedule keeps to its zone through the change of clocks", async () => {
  await aCustomer(shop.database);
  await shop.apply(weekly(", zone: America/New_York"));
  const opened = [];
  for (const now of ["2026-03-02T14:00:00Z", "2026-03-09T13:00:00Z", "2026-03-09T14:00:00Z"]) {
    shop.now = new Date(now);
    opened.push(await shop.open("weekly"));
  }
  expect(opened).toEqual([1, 1, 0]);
});

test("only who meets the start's condition enters on schedule", async () => {
  await aCustomer(shop.database, { country: "DE" });
  await aCustomer(shop.database, { country: "GB" });
  await shop.apply(weekly(", if: { customer.country: DE }"));
  shop.now = new Date("2026-01-19T09:00:00Z");
  expect(await shop.open("weekly")).toBe(1);
});

test("a pause over an occurrence leaves it out", async () => {
  await aCustomer(shop.database);
  await shop.apply(weekly());
  await pauseJourney(shop.database, "weekly", shop.now);
  shop.now = new Date("2026-01-19T09:30:00Z");
  expect(await shop.open("weekly")).toBe(0);
  await resumeJourney(shop.database, "weekly", shop.now);
  expect(await shop.open("weekly")).toBe(0);
});

const birthday = (start = "") => `
journey: birthday
start: { date: customer.birthday, at: "09:00", zone: customer ${start} }
${steps}`;

test("a birthday is met at nine where the customer lives, once a year", async () => {
  const tokyo = await aCustomer(shop.database, { birthday: "1990-01-14", zone: "Asia/Tokyo" });
  const lima = await aCustomer(shop.database, { birthday: "1985-01-14", zone: "America/Lima" });
  const other = await aCustomer(shop.database, { birthday: "1985-01-15", zone: "Asia/Tokyo" });
  await shop.apply(birthday());
  const open = async (now: string) => {
    shop.now = new Date(now);
    return shop.open("birthday");
  };
  expect(await open("2026-01-13T23:59:00Z")).toBe(0);
  expect(await open("2026-01-14T00:00:00Z")).toBe(1);
  expect(await open("2026-01-14T13:59:00Z")).toBe(0);
  expect(await open("2026-01-14T14:10:00Z")).toBe(1);
  expect(await shop.messagesTo(tokyo)).toHaveLength(1);
  expect(await shop.messagesTo(lima)).toHaveLength(1);
  expect(await shop.messagesTo(other)).toHaveLength(0);
  expect(await open("2027-01-14T20:00:00Z")).toBe(2);
});

test("a run that was missed is caught up within a day, and not after it", async () => {
  const ada = await aCustomer(shop.database, { birthday: "1990-01-14" });
  const bob = await aCustomer(shop.database, { birthday: "1990-01-13" });
  await shop.apply(birthday());
  shop.now = new Date("2026-01-15T08:59:00Z");
  expect(await shop.open("birthday")).toBe(1);
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
  expect(await shop.whereabouts(bob)).toEqual([]);
});

test("a birthday on February 29 is met on the 28th of a common year, three days before if it says so", async () => {
  await aCustomer(shop.database, { birthday: "2000-02-29" });
  shop.now = new Date("2026-02-20T00:00:00Z");
  await shop.apply(birthday(", offset: 3 days before"));
  shop.now = new Date("2026-02-25T08:30:00Z");
  expect(await shop.open("birthday")).toBe(0);
  shop.now = new Date("2026-02-25T09:30:00Z");
  expect(await enterDue(shop.database, await shop.idOf("birthday"), shop.turn)).toEqual({
    entered: 1,
  });
});

test("the sweeper is told of starts that are due, and of nothing once they are done", async () => {
  const ada = await aCustomer(shop.database, { birthday: "1990-01-19" });
  await shop.apply(weekly(), birthday(), lapsed());
  const due = () => listDue(shop.database, shop.now);
  expect(await due()).toEqual({ events: false, enrollments: false, reports: false, starts: [] });
  shop.now = new Date("2026-01-19T09:00:00Z");
  await joins(ada);
  expect((await due()).starts).toHaveLength(3);
  for (const journey of ["weekly", "birthday", "lapsed"]) expect(await shop.open(journey)).toBe(1);
  expect(await due()).toEqual({ events: false, enrollments: false, reports: false, starts: [] });
});
