import { expect, test } from "vitest";
import { diffJourney } from "../../src/plan/diff-journey.ts";
import { written } from "../enrollment/shop.ts";

const journey = (head: string, steps: string) =>
  written(`journey: hello\n${head}\nsteps: ${steps}`).journey;
const start = "start: { on: signed_up }";
const steps = "[{ wait: 1 day }, { send: hello, by: email }]";
const before = journey(start, steps);

test("the same definition is no change", () => {
  expect(diffJourney(before, journey(start, steps))).toBe(null);
});

test("settings that change are told in the words of the screens", () => {
  const head =
    'start: { on: signed_up, if: { customer.country: GB }, again: always }\nobjective: { goal: paid, target: 5%, within: 7 days, holdout: 10% }\nstop: [{ on: paid }]\nmax_lateness: 2 hours\npriority: 5\ndescribe: "Say hello"';
  const change = diffJourney(before, journey(head, steps));
  expect(change?.settings).toEqual([
    { what: "describe", from: "none", to: "Say hello" },
    { what: "priority", from: "0", to: "5" },
    {
      what: "objective",
      from: "none",
      to: "paid within 7 days, target 5%, holdout 10%",
    },
    { what: "start", from: "on signed_up", to: "on signed_up, if customer.country is GB" },
    { what: "again", from: "once in a lifetime", to: "every time" },
    { what: "stop", from: "none", to: "on paid (paid)" },
    { what: "max_lateness", from: "1 day", to: "2 hours" },
  ]);
  expect(change).toMatchObject({ added: [], removed: [], changed: [] });
});

test("what a start, a stop or an await hears of is told with its tests", () => {
  const head = (total: number, key: string) =>
    `start: { on: signed_up, where: { total: { gt: ${total} } } }\nstop: [{ on: paid, match: { order_id: entry.${key} } }]`;
  const body = (key: string) =>
    `[{ await: { event: shipped, match: { order_id: entry.${key} }, within: 2 days } }, ${steps.slice(1)}`;
  const change = diffJourney(
    journey(head(5, "id"), body("id")),
    journey(head(50, "no"), body("no")),
  );
  expect(change?.settings).toEqual([
    {
      what: "start",
      from: "on signed_up where total above 5",
      to: "on signed_up where total above 50",
    },
    {
      what: "stop",
      from: "on paid where order_id is entry.id (paid)",
      to: "on paid where order_id is entry.no (paid)",
    },
  ]);
  expect(change?.changed).toMatchObject([
    {
      from: "await shipped where order_id is entry.id within 2 days",
      to: "await shipped where order_id is entry.no within 2 days",
    },
  ]);
});

test("what the words of a step leave out is told by the keys of the file", () => {
  const body = (mail: string, tier: string, share: number) =>
    `[{ call: "https://scores.example.com/v${share}", id: score, body: { to: customer.${mail} } },
      { switch: { good: { customer.attributes.tier: ${tier} } }, good: [{ send: hello, by: email }] }]`;
  const change = diffJourney(
    journey(start, body("email", "gold", 1)),
    journey(start, body("phone", "silver", 2)),
  );
  expect(change?.changed).toMatchObject([
    { id: "score", what: "score", to: "call POST https://scores.example.com/v2" },
    { id: "score", what: "score: body.to", from: "customer.email", to: "customer.phone" },
    {
      id: "switch-good",
      what: "switch-good: switch.good.customer.attributes.tier",
      from: "gold",
      to: "silver",
    },
  ]);
});

test("steps are known by their ids: added, removed, changed, and the ways between them", () => {
  const after = journey(
    start,
    "[{ wait: 1 day }, { send: hello, by: [sms, email] }, { wait: 2 days }, { send: letter, by: email }]",
  );
  expect(diffJourney(before, after)).toEqual({
    settings: [],
    added: [
      { id: "wait-2-days", line: "wait 2 days" },
      { id: "letter", line: "send letter by email" },
    ],
    removed: [],
    changed: [
      {
        id: "hello",
        was: null,
        what: "hello",
        from: "send hello by email",
        to: "send hello by sms, else email",
      },
    ],
    edges: {
      added: ["hello -> wait-2-days", "wait-2-days -> letter", "letter -> end"],
      removed: ["hello -> end"],
    },
  });
  expect(diffJourney(after, before)?.removed.map(({ id }) => id)).toEqual([
    "wait-2-days",
    "letter",
  ]);
});

test("a step that only leads elsewhere is not a changed one", () => {
  const branch = (yes: string) =>
    `[{ if: { customer.country: GB }, id: home, then: [{ send: ${yes}, by: email }], else: [] }]`;
  const change = diffJourney(journey(start, branch("hello")), journey(start, branch("hi")));
  expect(change?.changed).toEqual([]);
  expect(change?.edges.added).toContain("home -then-> hi");
});

test("a wait in the place of another is one step that changed, and so is a branch behind it", () => {
  const text = (wait: string, country: string) =>
    `[{ send: hello, by: email }, { wait: ${wait} }, { if: { customer.country: ${country} }, then: [{ send: hi, by: email }], else: [] }]`;
  const change = diffJourney(
    journey(start, text("3 days", "GB")),
    journey(start, text("4 days", "GB")),
  );
  expect(change).toEqual({
    settings: [],
    added: [],
    removed: [],
    changed: [
      {
        id: "wait-4-days",
        was: "wait-3-days",
        what: "wait-4-days",
        from: "wait 3 days",
        to: "wait 4 days",
      },
    ],
    edges: { added: [], removed: [] },
  });
  const both = diffJourney(
    journey(start, text("3 days", "GB")),
    journey(start, text("4 days", "IE")),
  );
  expect(both?.changed.map(({ was }) => was)).toContain("wait-3-days");
  expect(both?.edges).toEqual({ added: [], removed: [] });
});

test("a step that sends something else is another step", () => {
  const change = diffJourney(
    before,
    journey(start, "[{ wait: 1 day }, { send: letter, by: email }]"),
  );
  expect(change).toMatchObject({ added: [{ id: "letter" }], removed: [{ id: "hello" }] });
});

test("a step that is only called otherwise is a changed one, with what it does", () => {
  const body = (id: string) => steps.replace("wait: 1 day", `wait: 1 day, id: ${id}`);
  const change = diffJourney(journey(start, body("rest")), journey(start, body("pause")));
  expect(change?.changed).toEqual([
    { id: "pause", was: "rest", what: "pause", from: "wait 1 day", to: "wait 1 day" },
  ]);
});
