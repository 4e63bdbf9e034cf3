import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Known } from "../../src/journey/check-project.ts";
import { doubts } from "../../src/journey/doubts.ts";
import { readProject } from "../../src/journey/read-project.ts";
import { aJourney, linesOf, required } from "./mistake-lines.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waypost-doubts-"));
  mkdirSync(join(folder, "segments"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const out = [required("unsubscribe_url")];
const known: Known = {
  templates: [
    { name: "hello", channel: "email", reads: out },
    { name: "hello", channel: "sms", reads: [] },
    { name: "choose", channel: "email", reads: [required("preferences_url")] },
    { name: "receipt", channel: "email", reads: [] },
    { name: "both", channel: "email", reads: out },
    { name: "sworn", channel: "email", reads: out, class: "transactional" },
    { name: "broken", channel: "email", reads: null },
  ],
  channels: ["email", "sms"],
  topics: ["offers"],
};

function doubtsIn(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return linesOf(doubts(readProject(folder), known));
}

const skipped =
  'nothing comes after this wait, so it is skipped and the journey ends at once; leave it out, or put a step such as "exit: done" after it';

test("a wait that nothing comes after is doubtful, also at the end of a branch that ends the journey", () => {
  const steps = `steps:
  - wait: 1 day
  - if: { segment: vip }
    then: [{ send: hello, by: email }, { wait: 2 days }]
    else: [{ wait: 3 days }, { exit: done }]
`;
  expect(doubtsIn({ "a.yaml": aJourney({ steps }) })).toEqual([`7 steps[1].then[1]: ${skipped}`]);
  const goesOn = `${steps}  - send: hello\n    by: email\n    id: again\n`;
  expect(doubtsIn({ "a.yaml": aJourney({ steps: goesOn }) })).toEqual([]);
});

test("conditions that hold of nobody or of everybody are doubtful, and say which part it is", () => {
  const steps = `steps:
  - if: { any: [{ segment: vip }, { customer.country: { eq: GB, ne: GB } }] }
    then: [{ exit: done }]
  - switch: { a: { segment: vip }, b: { customer.city: Bath }, c: { segment: vip } }
    a: [{ exit: a }]
  - repeat: { times: 3, until: { event: order, count: { gte: 5, lte: 3 } } }
    steps: [{ wait: 1 day }]
  - exit: done
`;
  const always = "{ any: [{ segment: vip }, { not: { segment: vip } }] }";
  const start = `start: { on: a, if: ${always} }`;
  const files = {
    "a.yaml": aJourney({ start, steps }),
    "segments/all.yaml": `segment: all\nif: ${always}\n`,
    "segments/none.yaml": "segment: none\nif: { customer.attributes.a: { gt: 10, lt: 5 } }\n",
  };
  expect(doubtsIn(files)).toEqual([
    "2 if: this never holds: customer.attributes.a above 10 and below 5",
    "3 start.if: this always holds: in segment vip or not in segment vip",
    "5 steps[0]: this never holds: customer.country is GB and is not GB",
    "9 steps[2]: this never holds: order count at least 5 and at most 3",
    '7 steps[1]: nobody takes the arm "c", since "a" before it asks the same',
  ]);
});

const sends = (name: string) => `steps: [{ send: ${name}, by: email }]`;
const marketing = (name: string) => aJourney({ steps: sends(name) });
const transactional = (name: string) =>
  aJourney({ head: "journey: order\nclass: transactional", steps: sends(name) });

test("a receipt with a link to unsubscribe is doubtful, unless it says that it is one", () => {
  expect(doubtsIn({ "a.yaml": transactional("hello") })).toEqual([
    '4 steps[0]: templates/hello.email.hbs has a link to unsubscribe, as marketing has, and this journey is transactional: it reaches those who left; use another layout, or say "class: transactional" in the template',
  ]);
  for (const name of ["sworn", "receipt", "choose", "broken"])
    expect(doubtsIn({ "a.yaml": transactional(name) })).toEqual([]);
});

test("a template that marketing sends too is doubtful in a transactional journey", () => {
  expect(doubtsIn({ "a.yaml": marketing("both"), "b.yaml": transactional("both") })).toEqual([
    '4 steps[0]: templates/both.email.hbs is sent by the marketing journey "welcome" too, and this one is transactional: it reaches those who left; give each a template of its own',
  ]);
});

test("a marketing e-mail without a way to leave is doubtful", () => {
  expect(doubtsIn({ "a.yaml": marketing("receipt") })).toEqual([
    '1 the marketing journey "welcome" sends this without a link to unsubscribe; put {{unsubscribe_url}} or {{preferences_url}} into it or its layout',
  ]);
  for (const name of ["hello", "choose", "broken"])
    expect(doubtsIn({ "a.yaml": marketing(name) })).toEqual([]);
});
