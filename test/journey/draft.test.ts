import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { askedConditions } from "../../src/journey/asked-conditions.ts";
import { doubtfulEvents } from "../../src/journey/check-events.ts";
import { checkProject } from "../../src/journey/check-project.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { readProject } from "../../src/journey/read-project.ts";
import { aJourney, linesOf, mistakesIn, required } from "./mistake-lines.ts";

const template = { name: "hello", channel: "email" };
const known = {
  templates: [
    template,
    { ...template, name: "totals", reads: [required("entry.total")] },
    { ...template, name: "codes", reads: [required("voucher.code")] },
    { ...template, name: "scores", reads: [required("call.score.value")] },
    { ...template, name: "receipt", class: "transactional" as const },
  ],
  channels: ["email"],
  topics: ["offers"],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waypost-draft-"));
  mkdirSync(join(folder, "segments"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function check(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const project = readProject(folder);
  return linesOf([...project.mistakes, ...checkProject(project, known)]).toSorted();
}

const soon = 'expected a duration such as "3 days", got "soon"';

test("a step that cannot be read hides no mistake beside it", () => {
  const text = aJourney({
    start: "start: { segment: vpi }",
    steps: `steps:
  - send: hullo
    by: email
  - wait: soon
  - if: { segment: bset }
    then: [{ send: totals, by: email }]
    else:
      - split: { a: many, b: 1 }
        a: [{ enter: nowhere }]
        b: [{ send: hello, by: emial }]
  - send: receipt
    by: email
`,
  });
  const vip = "segment: vip\nif: { orders: { count: 5 } }\n";
  expect(check({ "a.yaml": text, "segments/vip.yaml": vip })).toEqual([
    '11 steps[2].else[0].split.a: expected a weight such as 50 or 50%, got "many"',
    '12 steps[2].else[0].a[0].enter: unknown journey "nowhere"; expected one of welcome',
    '13 steps[2].else[0].b[0].by: unknown channel "emial"; did you mean "email"?',
    "14 steps[3]: templates/receipt.email.hbs is transactional, this journey is marketing",
    '3 start.segment: unknown segment "vpi"; did you mean "vip"?',
    '5 steps[0].send: no template "hullo"; did you mean "hello"?',
    `7 steps[1].wait: ${soon}`,
    '8 steps[2].if.segment: unknown segment "bset"; expected one of vip',
    "9 steps[2].then[0]: templates/totals.email.hbs needs {{entry.total}}, and no event or request starts this journey",
  ]);
});

test("a step that cannot be read is looked at itself, as far as it can be", () => {
  const steps = `steps:
  - { send: hullo, by: emial, fallback: maybe }
  - { send: hello }
  - { voucher: welcome-01, expires: soon }
  - { if: { consent: { channel: emial, topic: } }, then: [] }
`;
  writeFileSync(join(folder, "a.yaml"), aJourney({ steps }));
  const project = readProject(folder);
  const mistakes = checkProject(project, { ...known, pools: ["welcome-10"] });
  expect(linesOf([...project.mistakes, ...mistakes]).toSorted()).toEqual([
    '5 steps[0].by: unknown channel "emial"; did you mean "email"?',
    '5 steps[0].fallback: expected true or false, got "maybe"',
    '5 steps[0].send: no template "hullo"; did you mean "hello"?',
    "6 steps[1].by: expected a channel such as email, got nothing",
    `7 steps[2].expires: ${soon}`,
    '7 steps[2].voucher: unknown pool "welcome-01"; did you mean "welcome-10"?',
    '8 steps[3].if.consent.channel: unknown channel "emial"; did you mean "email"?',
    "8 steps[3].if.consent.topic: expected a topic, got nothing",
  ]);
});

test("a start and a head that cannot be read hide no mistake below them", () => {
  const text = aJourney({
    head: "journey: a b\ntopic: ofers\nclass: marketng",
    start:
      "start: { on: }\nstop:\n  - { if: { segment: vip }, as: }\n  - { if: { segment: vpi }, as: a }",
  });
  expect(check({ "a.yaml": text })).toEqual([
    '1 journey: expected the name of the journey (letters, digits, "-" and "_"), got "a b"',
    '2 topic: unknown topic "ofers"; did you mean "offers"?',
    '3 class: expected a class (did you mean "marketing"?), got "marketng"',
    "4 start.on: expected the name of an event, got nothing",
    "6 stop[0].as: expected the reason of the exit, got nothing",
    '6 stop[0].if.segment: unknown segment "vip"; none is defined in workflows/segments',
    '7 stop[1].if.segment: unknown segment "vpi"; none is defined in workflows/segments',
  ]);
});

/** A first step in line 5 that cannot be read, what follows it, and the only line that says so. */
const silent: readonly (readonly [broken: string, after: string, line: string])[] = [
  [
    "{ send: hello }",
    "{ if: { message: { step: hello, was: sent } }, then: [] }",
    "steps[0].by: expected a channel such as email, got nothing",
  ],
  [
    "{ voucher: a b }",
    "{ send: codes, by: email }",
    'steps[0].voucher: expected the name of a pool (letters, digits, "-" and "_"), got "a b"',
  ],
  [
    "{ call: here, id: score }",
    "{ send: scores, by: email }",
    'steps[0].call: expected an address such as https://example.com/hook, got "here"',
  ],
  [
    "{ cal: here }",
    "{ await: { event: a, within: 1 day, match: { a: call.score.value, b: voucher.code } } }",
    'steps[0].cal: unknown kind of step "cal"; did you mean "call"?',
  ],
  [
    "{ task: { list: a, do: Ring, outcomes: reached, within: 1 day }, reached: [{ wait: 1 day, id: b }] }",
    "{ if: { task.task-a: reached }, then: [] }",
    'steps[0].task.outcomes: expected a list of outcomes, got "reached"',
  ],
  [
    "{ split: [a, b], a: [{ send: hello, by: email }], b: [] }",
    "{ if: { message: { step: hello, was: sent } }, then: [] }",
    "steps[0].split: expected arms with their weights such as { short: 50, long: 50 }, got a list",
  ],
  ["{ exit: }", "{ send: hello, by: email }", "steps[0].exit: expected a reason, got nothing"],
  [
    "{ repeat: { times: 2 }, steps: [{ wait: soon }] }",
    "{ send: hello, by: email }",
    `steps[0].steps[0].wait: ${soon}`,
  ],
  [
    "{ if: { segment: }, then: [{ exit: a }], else: [{ voucher: a }] }",
    "{ send: codes, by: email }",
    "steps[0].if.segment: expected the name of a segment, got nothing",
  ],
  [
    "{ if: { event: a }, then: hello }",
    "{ if: { message: { step: hi, was: sent } }, then: [] }",
    'steps[0].then: expected a list of steps, got "hello"',
  ],
  [
    "{ if: { event: a }, else: [], than: [{ send: hello, by: email }] }",
    "{ if: { message: { step: hello, was: sent } }, then: [] }",
    'steps[0].than: unknown key "than"; did you mean "then"?',
  ],
];

test.each(silent)("%s is one mistake, whatever comes after it", (broken, after, line) => {
  const text = aJourney({ steps: `steps:\n  - ${broken}\n  - ${after}\n` });
  expect(check({ "a.yaml": text }).map((each) => each.replace(/^\d+ /, ""))).toEqual([line]);
});

test("what a step that cannot be read is meant to be is known", () => {
  const steps = (condition: string) =>
    `steps:\n  - { wait: soon, id: a }\n  - { if: ${condition}, then: [] }`;
  expect(mistakesIn(aJourney({ steps: steps("{ message: { step: a, was: sent } }") }))).toEqual([
    `5 steps[0].wait: ${soon}`,
    '6 steps[1].if.message.step: expected a step that sends a message, got "a", which is "wait"',
  ]);
  expect(mistakesIn(aJourney({ steps: steps("{ task.b: done }") }))).toEqual([
    `5 steps[0].wait: ${soon}`,
    '6 steps[1].if.task.b: no step "b" in the journey, which has no task',
  ]);
});

test("behind an exit nothing is wrong but that nobody comes there", () => {
  const steps = `steps:
  - { voucher: welcome }
  - { exit: done }
  - { send: codes, by: email }
  - { if: { voucher: { step: welcome, was: redeemed } }, then: [] }
`;
  expect(check({ "a.yaml": aJourney({ steps }) })).toEqual([
    "7 steps[2]: this step is never reached: every way here ends in an exit",
  ]);
});

test("what a file defines is known to others though it cannot be read whole", () => {
  const other = (name: string, steps: string) =>
    aJourney({ head: `journey: ${name}\ntopic: offers`, start: "start: { segment: vip }", steps });
  const asks = (step: string) =>
    `steps: [{ if: { message: { journey: a, step: ${step}, was: sent } }, then: [] }, { enter: c }, { send: totals, by: email }]`;
  const vip = "segment: vip\nif: { ordres: 5 }\n";
  const lines = check({
    "1.yaml": other("a", "steps: [{ send: hello, by: email }, { wait: soon }]"),
    "2.yaml": other("b", asks("hullo")),
    "c.yaml": "journey: [",
    "segments/vip.yaml": vip,
  });
  expect(lines).toEqual([
    expect.stringMatching(/^1 not valid YAML/),
    '2 if.ordres: unknown subject "ordres"; did you mean "orders"?',
    '4 steps[0].if.message.step: no step "hullo" in the journey; did you mean "hello"?',
    `4 steps[1].wait: ${soon}`,
  ]);
});

test("conditions and events beside a mistake are looked at, too", () => {
  const steps =
    "steps: [{ wait: soon }, { if: { segment: vip }, then: [] }, { await: { event: order_competed, within: 1 day } }]";
  const start =
    "start: { on: order_completed, if: { customer.country: GB } }\nstop: [{ on: }, { if: { event: order_completed }, as: a }]";
  check({
    "a.yaml": aJourney({ start, steps }),
    "segments/b.yaml": "segment: b c\nif: { event: left }\n",
  });
  const project = readProject(folder);
  const asked = askedConditions(project).map(
    ({ position, condition }) => `${position.path} ${condition.kind}`,
  );
  expect(asked).toEqual(["if event", "start.if customer", "stop[1] event", "steps[1] segment"]);
  expect(doubtfulEvents(project)).toMatchObject([{ path: "steps[2].await.event" }]);
});

test("a file with a mistake is no journey and no segment", () => {
  check({
    "a.yaml": aJourney({ steps: "steps: [{ wait: soon }]" }),
    "b.yaml": aJourney({ head: "journey: b\ntopic: offers\ndescribe: 5" }),
    "segments/c.yaml": "segment: c\ndescribe: 5\nif: { event: left }\n",
  });
  expect(readProject(folder)).toMatchObject({ journeys: [], segments: [] });
});

const example: unknown = parse(readFileSync("workflows/example.yaml", "utf8"));

/** Every place of a step, with the step. */
function stepsOf(value: unknown, path = ""): readonly (readonly [string, object])[] {
  if (Array.isArray(value))
    return value.flatMap((each, index) => stepsOf(each, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  const isStep = path.endsWith("]") && !/^stop|\.if\./.test(path);
  const inner = Object.entries(value).flatMap(([key, each]) =>
    stepsOf(each, path === "" ? key : `${path}.${key}`),
  );
  return isStep ? [[path, value] as const, ...inner] : inner;
}

test.each(stepsOf(example))("the example with %s broken has no mistake elsewhere", (path, step) => {
  const broken = [{ sned: 5 }, { ...step, [Object.keys(step)[0] ?? ""]: { never: [] } }];
  for (const each of broken) {
    const copy = structuredClone(example);
    const keys = path.split(/[.[\]]+/).filter((key) => key !== "");
    const last = keys.pop() ?? "";
    const parent = keys.reduce<unknown>((at, key) => Reflect.get(at as object, key), copy);
    Reflect.set(parent as object, last, each);
    const { mistakes } = readJourney(stringify(copy), "example.yaml");
    expect(mistakes.length).toBeGreaterThan(0);
    expect(mistakes.filter((one) => !one.path.startsWith(path))).toEqual([]);
  }
});
