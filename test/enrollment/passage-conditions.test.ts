import { sql } from "kysely";
import { expect, test } from "vitest";
import { conditionSql } from "../../src/audience/condition-sql.ts";
import type { Condition, Test } from "../../src/journey/condition.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

/** Somebody in the middle of a journey, in which a service was called, an agent rang and a voucher was handed out. */
async function inside() {
  await shop.apply(`
journey: trial
start: { on: signed_up, again: always }
steps: [{ wait: 30 days }]`);
  const customer = await aCustomer(shop.database);
  await shop.happens(customer, "signed_up", { total: 5 });
  await shop.live();
  const { id, journey_id, version_id } = await shop.database
    .selectFrom("enrollments")
    .select(["id", "journey_id", "version_id"])
    .where("customer_id", "=", customer)
    .orderBy("id", "desc")
    .executeTakeFirstOrThrow();
  return { customer, id, of: { enrollment_id: id, journey_id, version_id } };
}

type Inside = Awaited<ReturnType<typeof inside>>;

const answered = ({ of }: Inside, step: string, occurrence: number, answer: object | null) =>
  shop.database
    .insertInto("calls")
    .values({
      ...of,
      step,
      occurrence,
      state: answer === null ? "failed" : "answered",
      answer: answer && JSON.stringify(answer),
      due_at: shop.now,
      expires_at: shop.now,
      planned_at: shop.now,
    })
    .execute();

const rang = ({ of }: Inside, occurrence: number, outcome: string | null) =>
  shop.database
    .insertInto("tasks")
    .values({
      ...of,
      step: "ring",
      occurrence,
      list: "welcome",
      text: "Ring",
      outcomes: ["reached", "no_answer"],
      state: outcome === null ? "open" : "done",
      outcome,
      made_at: shop.now,
      until: shop.now,
    })
    .execute();

async function gave({ id }: Inside, code: string, more: object = {}) {
  await sql`insert into voucher_pools (name) values ('welcome') on conflict do nothing`.execute(
    shop.database,
  );
  await shop.database
    .insertInto("vouchers")
    .values({
      pool: "welcome",
      code,
      added_at: shop.now,
      handed_out_at: shop.now,
      enrollment_id: id,
      step: "gift",
      occurrence: 0,
      ...more,
    })
    .execute();
}

/** Whether it holds of the passage, and whether its negation does. */
async function holds({ id }: Inside, condition: Condition) {
  const scope = { now: shop.now, enrollment: "enrollment" };
  const { rows } = await sql<{ yes: boolean; no: boolean }>`
    select coalesce(${conditionSql(condition, scope)}, false) as yes,
           coalesce(${conditionSql({ kind: "not", of: condition }, scope)}, false) as no
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = ${id}`.execute(shop.database);
  expect(rows[0]?.no).toBe(rows[0]?.yes === false);
  return rows[0]?.yes;
}

const equals = (value: string | number): Test => [{ op: "eq", value }];

test("an answer is the newest to that step of this passage, by its path", async () => {
  const one = await inside();
  const other = await inside();
  const tier = (of: string): Condition => ({
    kind: "answer",
    step: "credit",
    field: "score.tier",
    test: equals(of),
  });
  expect(await holds(one, tier("gold"))).toBe(false);
  await answered(one, "credit", 0, { score: { tier: "silver" } });
  await answered(one, "credit", 1, { score: { tier: "gold" } });
  await answered(one, "elsewhere", 2, { score: { tier: "none" } });
  expect(await holds(one, tier("gold"))).toBe(true);
  expect(await holds(one, tier("silver"))).toBe(false);
  expect(await holds(other, tier("gold"))).toBe(false);
});

test("a call that failed has no answer", async () => {
  const one = await inside();
  await answered(one, "credit", 0, null);
  const any = { kind: "answer", step: "credit", field: "tier" } as const;
  expect(await holds(one, { ...any, test: [{ op: "exists", value: true }] })).toBe(false);
  expect(await holds(one, { ...any, test: [{ op: "exists", value: false }] })).toBe(true);
});

test("a task's outcome is the one of its last line; an open one has none", async () => {
  const one = await inside();
  const reached: Condition = { kind: "task", step: "ring", test: equals("reached") };
  expect(await holds(one, reached)).toBe(false);
  await rang(one, 0, "reached");
  expect(await holds(one, reached)).toBe(true);
  await rang(one, 1, null);
  expect(await holds(one, reached)).toBe(false);
});

test("a voucher is handed out, redeemed or expired; one that was redeemed does not expire", async () => {
  const one = await inside();
  const was = (state: "handed_out" | "redeemed" | "expired"): Condition => ({
    kind: "voucher",
    step: "gift",
    was: state,
    within: null,
  });
  expect(await holds(one, was("handed_out"))).toBe(false);
  await gave(one, "A", { expires_at: new Date(shop.now.getTime() + 86_400_000) });
  expect(await holds(one, was("handed_out"))).toBe(true);
  expect(await holds(one, was("expired"))).toBe(false);
  await shop.travel("1 day");
  expect(await holds(one, was("expired"))).toBe(true);
  await shop.database.updateTable("vouchers").set({ redeemed_at: shop.now }).execute();
  expect(await holds(one, was("redeemed"))).toBe(true);
  expect(await holds(one, was("expired"))).toBe(false);
});

test("without a step, any voucher the customer was ever given counts, also for a segment", async () => {
  const one = await inside();
  const other = await inside();
  await gave(one, "A");
  const given: Condition = { kind: "voucher", step: null, was: "handed_out", within: null };
  expect(await holds(one, given)).toBe(true);
  expect(await holds(other, given)).toBe(false);
  const { rows } = await sql<{ id: string }>`
    select customer.id from customers customer where ${conditionSql(given, { now: shop.now })}`.execute(
    shop.database,
  );
  expect(rows).toEqual([{ id: one.customer }]);
  await shop.travel("3 days");
  const days = { months: 0, days: 2, seconds: 0 };
  expect(await holds(one, { ...given, within: days })).toBe(false);
});

test("outside of a passage there is no answer, no task and no voucher of a step to ask for", () => {
  const conditions: readonly Condition[] = [
    { kind: "answer", step: "credit", field: "tier", test: equals("gold") },
    { kind: "task", step: "ring", test: equals("reached") },
    { kind: "voucher", step: "gift", was: "redeemed", within: null },
  ];
  for (const condition of conditions)
    expect(() => conditionSql(condition, { now: shop.now })).toThrow(
      /expected to be asked of a customer in a journey, found none here/,
    );
});

test("what a call answered and the voucher's code go where references lead", async () => {
  await shop.apply(`
journey: trial
start: { on: signed_up, again: always }
steps:
  - id: credit
    call: https://example.com/credit
    within: 1 hour
    then:
      - await: { event: redeemed, match: { tier: call.credit.tier }, within: 3 days }
        then: [{ set: { customer.attributes.tier: call.credit.tier } }]`);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  await sql`update calls set state = 'answered', answer = '{"tier": "gold"}'`.execute(
    shop.database,
  );
  await shop.travel("1 hour");
  for (const tier of ["silver", "gold"]) {
    await shop.happens(ada, "redeemed", { tier });
    await shop.live();
    const { attributes } = await shop.database
      .selectFrom("customers")
      .select("attributes")
      .where("id", "=", ada)
      .executeTakeFirstOrThrow();
    expect(attributes).toEqual(tier === "gold" ? { tier } : {});
  }
});
