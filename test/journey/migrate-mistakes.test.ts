import { expect, test } from "vitest";
import { readJourney } from "../../src/journey/read-journey.ts";
import { aJourney, mistakesIn } from "./mistake-lines.ts";

const journey = (migrate: string) =>
  aJourney({ start: `start: { on: signed_up }\nmigrate: ${migrate}` });

const destined = 'expected the id of a step of this journey, "exit" or "stay"';
const versions = 'expected the number of a version such as 3, several such as [2, 3], or "all"';

/** What `migrate` says in line 4, and the line that says what is wrong. One mistake each. */
const mistakes: readonly (readonly [string, string])[] = [
  ["everybody", '4 migrate: expected "all", or a mapping such as { from: 3 }, got "everybody"'],
  ["{ steps: { a: exit } }", `4 migrate.from: ${versions}, got nothing`],
  ["{ from: 0 }", `4 migrate.from: ${versions}, got 0`],
  ["{ from: [] }", `4 migrate.from: ${versions}, got an empty list`],
  ["{ from: [1, two] }", `4 migrate.from: ${versions}, got a list`],
  ["{ from: 1, step: {} }", '4 migrate.step: unknown key "step"; did you mean "steps"?'],
  [
    "{ from: 1, steps: exit }",
    '4 migrate.steps: expected a mapping such as { old-step: new-step, gone-step: exit }, got "exit"',
  ],
  [
    "{ from: 1, steps: { a: 5 } }",
    '4 migrate.steps.a: expected the id of a step of this file, "exit" or "stay", got 5',
  ],
  [
    "{ from: 1, steps: { a: helo } }",
    `4 migrate.steps.a: ${destined}, got "helo"; did you mean "hello"?`,
  ],
  ["{ from: 1, steps: { a: { to: letter } } }", `4 migrate.steps.a.to: ${destined}, got "letter"`],
  [
    "{ from: 1, steps: { a: { to: hello, due: later } } }",
    '4 migrate.steps.a.due: expected when they go on (kept, now), got "later"',
  ],
];

test.each(mistakes)("migrate: %s", (migrate, line) => {
  expect(mistakesIn(journey(migrate))).toEqual([line]);
});

test("what it says is no part of the journey", () => {
  const read = readJourney(
    journey("{ from: [1, 3], steps: { a: hello, b: exit, c: { to: hello, due: now } } }"),
    "welcome.yaml",
  );
  expect(read.migration).toEqual({
    from: [1, 3],
    steps: {
      a: { kind: "step", to: "hello", due: "kept" },
      b: { kind: "exit" },
      c: { kind: "step", to: "hello", due: "now" },
    },
  });
  const { journey: without } = readJourney(aJourney(), "welcome.yaml");
  expect(read.journey).toEqual(without);
});
