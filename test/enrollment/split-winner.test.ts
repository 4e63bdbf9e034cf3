import { sql } from "kysely";
import { expect, test } from "vitest";
import { journeyCounts } from "../../src/enrollment/journey-counts.ts";
import { describeDecision } from "../../src/enrollment/split-decision.ts";
import { bestOf, decideSplits } from "../../src/enrollment/split-winner.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const trial = (winner: string, arms = "short: 50, long: 50") => `
journey: trial
start: { on: signed_up, again: always }
objective: { goal: order_completed, within: 30 days }
steps:
  - split: { ${arms} }
    winner: { ${winner} }
    short: [{ send: short, by: email }]
    long: [{ send: long, by: email }]
  - send: later
    by: email`;

const signUp = async (count: number) => {
  const people: string[] = [];
  for (let nth = 0; nth < count; nth += 1) people.push(await aCustomer(shop.database));
  for (const one of people) await shop.happens(one, "signed_up");
  await shop.live();
  return people;
};

const took = async (template: string) => {
  const { rows } = await sql<{ customer_id: string }>`
    select customer_id from messages where template = ${template} order by id`.execute(
    shop.database,
  );
  return rows.map((row) => row.customer_id);
};

/** People click what they were sent; machines do not count, so nothing of theirs is in these columns. */
const click = async (people: readonly string[], template: string) => {
  await sql`update messages set clicked_at = ${shop.now}
    where customer_id = any(${people}::bigint[]) and template = ${template}`.execute(shop.database);
};

test("after enough customers all later ones take the arm that did best, and the earlier keep theirs", async () => {
  await shop.apply(trial("after: 40 customers, by: clicked, within: 7 days"));
  const early = await signUp(40);
  const [short, long] = [await took("short"), await took("long")];
  await click(long.slice(0, 5), "long");
  await click(short.slice(0, 1), "short");
  expect(await decideSplits(shop.database, shop.now)).toEqual([]);
  await shop.travel("7 days");
  expect(await decideSplits(shop.database, shop.now)).toEqual([
    { journey: "trial", step: "split-short-long", arm: "long" },
  ]);
  expect(await decideSplits(shop.database, shop.now)).toEqual([]);
  const [counts] = await journeyCounts(shop.database);
  const percent = (reached: number, of: number) => `${Number(((100 * reached) / of).toFixed(1))}%`;
  expect(counts?.decisions.map(describeDecision)).toEqual([
    `long has won: long ${percent(5, long.length)} of ${long.length}, short ${percent(1, short.length)} of ${short.length}`,
  ]);
  await signUp(20);
  expect(await took("short")).toEqual(short);
  expect(await took("long")).toHaveLength(long.length + 20);
  const [one] = short;
  if (one === undefined || !early.includes(one)) throw new Error("somebody took the short arm");
  await shop.happens(one, "signed_up");
  await shop.live();
  expect(await took("short")).toEqual([...short, one]);
});

test("clicks on what both arms lead to, and clicks that come too late, decide nothing", async () => {
  await shop.apply(trial("after: 20 customers, by: clicked, within: 7 days"));
  await signUp(30);
  await click(await took("long"), "later");
  await shop.travel("8 days");
  await click(await took("long"), "long");
  expect(await decideSplits(shop.database, shop.now)).toEqual([]);
  await signUp(10);
  expect([...(await took("short")), ...(await took("long"))]).toHaveLength(40);
});

test("conversions and events decide as well, each within the window", async () => {
  for (const by of ["converted", "order_completed"]) {
    await shop.apply(
      trial(`after: 20 customers, by: ${by}, within: 7 days`, `a-${by}: 1, b: 1`)
        .replace("short: [", `a-${by}: [`)
        .replace("long: [", "b: ["),
    );
    const people = await signUp(30);
    const took_b = (await took("long")).filter((one) => people.includes(one));
    await shop.travel("1 day");
    for (const one of took_b) await shop.happens(one, "order_completed");
    await shop.travel("8 days");
    const late = (await took("short")).filter((one) => people.includes(one));
    for (const one of late) await shop.happens(one, "order_completed");
    await shop.live();
    expect(await decideSplits(shop.database, shop.now)).toMatchObject([{ arm: "b" }]);
  }
});

test("an edit elsewhere in the journey does not begin the trial anew", async () => {
  const rule = "after: 20 customers, by: clicked, within: 1 day";
  await shop.apply(trial(rule));
  await signUp(15);
  await shop.apply(trial(rule).replace("send: later", "send: much-later"));
  await signUp(15);
  await click(await took("short"), "short");
  await shop.travel("1 day");
  expect(await decideSplits(shop.database, shop.now)).toMatchObject([{ arm: "short" }]);
});

test("the share decides, not the number, and nothing is decided where two arms do as well", () => {
  const tally = (arm: string, customers: number, reached: number) => ({ arm, customers, reached });
  expect(bestOf([tally("a", 900, 90), tally("b", 100, 20)], 1000)).toBe("b");
  expect(bestOf([tally("a", 900, 90), tally("b", 99, 20)], 1000)).toBeUndefined();
  expect(bestOf([tally("a", 500, 50), tally("b", 500, 50)], 1000)).toBeUndefined();
  expect(bestOf([tally("a", 500, 0), tally("b", 500, 0)], 1000)).toBeUndefined();
  expect(bestOf([tally("a", 1000, 10), tally("b", 0, 0)], 1000)).toBeUndefined();
  expect(bestOf([tally("a", 400, 40), tally("b", 400, 40), tally("c", 200, 21)], 1000)).toBe("c");
});
