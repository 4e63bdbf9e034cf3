import { expect, test } from "vitest";
import { describeStep } from "../../src/journey/describe-step.ts";
import { edgesOf, stepsInOrder } from "../../src/journey/step.ts";
import { aJourney, journeyFrom, mistakesIn } from "./mistake-lines.ts";

const days = (count: number) => ({ months: 0, days: count, seconds: 0 });

/** The first step of a journey, as it is executed. */
function stepFrom(written: string): unknown {
  const journey = journeyFrom({ steps: `steps:\n  - ${written.replaceAll("\n", "\n    ")}` });
  return journey.steps[journey.first];
}

/** Where each step leads, `if-best: then -> hello, else -> end`, in order. */
function waysOf(steps: string): readonly string[] {
  return stepsInOrder(journeyFrom({ steps })).map((step) => {
    const ways = edgesOf(step).map(({ to, label }) => `${label ?? ""} -> ${to ?? "end"}`.trim());
    return `${step.id}: ${ways.join(", ")}`;
  });
}

test("a message goes by the best channel, or falls back to the next", () => {
  expect(stepFrom("send: hello\nby: best")).toMatchObject({ by: "best", fallback: false });
  expect(stepFrom("send: hello\nby: [email, sms]\nfallback: true")).toMatchObject({
    by: ["email", "sms"],
    fallback: true,
  });
});

test("a wait until a date of the customer", () => {
  expect(stepFrom("wait: { until: customer.attributes.trial, offset: 1 week before }")).toEqual({
    id: "wait-until-trial",
    kind: "wait",
    wait: { kind: "date", field: "attributes.trial", offsetDays: -7, at: null, zone: "customer" },
    next: null,
  });
});

test("events are matched with what the journey knows, in an await and in a stop", () => {
  const match = "match: { order_id: entry.order_id, email: customer.email }";
  expect(stepFrom(`await: { event: paid, within: 1 day, ${match} }`)).toMatchObject({
    match: { order_id: "entry.order_id", email: "customer.email" },
  });
  const head = `journey: a\ntopic: offers\nstop: [{ on: paid, ${match} }]`;
  expect(journeyFrom({ head }).stop[0]).toMatchObject({
    match: { order_id: "entry.order_id", email: "customer.email" },
  });
});

test("the arms of a switch stand beside it, and meet again after it", () => {
  const steps = `steps:
  - switch:
      gold: { customer.attributes.plan: gold }
      near: { customer.country: GB }
    gold: [{ exit: gold }]
    near: []
    else: [{ wait: 1 day }]
  - wait: 2 days
`;
  expect(waysOf(steps)).toEqual([
    "switch-gold-near: gold -> exit-gold, near -> wait-2-days, else -> wait-1-day",
    "exit-gold: ",
    "wait-1-day: -> wait-2-days",
    "wait-2-days: -> end",
  ]);
});

test.each([
  ["clicked", "clicked"],
  ["order_completed", { event: "order_completed" }],
])("the winner of a split by %s", (by, read) => {
  const winner = `winner: { after: 1000 customers, by: ${by}, within: 7 days }`;
  expect(stepFrom(`split: { a: 50%, b: 50% }\na: []\nb: []\n${winner}`)).toMatchObject({
    winner: { after: 1000, by: read, within: days(7) },
  });
});

test("attributes are set to values, to now, to what the journey knows, by a number more", () => {
  const set = `set:
  customer.attributes.tier: gold
  customer.attributes.visits: { add: -1 }
  customer.attributes.seen: now
  customer.attributes.total: entry.total
  customer.attributes.text: { value: entry.total }
  customer.attributes.site: shop.example.com
  customer.attributes.gone: ~
  customer.city: London`;
  expect(stepFrom(set)).toMatchObject({
    id: "set-tier-visits-seen-total-text-site-gone-city",
    set: [
      { field: "attributes.tier", to: { kind: "value", value: "gold" } },
      { field: "attributes.visits", to: { kind: "add", add: -1 } },
      { field: "attributes.seen", to: { kind: "now" } },
      { field: "attributes.total", to: { kind: "reference", from: "entry.total" } },
      { field: "attributes.text", to: { kind: "value", value: "entry.total" } },
      { field: "attributes.site", to: { kind: "value", value: "shop.example.com" } },
      { field: "attributes.gone", to: { kind: "value", value: null } },
      { field: "city", to: { kind: "value", value: "London" } },
    ],
  });
});

test("an empty pool holds the customer, unless the file says where to go", () => {
  expect(stepFrom("voucher: welcome-10")).toEqual({
    id: "welcome-10",
    kind: "voucher",
    pool: "welcome-10",
    expires: null,
    empty: null,
    next: null,
  });
  expect(waysOf("steps: [{ voucher: welcome-10, else: [] }, { wait: 1 day }]")).toEqual([
    "welcome-10: then -> wait-1-day, else -> wait-1-day",
    "wait-1-day: -> end",
  ]);
});

test("a call has its defaults, and its answer is known to the steps after it", () => {
  expect(stepFrom("call: https://example.com/hook")).toEqual({
    id: "call-example-com",
    kind: "call",
    url: "https://example.com/hook",
    method: "POST",
    headers: {},
    body: {},
    within: { months: 0, days: 0, seconds: 3600 },
    then: null,
    else: null,
  });
  const after = "{ if: { call.score.user.value: { gte: 5 } }, then: [] }";
  const call = "{ call: 'https://example.com', id: score }";
  expect(waysOf(`steps: [${call}, ${after}]`)).toHaveLength(2);
  expect(mistakesIn(aJourney({ steps: `steps: [${after}, ${call}]` }))).toEqual([
    '4 steps[0].if.call.score.user.value: the step "score" comes after this one; expected one that comes before',
  ]);
});

test("a call in one arm is not known in another", () => {
  const steps = `steps:
  - if: { segment: best }
    then: [{ call: 'https://example.com', id: score }]
    else: [{ set: { customer.attributes.score: call.score.value } }]
`;
  expect(mistakesIn(aJourney({ steps }))).toEqual([
    '7 steps[0].else[0].set.customer.attributes.score: nobody who comes here was at the step "score"; expected one that comes before',
  ]);
});

test("a task parts by its outcomes, and by the time that is up", () => {
  const task = "{ list: calls, do: Ring, outcomes: [reached, send], within: 3 days }";
  expect(
    waysOf(`steps: [{ task: ${task}, send: [{ exit: sent }], else: [{ exit: late }] }]`),
  ).toEqual([
    "task-calls: reached -> end, send -> exit-sent, else -> exit-late",
    "exit-sent: ",
    "exit-late: ",
  ]);
});

test("the steps of a repeat lead back to it, and it goes on when it is done", () => {
  const steps = `steps:
  - repeat: { times: 3, until: { segment: best } }
    steps: [{ wait: 1 day }, { send: hello, by: email }]
  - send: bye
    by: email
`;
  expect(waysOf(steps)).toEqual([
    "repeat: again -> wait-1-day, done -> bye",
    "wait-1-day: -> hello",
    "hello: -> repeat",
    "bye: -> end",
  ]);
});

test("a repeat whose every way rests is none that runs on, even if the rest is in an inner one", () => {
  const steps = (body: string) =>
    aJourney({ steps: `steps: [{ repeat: { times: 3 }, steps: [${body}] }]` });
  const inner = "{ repeat: { times: 2 }, id: inner, steps: [{ wait: 1 day }] }";
  expect(mistakesIn(steps(inner))).toEqual([]);
  expect(
    mistakesIn(steps("{ if: { segment: a }, then: [{ wait: 1 day }], else: [{ exit: no }] }")),
  ).toEqual([]);
  expect(mistakesIn(steps("{ wait: { until: customer.birthday } }"))).toHaveLength(1);
});

test("nothing is reached after a switch, a task or a repeat that always ends the journey", () => {
  const dead = (step: string) =>
    mistakesIn(aJourney({ steps: `steps: [${step}, { wait: 1 day }]` }));
  const unreached = ["4 steps[1]: this step is never reached: every way here ends in an exit"];
  expect(dead("{ switch: { a: { segment: a } }, a: [{ exit: a }], else: [{ exit: b }] }")).toEqual(
    unreached,
  );
  expect(dead("{ switch: { a: { segment: a } }, a: [{ exit: a }] }")).toEqual([]);
  expect(dead("{ repeat: { times: 2 }, steps: [{ wait: 2 days }, { exit: a }] }")).toEqual(
    unreached,
  );
  expect(dead("{ voucher: a, else: [{ exit: none }] }")).toEqual([]);
});

test.each([
  ["{ segment: best, when: left }", { kind: "segment", when: "left", backfill: false }],
  ["{ request: true }", { kind: "request", again: { kind: "never" } }],
  ["{ date: customer.birthday }", { kind: "date", repeat: "yearly" }],
  ["{ date: customer.attributes.renewal }", { kind: "date", repeat: "once", at: "09:00" }],
  ["{ date: customer.created_at, repeat: yearly }", { field: "created_at", repeat: "yearly" }],
])("the start %s", (start, read) => {
  expect(journeyFrom({ start: `start: ${start}` }).start).toMatchObject(read);
});

test("a journey started by a request knows what was sent along as its entry", () => {
  const start = "start: { request: true, if: { entry.total: { gte: 50 } } }";
  const steps = "steps: [{ set: { customer.attributes.total: entry.total } }]";
  expect(journeyFrom({ start, steps }).start.if).toMatchObject({ kind: "entry" });
  const scheduled = aJourney({ start: "start: { segment: best }", steps });
  expect(mistakesIn(scheduled)).toEqual([
    '4 steps[0].set.customer.attributes.total: "entry" is the event or the request that started the journey; this one has none',
  ]);
});

test("priority is 0 unless the file says otherwise", () => {
  expect(journeyFrom({}).priority).toBe(0);
  const head = "journey: a\ntopic: offers\npriority: -5";
  expect(journeyFrom({ head }).priority).toBe(-5);
});

test.each([
  [
    "send: hello\nby: best\nfallback: true",
    "send hello by the best channel, and on to the next if it fails",
  ],
  [
    "wait: { until: customer.birthday, offset: 2 days before }",
    "wait until 2 days before customer.birthday",
  ],
  [
    'wait: { until: customer.attributes.renewal, at: "10:00", zone: UTC }',
    "wait until customer.attributes.renewal, 10:00 UTC time",
  ],
  ["switch: { a: { segment: a } }\na: []", "switch a"],
  [
    "split: { a: 1, b: 1 }\na: []\nb: []\nwinner: { after: 10, by: paid, within: 1 day }",
    "split a 50%, b 50%, the best by paid after 10",
  ],
  [
    "set: { customer.attributes.a: { add: 2 }, customer.city: ~ }",
    "set attributes.a + 2, city to nothing",
  ],
  [
    "set: { customer.attributes.a: { divide: entry.n, of: entry.total, round: 0 }, customer.attributes.b: { round: 1 } }",
    "set attributes.a to entry.total / entry.n, rounded, attributes.b to attributes.b, rounded to 1 digit",
  ],
  [
    "set: { customer.attributes.a: { date: now, offset: 1 month before }, customer.city: { join: [entry.a, x] } }",
    'set attributes.a to 1 month before now, city to entry.a + "x"',
  ],
  ["voucher: welcome-10\nexpires: 30 days", "voucher from welcome-10, good for 30 days"],
  ["call: https://example.com/a", "call POST https://example.com/a"],
  ["task: { list: calls, do: Ring, outcomes: [a], within: 1 day }", "task on calls: Ring"],
  ["enter: other", "enter other"],
  [
    "repeat: { times: 2, until: { segment: a } }\nsteps: [{ wait: 1 day }]",
    "repeat 2 times, until in segment a",
  ],
])("%j is described on one line", (written, line) => {
  expect(describeStep(stepFrom(written) as Parameters<typeof describeStep>[0])).toBe(line);
});
