import { expect, test } from "vitest";
import { forecast } from "../../src/plan/forecast.ts";
import type { Arrival } from "../../src/plan/forecast.ts";
import { written } from "../enrollment/shop.ts";
import { later, monday } from "../support/people.ts";

const horizon = { now: monday, days: 10, zone: "UTC" };
const hundred = [{ at: later(monday, { minutes: 5 }), customers: 100 }];

function foresee(
  steps: string,
  {
    passed = {},
    inside = [],
    entries = hundred,
  }: {
    passed?: Record<string, Record<string, number>>;
    inside?: readonly Arrival[];
    entries?: typeof hundred;
  } = {},
) {
  const { journey } = written(`journey: hello\nstart: { on: signed_up }\nsteps: ${steps}`);
  const seen = new Map(
    Object.entries(passed).map(([step, ways]) => [`if ${step}`, new Map(Object.entries(ways))]),
  );
  return forecast(journey, { entries, inside, passed: seen }, horizon).map(
    ({ step, at, customers }) =>
      `${at.toISOString().slice(5, 13)} ${step} ${Number(customers.toFixed(2))}`,
  );
}

test("waits are reckoned as the engine does", () => {
  expect(
    foresee(
      '[{ send: a, by: email }, { wait: { until: "09:00", days: 2 } }, { send: b, by: email }]',
    ),
  ).toEqual(["01-12T12 a 100", "01-14T09 b 100"]);
});

test("what falls behind the horizon is not foreseen", () => {
  expect(foresee("[{ wait: 11 days }, { send: a, by: email }]")).toEqual([]);
});

test("branches take the shares that were seen, else even ones; a split goes by its weights", () => {
  const steps =
    "[{ if: { customer.country: GB }, id: home, then: [{ send: a, by: email }], else: [{ send: b, by: email }] }]";
  expect(foresee(steps)).toEqual(["01-12T12 a 50", "01-12T12 b 50"]);
  expect(foresee(steps, { passed: { home: { then: 30, else: 10 } } })).toEqual([
    "01-12T12 a 75",
    "01-12T12 b 25",
  ]);
  expect(foresee(steps, { passed: { home: { then: 3, else: 1 } } })).toEqual([
    "01-12T12 a 50",
    "01-12T12 b 50",
  ]);
  expect(
    foresee(
      "[{ split: { x: 80%, y: 20% }, x: [{ send: a, by: email }], y: [{ send: b, by: email }] }]",
    ),
  ).toEqual(["01-12T12 a 80", "01-12T12 b 20"]);
});

test("those who part and meet again are counted once", () => {
  expect(
    foresee(
      "[{ if: { customer.country: GB }, then: [{ wait: 1 day }], else: [] }, { send: a, by: email }]",
    ),
  ).toEqual(["01-12T12 a 50", "01-13T12 a 50"]);
  expect(
    foresee("[{ if: { customer.country: GB }, then: [], else: [] }, { send: a, by: email }]"),
  ).toEqual(["01-12T12 a 100"]);
});

test("an event that is awaited comes half-way, or not at all", () => {
  expect(
    foresee(
      "[{ await: { event: paid, within: 4 days }, then: [{ send: thanks, by: email }], else: [{ send: reminder, by: email }] }]",
    ),
  ).toEqual(["01-14T12 thanks 50", "01-16T12 reminder 50"]);
});

test("every round of a repeat is foreseen, and no more", () => {
  expect(
    foresee("[{ repeat: { times: 3 }, steps: [{ send: a, by: email }, { wait: 1 day }] }]"),
  ).toEqual(["01-12T12 a 100", "01-13T12 a 100", "01-14T12 a 100"]);
});

test("who is inside comes to a step when it is due", () => {
  const inside = [{ step: "b", at: later(monday, { days: 1 }), customers: 7 }];
  expect(
    foresee("[{ send: a, by: email }, { wait: 3 days }, { send: b, by: email }]", {
      inside,
      entries: [],
    }),
  ).toEqual(["01-13T12 b 7"]);
});
