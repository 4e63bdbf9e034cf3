import { expect, test } from "vitest";
import { describeStep } from "../../src/journey/describe-step.ts";
import { describeGoal } from "../../src/journey/describe-journey.ts";
import { eventsHeardBy } from "../../src/journey/step.ts";
import { writeHead } from "../../src/journey/write-journey.ts";
import { journeyFrom, mistakesIn } from "./mistake-lines.ts";

const days = (count: number) => ({ months: 0, days: count, seconds: 0 });

test("what a file leaves out has its default", () => {
  expect(journeyFrom({})).toMatchObject({
    name: "welcome",
    describe: null,
    class: "marketing",
    topic: "offers",
    objective: null,
    stop: [],
    maxLateness: days(1),
    start: { kind: "event", event: "signed_up", where: {}, if: null, again: { kind: "never" } },
  });
});

test("a parsed journey is JSON from end to end", () => {
  const journey = journeyFrom({});
  expect(JSON.parse(JSON.stringify(journey))).toEqual(journey);
});

test("every mistake of a file is told at once, from top to bottom", () => {
  expect(
    mistakesIn(
      "journey: a b\ntopics: offers\nstart: { on: }\nsteps:\n  - send: hi\n  - wait: soon\n  - sned: hi\n",
    ),
  ).toEqual([
    '1 journey: expected the name of the journey (letters, digits, "-" and "_"), got "a b"',
    '1 topic: expected what the customer must have agreed to, such as "offers", got nothing',
    '2 topics: unknown key "topics"; did you mean "topic"?',
    "3 start.on: expected the name of an event, got nothing",
    "5 steps[0].by: expected a channel such as email, got nothing",
    '6 steps[1].wait: expected a duration such as "3 days", got "soon"',
    '7 steps[2].sned: unknown kind of step "sned"; did you mean "send"?',
  ]);
});

test.each([
  ["{ on: a }", "marketing", "never"],
  ["{ on: a }", "transactional", "always"],
  ["{ segment: a }", "marketing", "never"],
  ["{ every: '0 9 * * 1' }", "marketing", "always"],
  ["{ date: customer.birthday }", "marketing", "always"],
  ["{ on: a, again: always }", "marketing", "always"],
])("a customer who has been through %s, %s, enters again %s", (start, of, again) => {
  const head = `journey: a\ntopic: offers\nclass: ${of}`;
  expect(journeyFrom({ head, start: `start: ${start}` }).start.again).toEqual({ kind: again });
});

test("starts by segment, schedule and date are read with their defaults", () => {
  const start = (written: string) => journeyFrom({ start: `start: ${written}` }).start;
  expect(start("{ segment: best, again: after 30 days }")).toEqual({
    kind: "segment",
    segment: "best",
    when: "entered",
    backfill: false,
    if: null,
    again: { kind: "after", after: days(30) },
  });
  expect(start("{ every: '0 9 * * MON', zone: Europe/London }")).toMatchObject({
    kind: "every",
    cron: "0 9 * * MON",
    zone: "Europe/London",
  });
  expect(start("{ date: customer.birthday, offset: 1 week before }")).toMatchObject({
    kind: "date",
    field: "birthday",
    offsetDays: -7,
    at: "09:00",
    zone: "customer",
  });
  expect(start("{ date: customer.birthday, offset: on the day }")).toMatchObject({ offsetDays: 0 });
});

test("a stop without a reason is called like its event", () => {
  const head =
    "journey: a\ntopic: offers\nstop:\n  - { on: ordered }\n  - { if: { segment: best }, as: arrived }";
  expect(journeyFrom({ head }).stop).toEqual([
    { kind: "event", event: "ordered", where: {}, match: {}, as: "ordered" },
    { kind: "condition", if: { kind: "segment", name: "best" }, as: "arrived" },
  ]);
});

test("shares of an objective are between 0 and 1", () => {
  const head =
    "journey: a\ntopic: offers\nobjective: { goal: ordered, target: 12.5%, within: 60 days, holdout: 10% }";
  expect(journeyFrom({ head }).objective).toEqual({
    goal: "ordered",
    where: {},
    value: null,
    target: 0.125,
    within: days(60),
    holdout: 0.1,
  });
});

test("a goal may be narrowed by its properties, and say which of them is what it earned", () => {
  const head =
    "journey: a\ntopic: offers\nobjective: { goal: ordered, where: { total: { gte: 50 } }, value: margin, within: 60 days }";
  const journey = journeyFrom({ head });
  expect(journey.objective).toMatchObject({
    where: { total: [{ op: "gte", value: 50 }] },
    value: "margin",
  });
  expect(describeGoal(journey)).toBe("ordered where total at least 50 within 60 days");
});

test("a goal may be a condition, which is asked for as long as its window is open", () => {
  const head = "journey: a\ntopic: offers\nobjective: { goal: { segment: best }, within: 60 days }";
  const journey = journeyFrom({ head });
  expect(journey.objective).toMatchObject({
    goal: { kind: "segment", name: "best" },
    where: {},
    value: null,
    within: days(60),
  });
  expect(describeGoal(journey)).toBe("in segment best within 60 days");
  expect(eventsHeardBy(journey)).toEqual(["signed_up"]);
  const { goal } = writeHead(journey)["objective"] as { goal: unknown };
  expect(goal).toEqual({ segment: "best" });
});

test("a transactional journey needs no topic", () => {
  expect(journeyFrom({ head: "journey: a\nclass: transactional" }).topic).toBeNull();
});

test("a journey hears the events it starts, stops, waits and is judged by, each once", () => {
  const journey = journeyFrom({
    head: "journey: a\ntopic: offers\nobjective: { goal: paid }\nstop: [{ on: ordered }, { on: left }]",
    start: "start: { on: ordered }",
    steps:
      "steps: [{ await: { event: seen, within: 1 day }, then: [{ await: { event: seen, within: 1 day }, id: again }] }]",
  });
  expect(eventsHeardBy(journey)).toEqual(["left", "ordered", "paid", "seen"]);
});

test.each([
  ["send: hello\n    by: [email, sms]", "send hello by email, else sms"],
  ["wait: 90 minutes", "wait 90 minutes"],
  ['wait: { until: "10:00", days: 3 }', "wait 3 days, until 10:00 customer's time"],
  [
    'wait: { until: "09:00", days: 1, weekdays: [monday, tuesday, wednesday, thursday, friday] }',
    "wait 1 day, until monday to friday 09:00 customer's time",
  ],
  [
    'wait: { until: "18:30", weekdays: [sun, friday], zone: UTC }',
    "wait until friday or sunday 18:30 UTC time",
  ],
  ["await: { event: ordered, within: 1 week }", "await ordered within 7 days"],
  ["if: { segment: best }\n    then: []", "if in segment best"],
  ["split: { a: 1, b: 2 }\n    a: []\n    b: []", "split a 33.3%, b 66.7%"],
  ["exit: had enough", "exit: had enough"],
])("%j is described on one line", (written, line) => {
  const [step] = Object.values(journeyFrom({ steps: `steps:\n  - ${written}` }).steps);
  expect(step && describeStep(step)).toBe(line);
});
