import { sql } from "kysely";
import { expect, test } from "vitest";
import { listTasks, recordOutcome } from "../../src/enrollment/task-list.ts";
import { savePools } from "../../src/enrollment/voucher-pool.ts";
import type { Passage } from "../../src/enrollment/why-passage.ts";
import { why } from "../../src/enrollment/why.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

async function trace(customerId: string, at = shop.now) {
  const asking = { customerId, now: shop.now, at, zone: "UTC", holdout: 0 };
  const { journeys } = await why(shop.database, asking);
  return { entry: journeys[0]?.entry, passages: journeys[0]?.passages ?? [] };
}

/** "passed await -> else", for each step that has been come to. */
function walked(passage: Passage | undefined) {
  return passage?.steps
    .filter(({ place }) => place !== "ahead")
    .map(({ place, id, way, possible }) =>
      [
        place,
        id,
        ...(way === null ? [] : ["->", way]),
        ...(possible.length > 0 ? ["->", possible.join(" or "), "?"] : []),
      ].join(" "),
    );
}

test("a call that failed, an empty pool, a task's outcome and an event that did not come are the ways that were taken", async () => {
  await shop.apply(`
journey: request
start: { on: signed_up }
steps:
  - { id: c, call: "http://127.0.0.1:9/x", within: 1 hour, then: [], else: [] }
  - { id: pool, voucher: pool, else: [] }
  - { id: ring, task: { list: l, do: Ring, outcomes: [reached, no_answer], within: 1 day }, reached: [], no_answer: [], else: [] }
  - { id: aw, await: { event: page_viewed, within: 4 seconds }, then: [], else: [] }`);
  await savePools(
    shop.database,
    { pool: { redeemed_by: "used", property: "code", low: 0 } },
    shop.now,
  );
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.travel("2 hours");
  const [task] = await listTasks(shop.database, { limit: 1 });
  await recordOutcome(shop.database, {
    id: task?.id ?? "",
    outcome: "no_answer",
    note: null,
    by: "Grace",
    now: shop.now,
  });
  await shop.travel("1 hour");
  expect(walked((await trace(ada)).passages[0])).toEqual([
    "passed c -> else",
    "passed pool -> else",
    "passed ring -> no_answer",
    "passed aw -> else",
  ]);
});

const lookedAround = `
journey: looked-around
start: { on: signed_up }
steps:
  - { send: hello, by: email }
  - await: { event: page_viewed, within: 7 days }
    then: [{ wait: 1 day }]
    else: [{ wait: 7 days }]
  - { send: more, by: email }`;

test("an await whose event never came was left by its else, and one that was left sooner by its then", async () => {
  await shop.apply(lookedAround);
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up");
  await shop.happens(bob, "signed_up");
  await shop.travel("2 days");
  await shop.happens(bob, "page_viewed");
  await shop.travel("14 days");
  expect(walked((await trace(ada)).passages[0])).toEqual([
    "passed hello",
    "passed await-page_viewed -> else",
    "passed wait-7-days",
    "passed more",
  ]);
  expect(walked((await trace(bob)).passages[0])).toEqual([
    "passed hello",
    "passed await-page_viewed -> then",
    "passed wait-1-day",
    "passed more",
  ]);
});

test("a way that left no trace is not known, and neither are its steps", async () => {
  await shop.apply(`
journey: quiet
start: { on: signed_up }
steps:
  - if: { customer.country: GB }
    then: [{ set: { customer.city: London } }]
    else: []
  - { send: hello, by: email }`);
  const ada = await aCustomer(shop.database, { country: "GB" });
  await shop.happens(ada, "signed_up");
  await shop.live();
  expect(walked((await trace(ada)).passages[0])).toEqual([
    "passed if-customer-country -> then or else ?",
    "perhaps set-city",
    "passed hello",
  ]);
});

test("what lies ahead is what comes after where the customer stands, not a way beside one that was taken", async () => {
  await shop.apply(`
journey: two-ways
start: { on: signed_up }
steps:
  - if: { customer.country: GB }
    then: [{ set: { customer.city: London } }]
  - if: { customer.country: GB }
    id: second
    then: [{ send: hello, by: email }]
    else: [{ send: other, by: email }]
  - wait: 1 day
  - { send: more, by: email }`);
  const ada = await aCustomer(shop.database, { country: "GB" });
  await shop.happens(ada, "signed_up");
  await shop.live();
  const [passage] = (await trace(ada)).passages;
  expect(passage?.steps.map(({ place, id }) => `${place} ${id}`)).toEqual([
    "passed if-customer-country",
    "perhaps set-city",
    "passed second",
    "passed hello",
    "here wait-1-day",
    "ahead more",
  ]);
});

test("who was stopped at a step has not passed it", async () => {
  await shop.apply(`${lookedAround}\nstop: [{ on: paid, as: paid }]`);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.travel("1 day");
  await shop.happens(ada, "paid");
  await shop.live();
  expect(walked((await trace(ada)).passages[0])).toEqual([
    "passed hello",
    "ended await-page_viewed",
  ]);
});

test("whom a migration moved is told both ways, each of its version", async () => {
  await shop.apply(lookedAround);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.travel("1 day");
  await shop.apply(`
journey: looked-around
start: { on: signed_up }
steps: [{ send: hello, by: email, id: first }, { wait: 3 days }, { send: other, by: email }]
migrate: { from: all, steps: { await-page_viewed: other } }`);
  await shop.travel("1 hour");
  const [passage] = (await trace(ada)).passages;
  expect(
    passage?.steps.map(({ version, place, id, left }) => [version, place, id, left.length]),
  ).toEqual([
    [1, "passed", "hello", 1],
    [1, "ended", "await-page_viewed", 0],
    [null, "passed", "other", 1],
  ]);
});

test("in the middle of a passage that has ended since it is told as it was then", async () => {
  await shop.apply(lookedAround);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.travel("20 days");
  const then = later(monday, { days: 9 });
  const [passage] = (await trace(ada, then)).passages;
  expect(passage).toMatchObject({ state: "inside", reason: null, finishedAt: null });
  expect(passage?.steps.map(({ place, id, left }) => `${place} ${id} ${left.length}`)).toEqual([
    "passed hello 1",
    "passed await-page_viewed 0",
    "here wait-7-days 0",
    "ahead more 0",
  ]);
});

test("an hour before an entry the rule of coming again does not know of it", async () => {
  await shop.apply(
    "journey: again\nstart: { on: signed_up, again: after 30 days }\nsteps: [{ wait: 1 day }, { send: hello, by: email }]",
  );
  const ada = await aCustomer(shop.database);
  await shop.travel("1 day");
  await shop.happens(ada, "signed_up");
  await shop.travel("2 days");
  const before = await trace(ada, later(monday, { hours: 23 }));
  expect([before.entry?.bars, before.passages]).toEqual([[], []]);
  expect((await trace(ada, later(monday, { days: 2 - 0.5 }))).entry?.bars).toEqual([
    "inside already",
  ]);
  expect((await trace(ada)).entry?.bars).toEqual([
    "entered too short a while ago, last 2026-01-13 12:00 UTC",
  ]);
});

test("an event from before the journey lets nobody in, and it says so", async () => {
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up", { plan: "gold" });
  await shop.travel("1 day");
  await shop.apply(
    "journey: welcome\nstart: { on: signed_up }\nsteps: [{ send: hello, by: email }]",
  );
  expect((await trace(ada)).entry).toMatchObject({
    occasion: { holds: true },
    bars: ["that was before the journey was applied (2026-01-13 12:00 UTC)"],
    lets: false,
  });
});

test("an event that was imported as history lets nobody in, which is not known for certain", async () => {
  await shop.apply(
    "journey: welcome\nstart: { on: signed_up }\nsteps: [{ send: hello, by: email }]",
  );
  const ada = await aCustomer(shop.database);
  await shop.travel("1 day");
  await shop.happens(ada, "signed_up");
  expect((await trace(ada)).entry).toMatchObject({ bars: [], lets: true });
  await shop.database.deleteFrom("pending_events").execute();
  expect((await trace(ada)).entry).toMatchObject({
    bars: [expect.stringMatching(/^it let nobody in when it came: .* imported as history$/)],
    lets: false,
  });
});

test("where months of events were dropped, an await that heard nothing may have heard it", async () => {
  await shop.apply(lookedAround);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.travel("20 days");
  await sql`select ensure_event_months('2026-02-10', '2026-02-10')`.execute(shop.database);
  expect(walked((await trace(ada)).passages[0])).toEqual([
    "passed hello",
    "passed await-page_viewed -> then or else ?",
    "perhaps wait-1-day",
    "perhaps wait-7-days",
    "passed more",
  ]);
  await sql`drop table events_2026_02`.execute(shop.database);
});
