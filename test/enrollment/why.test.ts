import { expect, test } from "vitest";
import { enterByRequest } from "../../src/enrollment/enter-by-request.ts";
import { why } from "../../src/enrollment/why.ts";
import { agree, aCustomer, monday } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const welcome = `
journey: welcome
start:
  on: signed_up
  where: { plan: gold }
  if: { customer.country: [GB, IE] }
stop: [{ if: { customer.attributes.quiet: true }, as: quiet }]
steps:
  - { send: hello, by: email }
  - wait: 2 days
  - if: { any: [{ event: page_viewed, count: { gte: 2 }, within: 7 days }, { orders: { total: { gte: 50 } } }] }
    then: [{ send: more, by: email }]
    else: [{ send: less, by: sms }]`;

async function trace(customerId: string, at?: Date) {
  const { journeys, notes } = await why(shop.database, {
    customerId,
    now: shop.now,
    zone: "UTC",
    holdout: 0,
    ...(at !== undefined && { at }),
  });
  return { ...journeys[0], notes };
}

test("who has done nothing is told what is missing", async () => {
  await shop.apply(welcome);
  const { entry, passages } = await trace(await aCustomer(shop.database, { country: "DE" }));
  expect(entry?.occasion).toEqual({ holds: false, seen: "no signed_up" });
  expect(entry?.condition).toMatchObject({ joins: "all", holds: false });
  expect(
    entry?.condition?.parts.map(({ condition, holds, seen }) => [condition, holds, seen]),
  ).toEqual([
    ["entry.plan is gold", false, "nothing there"],
    ["customer.country one of GB, IE", false, "DE"],
  ]);
  expect(entry?.lets).toBe(false);
  expect(passages).toEqual([]);
});

test("who is inside is told where, what went out and what comes next", async () => {
  await shop.apply(welcome);
  const ada = await aCustomer(shop.database, { country: "GB" });
  await shop.happens(ada, "signed_up", { plan: "gold" });
  await shop.live();
  await shop.happens(ada, "page_viewed");
  const { entry, passages } = await trace(ada);
  expect(entry?.occasion.seen).toBe("signed_up 2026-01-12 12:00 UTC, plan: gold");
  expect(entry?.condition?.holds).toBe(true);
  expect(entry?.bars).toEqual(["inside already"]);
  const [passage] = passages ?? [];
  expect(passage?.waiting).toBe("waits until 2026-01-14 12:00 UTC");
  expect(passage?.steps.map(({ place, id }) => `${place} ${id}`)).toEqual([
    "passed hello",
    "here wait-2-days",
    "ahead if-page_viewed",
    "ahead more",
    "ahead less",
  ]);
  expect(passage?.steps[0]?.left).toMatchObject([{ what: "email hello", state: "planned" }]);
  const [ask] = passage?.steps[2]?.asks ?? [];
  expect(ask?.trace.parts.map(({ holds, seen }) => [holds, seen])).toEqual([
    [false, "1 page_viewed on 2026-01-12 12:00 UTC"],
    [false, "no orders"],
  ]);
  expect(passage?.stops).toMatchObject([
    { as: "quiet", trace: { holds: false, seen: "nothing there" } },
  ]);
});

test("the way that was taken is told by what it left behind", async () => {
  await shop.apply(welcome);
  const ada = await aCustomer(shop.database, { country: "GB" });
  await shop.happens(ada, "signed_up", { plan: "gold" });
  await shop.travel("3 days");
  // Today the condition holds; the day before yesterday it did not.
  await shop.happens(ada, "page_viewed");
  await shop.happens(ada, "page_viewed");
  const [passage] = (await trace(ada)).passages ?? [];
  expect(passage?.state).toBe("completed");
  expect(passage?.steps.map(({ id, way }) => [id, way])).toEqual([
    ["hello", null],
    ["wait-2-days", null],
    ["if-page_viewed", "else"],
    ["less", null],
  ]);
});

test("who was passed over is told what for", async () => {
  await shop.apply(welcome);
  const ada = await aCustomer(shop.database, { country: "GB", consent: false });
  await shop.happens(ada, "signed_up", { plan: "gold" });
  await shop.live();
  const [passage] = (await trace(ada)).passages ?? [];
  expect(passage?.steps[0]?.left).toMatchObject([
    { state: "suppressed", reason: "no consent to offers by email" },
  ]);
});

test("a journey that is paused, a rule of coming again and a holdout keep out", async () => {
  const text = `
journey: again
objective: { goal: paid, holdout: 99% }
start: { on: signed_up, again: after 30 days }
steps: [{ send: hello, by: email }]`;
  await shop.apply(text);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  await shop.database.updateTable("journeys").set({ state: "paused" }).execute();
  const { entry, passages } = await trace(ada);
  expect(entry?.bars).toEqual([
    "the journey is paused",
    "entered too short a while ago, last 2026-01-12 12:00 UTC",
    "left alone: holdout",
  ]);
  expect(passages).toMatchObject([{ state: "exited", reason: "holdout", steps: [] }]);
});

test("a segment's start says since when the customer is a member", async () => {
  await shop.apply(
    "journey: back\nstart: { segment: lapsed }\nsteps: [{ send: hello, by: email }]",
  );
  const ada = await aCustomer(shop.database);
  expect((await trace(ada)).entry?.occasion).toEqual({ holds: false, seen: "never in lapsed" });
  const { id } = await shop.database
    .insertInto("segments")
    .values({ name: "lapsed", condition: JSON.stringify({ kind: "all", of: [] }), file: "a.yaml" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const before = new Date("2026-01-02T00:00:00Z");
  await shop.database
    .insertInto("segment_members")
    .values({ segment_id: id, customer_id: ada, entered_at: before })
    .execute();
  const { entry } = await trace(ada);
  expect(entry?.occasion).toEqual({ holds: true, seen: "in lapsed since 2026-01-02 00:00 UTC" });
  expect(entry?.bars).toEqual([
    "that was before the journey was applied (2026-01-12 12:00 UTC), and backfill is off",
  ]);
});

test("a schedule that was moved says that its last occurrence came before it was in force", async () => {
  const text = (day: number) =>
    `journey: weekly\nstart: { every: "0 9 * * ${day}" }\nsteps: [{ send: hello, by: email }]`;
  await shop.apply(text(1));
  await shop.travel("3 days");
  await shop.apply(text(2));
  const ada = await aCustomer(shop.database);
  expect((await trace(ada)).entry).toMatchObject({
    bars: ["that was before this start was applied (2026-01-15 12:00 UTC)"],
    lets: false,
  });
});

test("of an earlier moment it knows no later events, orders or consent", async () => {
  await shop.apply(`
journey: then
start:
  on: signed_up
  if: { all: [{ consent: { channel: sms, topic: offers } }, { event: page_viewed }] }
steps: [{ send: hello, by: email }]`);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.happens(ada, "page_viewed");
  const then = new Date(monday.getTime() - 3_600_000);
  await shop.travel("1 day");
  await agree(shop.database, ada, { state: "withdrawn", at: shop.now });
  const parts = (traced: Awaited<ReturnType<typeof trace>>) =>
    traced.entry?.condition?.parts.map(({ holds }) => holds);
  expect(parts(await trace(ada))).toEqual([false, true]);
  expect(parts(await trace(ada, monday))).toEqual([true, true]);
  const before = await trace(ada, then);
  expect(parts(before)).toEqual([true, false]);
  expect(before.entry?.occasion.seen).toBe("no signed_up");
  expect(before.passages).toEqual([]);
  expect(before.notes).toHaveLength(2);
});

test("a round that comes again is told once", async () => {
  await shop.apply(`
journey: rounds
start: { on: signed_up }
steps:
  - repeat: { times: 3, until: { event: paid } }
    steps:
      - { send: nudge, by: email }
      - wait: 1 day
  - { send: goodbye, by: email }`);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.travel("36 hours");
  const [passage] = (await trace(ada)).passages ?? [];
  expect(passage?.steps.map(({ place, id, left }) => `${place} ${id} ${left.length}`)).toEqual([
    "passed repeat 0",
    "passed nudge 2",
    "here wait-1-day 0",
    "ahead goodbye 0",
  ]);
});

test("who is asked for by request is judged by what was asked with last", async () => {
  await shop.apply(`
journey: asked
start: { request: true, if: { entry.reason: cancelled }, again: always }
steps: [{ send: hello, by: email }]`);
  const ada = await aCustomer(shop.database, { external_id: "ada" });
  expect((await trace(ada)).entry?.occasion.seen).toBe("whenever it is asked for");
  const request = { journey: "asked", customer: "ada", key: "k-1", entry: { reason: "cancelled" } };
  await enterByRequest(shop.database, request, shop.turn);
  await shop.live();
  const { entry } = await trace(ada);
  expect(entry?.occasion.seen).toContain("; last 2026-");
  expect(entry?.occasion.seen).toContain("with reason: cancelled");
  expect(entry).toMatchObject({ condition: { holds: true }, lets: true });
});
