import { expect, test } from "vitest";
import { describeJourneyPlan } from "../../src/plan/describe-plan.ts";
import type { JourneyPlan } from "../../src/plan/plan.ts";
import { aShop } from "../enrollment/shop.ts";
import { aCustomer } from "../support/people.ts";
import { files, plan } from "./planning.ts";

const shop = await aShop();

const daily = (step = "{ enter: second }") =>
  `journey: daily\nstart: { every: "0 7 * * *", again: always }\nsteps: [${step}]`;
const second = (again: string, more = "") =>
  `journey: second\nstart: { on: signed_up, again: ${again}${more} }\nsteps: [{ send: thank-you, by: email }]`;

const shownOf = (one: JourneyPlan | undefined) => ({
  enter: Math.round(one?.audience?.entering ?? 0),
  messages: Math.round(one?.messages?.channels[0]?.messages ?? 0),
});

test("whom one journey lets into another is foreseen of both, by the other's rule of coming again", async () => {
  for (let nth = 0; nth < 6; nth++) await aCustomer(shop.database);
  const seconds = async (again: string) => {
    const { journeys } = await plan(shop, files([second(again), daily()]));
    expect(journeys.map(({ journey }) => journey)).toEqual(["second", "daily"]);
    return shownOf(journeys[0]);
  };
  expect(await seconds("always")).toEqual({ enter: 180, messages: 180 });
  expect(await seconds("never")).toEqual({ enter: 6, messages: 6 });
  expect(await seconds("after 10 days")).toEqual({ enter: 18, messages: 18 });
});

test("the plan says by whom, and that they are not asked the start's condition", async () => {
  await aCustomer(shop.database);
  const { journeys } = await plan(
    shop,
    files([second("always", ", if: { customer.country: GB }"), daily()]),
  );
  const lines = journeys[0] && describeJourneyPlan(journeys[0], 30).flatMap((one) => one.lines);
  const texts = lines?.map(({ text }) => text);
  expect(texts).toContain("about 30 enter within 30 days, 30 of them let in by daily");
  expect(texts).toContain("the `if` of the start is not asked of those");
});

test("a journey that stays is foreseen when one that changes lets more into it, and who lets in is not shown for it", async () => {
  for (let nth = 0; nth < 2; nth++) await aCustomer(shop.database);
  await shop.apply(daily("{ wait: 1 day }"), second("always"));
  const more = await plan(shop, files([daily(), second("always")]));
  expect(more.journeys.map(({ outcome }) => outcome)).toEqual(["changed", "unchanged"]);
  expect(shownOf(more.journeys[1])).toEqual({ enter: 60, messages: 60 });
  await shop.apply(daily(), second("always"));
  const changed = await plan(shop, files([daily(), second("after 10 days")]));
  expect(changed.journeys[0]).toMatchObject({ outcome: "unchanged", audience: null });
  expect(shownOf(changed.journeys[1])).toEqual({ enter: 6, messages: 6 });
});
