import { sql } from "kysely";
import { expect, test } from "vitest";
import { describeJourneyPlan } from "../../src/plan/describe-plan.ts";
import { aShop } from "../enrollment/shop.ts";
import { aCustomer } from "../support/people.ts";
import { files, planOf } from "./planning.ts";

const shop = await aShop();

const journey = (behind: string) => `journey: hello
start: { on: signed_up, again: always }
steps:
  - if: { customer.country: GB }
    id: home
    then: [{ wait: ${behind} }, { send: thank-you, by: email }]
    else: [{ send: happy-birthday, by: email }]
`;

async function passing(british: number, others: number): Promise<void> {
  await shop.apply(journey("3 days"));
  for (let nth = 0; nth < british + others; nth++) {
    const customer = await aCustomer(shop.database, { country: nth < british ? "GB" : "IE" });
    await shop.happens(customer, "signed_up");
  }
  await shop.live();
}

const foreseen = async () => {
  const plan = await planOf(shop, files([journey("4 days")]));
  const lines = describeJourneyPlan(plan, 30).flatMap((section) => section.lines);
  return {
    // Without those who are inside on the version before.
    ways: plan.messages?.steps
      .filter(({ step }) => step === "happy-birthday")
      .map(({ reached }) => Math.round(reached)),
    guesses: lines.filter(({ text }) => text.includes("so far:") || text.includes("taken for")),
  };
};

test("a branch keeps the share that was seen when the step behind it is another", async () => {
  await passing(24, 6);
  expect(await foreseen()).toEqual({ ways: [6], guesses: [] });
});

test("too few to tell are named with their number", async () => {
  await passing(10, 5);
  const { guesses } = await foreseen();
  expect(guesses).toEqual([
    {
      mark: " ",
      text: "the branches of home are taken for even: only 15 customers have been there so far",
    },
  ]);
});

test("whoever comes to a split that has found its winner is foreseen there", async () => {
  const trial = (wait: string) => `journey: hello
start: { on: signed_up, again: always }
steps:
  - wait: ${wait}
  - split: { short: 50, long: 50 }
    winner: { after: 20 customers, by: clicked, within: 7 days }
    short: [{ send: thank-you, by: email }]
    long: [{ send: happy-birthday, by: email }]
`;
  await shop.apply(trial("3 days"));
  for (let nth = 0; nth < 30; nth++)
    await shop.happens(await aCustomer(shop.database), "signed_up", {}, shop.now);
  await sql`insert into split_winners (journey_id, step, arm, decided_at, tally)
    values (${await shop.idOf("hello")}, 'split-short-long', 'long', ${shop.now}, '{}')`.execute(
    shop.database,
  );
  const { messages } = await planOf(shop, files([trial("4 days")]));
  const reached = Object.fromEntries(
    (messages?.steps ?? []).map((one) => [one.step, Math.round(one.reached)]),
  );
  expect(reached["thank-you"] ?? 0).toBe(0);
  expect(reached["happy-birthday"]).toBeGreaterThan(20);
});
