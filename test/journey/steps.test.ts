import { expect, test } from "vitest";
import { edgesOf, stepsInOrder } from "../../src/journey/step.ts";
import { journeyFrom, mistakesIn, aJourney } from "./mistake-lines.ts";

/** Where each step leads, `if-best: then -> hello, else -> end`, in order. */
function waysOf(steps: string): readonly string[] {
  return stepsInOrder(journeyFrom({ steps })).map((step) => {
    const ways = edgesOf(step).map(({ to, label }) => `${label ?? ""} -> ${to ?? "end"}`.trim());
    return `${step.id}: ${ways.join(", ")}`;
  });
}

function idsOf(steps: string): readonly string[] {
  return stepsInOrder(journeyFrom({ steps })).map((step) => step.id);
}

const branched = `steps:
  - if: { segment: best }
    then:
      - send: hello
        by: email
      - if: { customer.country: GB }
        then: [{ exit: british }]
    else:
      - split: { a: 1, b: 1 }
        a: [{ wait: 1 day }]
        b: []
  - send: bye
    by: sms
`;

test("branches meet again at the step after them, an empty or missing one goes there at once", () => {
  expect(waysOf(branched)).toEqual([
    "if-best: then -> hello, else -> split-a-b",
    "hello: -> if-customer-country",
    "if-customer-country: then -> exit-british, else -> bye",
    "exit-british: ",
    "split-a-b: a -> wait-1-day, b -> bye",
    "wait-1-day: -> bye",
    "bye: -> end",
  ]);
});

test("steps come in the order of the file even when the keys of the JSON do not", () => {
  const journey = journeyFrom({ steps: branched });
  const shuffled = Object.fromEntries(Object.entries(journey.steps).toReversed());
  expect(stepsInOrder({ ...journey, steps: shuffled })).toEqual(stepsInOrder(journey));
});

test("an await parts by whether the event came", () => {
  const steps =
    "steps: [{ await: { event: paid, within: 1 day }, then: [{ exit: paid }], else: [{ wait: 1 day }] }]";
  expect(waysOf(steps)).toEqual([
    "await-paid: then -> exit-paid, else -> wait-1-day",
    "exit-paid: ",
    "wait-1-day: -> end",
  ]);
});

test("a step is called after what it does", () => {
  const steps = `steps:
  - { send: hello, by: email }
  - { wait: 1 week }
  - { wait: { until: "10:00", days: 3, weekday: monday } }
  - { await: { event: Order Paid, within: 1 day } }
  - { if: { not: { message: { step: hello, was: clicked } } }, then: [] }
  - { exit: Had enough! }
`;
  expect(idsOf(steps)).toEqual([
    "hello",
    "wait-7-days",
    "wait-3-days-until-monday-10-00",
    "await-order-paid",
    "if-not-clicked-hello",
    "exit-had-enough",
  ]);
});

test("twins need ids: each is a mistake with its line, the other's, and an id to take", () => {
  const steps = `steps:
  - { send: hello, by: email }
  - if: { segment: best }
    then:
      - wait: 1 day
      - wait: 1 day
      - exit: done
    else: [{ wait: 2 days, id: bye }]
  - exit: done
  - { send: bye, by: email }
`;
  const twin = (line: number, name: string) =>
    `expected an id, since the step on line ${line} is called "${name}" too; give the newer of the two one of its own, such as`;
  const dead = "this step is never reached: every way here ends in an exit";
  expect(mistakesIn(aJourney({ steps }))).toEqual([
    `10 steps[1].then[2]: ${twin(12, "exit-done")} "id: then-exit-done"`,
    `13 steps[3]: ${dead}`,
    `13 steps[3]: ${twin(11, "bye")} "id: bye-2"`,
  ]);
});

test("the id that is offered to a twin is one it can take", () => {
  const steps = (id: string) =>
    `steps: [{ if: { segment: best }, then: [{ send: hello, by: sms${id} }] }, { send: hello, by: sms }]`;
  const [mistake = ""] = mistakesIn(aJourney({ steps: steps("") }));
  const [, offered = ""] = /such as "(.*)"/.exec(mistake) ?? [];
  expect(idsOf(steps(`, ${offered}`))).toEqual(["if-best", "then-hello", "hello"]);
});

test("waits of one length are told apart by what follows them, and go where it goes", () => {
  const drip = (...order: readonly string[]) =>
    idsOf(
      `steps: [{ send: hello, by: email }, ${order
        .map((name) => `{ wait: 1 day }, { send: ${name}, by: email }`)
        .join(", ")}]`,
    ).filter((id) => id.startsWith("wait"));
  expect(drip("a")).toEqual(["wait-1-day"]);
  expect(drip("a", "b")).toEqual(["wait-1-day-before-a", "wait-1-day-before-b"]);
  expect(drip("a", "c", "b")).toEqual([
    "wait-1-day-before-a",
    "wait-1-day-before-c",
    "wait-1-day-before-b",
  ]);
  expect(drip("b", "a")).toEqual(["wait-1-day-before-b", "wait-1-day-before-a"]);
});

test("waits before one and the same step, and exits, are told apart by their branches", () => {
  const steps = `steps:
  - { send: hello, by: email }
  - if: { segment: best }
    then: [{ wait: 1 day }]
    else:
      - if: { segment: good }
        then: [{ wait: 1 day }]
        else: [{ exit: done }]
  - { send: bye, by: email }
  - { wait: 1 day, id: wait-2-days }
  - split: { a: 1, b: 1 }
    a: [{ wait: 2 days }]
    b: [{ exit: done }]
`;
  expect(idsOf(steps)).toEqual([
    "hello",
    "if-best",
    "then-wait-1-day-before-bye",
    "if-good",
    "else-then-wait-1-day-before-bye",
    "bye",
    "wait-2-days",
    "split-a-b",
    "wait-2-days-at-the-end",
    "exit-done-in-split-a-b-b",
    "exit-done-in-if-good-else",
  ]);
});

test.each([
  ["that begins the journey", "{ wait: 1 day }, { send: a, by: email }, { wait: 1 day }"],
  ["after a wait", "{ send: a, by: email }, { wait: 2 days }, { wait: 1 day }"],
  [
    "after an await that came to nothing",
    "{ await: { event: a, within: 1 day }, then: [{ exit: a }] }, { wait: 1 day }",
  ],
  [
    "after an agent's call",
    "{ task: { list: a, do: Ring, outcomes: [b, c], within: 1 day }, b: [{ wait: 1 day }], c: [] }",
  ],
])("a wait %s, where customers stand before it, keeps its name whatever comes", (_, steps) => {
  const written = `steps: [${steps}, { send: b, by: email }`;
  const [before, after] = [idsOf(`${written}]`), idsOf(`${written}, { wait: 1 day }]`)];
  expect(before).toContain("wait-1-day");
  expect(after).toContain("wait-1-day");
  expect(after).toContain("wait-1-day-at-the-end");
});

test("a step added anywhere renames no other that customers can stand at, or is a mistake until it has an id", () => {
  const before = idsOf(branched);
  const added = (text: string) => idsOf(text).filter((id) => !before.includes(id));
  const inBranch = (step: string) => branched.replace("then: [{ exit", `then: [${step}, { exit`);
  const below = (step: string) => `${branched}  - ${step}\n`;
  const above = (step: string) => branched.replace("steps:\n", `steps:\n  - ${step}\n`);
  for (const edit of [inBranch, below, above]) {
    for (const twin of ["{ send: bye, by: sms }", "{ send: hello, by: sms }"]) {
      expect(mistakesIn(aJourney({ steps: edit(twin) }))).toHaveLength(1);
      expect(added(edit(twin.replace(" }", ", id: another }")))).toEqual(["another"]);
    }
    expect(added(edit("{ wait: 2 days }"))).toEqual(["wait-2-days"]);
    const kept = before.filter((id) => !id.startsWith("wait"));
    expect(idsOf(edit("{ wait: 1 day }"))).toEqual(expect.arrayContaining(kept));
  }
});

test("an id given twice, a step behind an exit and an unknown step of a message are mistakes", () => {
  const steps = (list: string) => mistakesIn(aJourney({ steps: `steps:\n${list}` }));
  expect(steps("  - { wait: 1 day, id: a }\n  - { wait: 2 days, id: a }")).toEqual([
    '6 steps[1].id: the id "a" is taken by the step on line 5',
  ]);
  expect(
    steps(
      "  - if: { segment: a }\n    then: [{ exit: x }]\n    else: [{ exit: y }]\n  - wait: 1 day",
    ),
  ).toEqual(["8 steps[1]: this step is never reached: every way here ends in an exit"]);
  expect(
    steps(
      "  - send: hello\n    by: sms\n  - if: { message: { step: helo, was: sent } }\n    then: []",
    ),
  ).toEqual(['7 steps[1].if.message.step: no step "helo" in the journey; did you mean "hello"?']);
});

test("an arm may be called like a kind of step, and weights may be percentages", () => {
  const journey = journeyFrom({
    steps: "steps: [{ split: { send: 12.5%, wait: 87.5% }, send: [{ exit: a }], wait: [] }]",
  });
  expect(journey.steps["split-send-wait"]).toMatchObject({
    arms: [
      { name: "send", weight: 12.5, next: "exit-a" },
      { name: "wait", weight: 87.5, next: null },
    ],
  });
});

test("an empty list of steps is a mistake on the trunk", () => {
  expect(mistakesIn(aJourney({ steps: "steps: []" }))).toEqual([
    "4 steps: expected at least one step, got an empty list",
  ]);
});
