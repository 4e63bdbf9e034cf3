import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { doubtfulAttributes } from "../../src/journey/check-attributes.ts";
import { doubtfulEvents } from "../../src/journey/check-events.ts";
import { idleParts } from "../../src/journey/check-idle.ts";
import { checkProject } from "../../src/journey/check-project.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import type { JourneyDraft } from "../../src/journey/read-project.ts";
import { readSegment } from "../../src/journey/read-segment.ts";
import {
  aJourney,
  journeyFrom,
  linesOf,
  mistakesIn,
  required,
  seenByEditors,
} from "./mistake-lines.ts";

const nested = (levels: number) =>
  `${"{ not: ".repeat(levels)}{ segment: a }${" }".repeat(levels)}`;
const withStop = (condition: string) =>
  aJourney({ head: `journey: a\ntopic: offers\nstop: [{ as: b, if: ${condition} }]` });

test.each([
  [
    "an empty file",
    "",
    '1 expected a journey: a mapping that begins with "journey: <name>", got nothing',
  ],
  [
    "a list",
    "- a",
    '1 expected a journey: a mapping that begins with "journey: <name>", got a list',
  ],
  ["an open quote", 'journey: "a', '1 not valid YAML: Missing closing "quote'],
  [
    "a key twice",
    "journey: a\njourney: b",
    "2 not valid YAML: the key journey is there twice; leave one out",
  ],
  ["a tab", "journey:\n\ta: b", "2 not valid YAML: "],
  [
    "two documents",
    "journey: a\n---\njourney: b",
    "2 not valid YAML: Source contains multiple documents",
  ],
  ["10,000 open brackets", "[".repeat(10_000), "1 not valid YAML: nested too deeply"],
  ["10,000 levels of not", withStop(nested(10_000)), "1 not valid YAML: nested too deeply"],
  ["100 levels of not", withStop(nested(100)), "nested more than 64 levels deep"],
  ["a list in itself", "journey: &a [*a, *a]", "nested more than 64 levels deep"],
  [
    "an alias bomb",
    `a: &a [${"x,".repeat(9)}]\nb: &b [${"*a,".repeat(9)}]\nc: &c [${"*b,".repeat(9)}]\nd: [${"*c,".repeat(9)}]`,
    "1 not valid YAML: Excessive alias count",
  ],
  ["over 1 MB", "#".repeat(1_000_001), "1 expected at most 1 MB of YAML"],
  ["a key called __proto__", "__proto__: { journey: a }", '1 __proto__: unknown key "__proto__"'],
  ["a merge key", "<<: { journey: a }", '1 <<: unknown key "<<"'],
  ["a NUL", 'journey: "a\\0b"', "1 journey: expected text without NUL characters"],
  ["half an emoji", 'describe: "\\uD83D"', "1 describe: expected text without NUL characters"],
])("%s is a mistake, not a crash", (_what, text, line) => {
  const mistakes = mistakesIn(text);
  expect(mistakes.join("\n")).toContain(line);
  expect(mistakes.length).toBeLessThan(10);
});

test("an id that every object has is an id like any other", () => {
  const journey = journeyFrom({ steps: "steps: [{ wait: 1 day, id: constructor }]" });
  expect(Object.keys(journey.steps)).toEqual(["constructor"]);
  const steps = "steps: [{ if: { message: { step: toString, was: sent } }, then: [] }]";
  expect(mistakesIn(aJourney({ steps }))).toEqual([
    '4 steps[0].if.message.step: no step "toString" in the journey, which sends no message',
  ]);
});

test("a mistake shows no more of a value than fits a line", () => {
  const [line] = mistakesIn(aJourney({ head: `journey: ${"a ".repeat(5000)}\ntopic: offers` }));
  expect(line?.length).toBeLessThan(200);
});

test("any text is a journey or has mistakes", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (text) => {
      expect(readJourney(text, "a.yaml").mistakes.length).toBeGreaterThan(0);
      expect(readSegment(text, "a.yaml").mistakes.length).toBeGreaterThan(0);
    }),
  );
});

const example: unknown = parse(readFileSync("workflows/example.yaml", "utf8"));
const hostile = fc.oneof(
  fc.constantFrom(
    null,
    "",
    [],
    {},
    [[]],
    { a: { b: [null] } },
    true,
    -1,
    Infinity,
    "all",
    "__proto__",
  ),
  fc.jsonValue(),
);

/** Every place in a value, as paths. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

function put(value: unknown, [key, ...rest]: readonly string[], foreign: unknown): unknown {
  if (key === undefined) return foreign;
  const copy: unknown = structuredClone(value);
  Reflect.set(copy as object, key, put(Reflect.get(copy as object, key), rest, foreign));
  return copy;
}

/** Whatever is found in what could be read. */
function checked(read: Pick<JourneyDraft, "draft" | "references" | "places">) {
  const file = { file: "a.yaml", stem: "a", name: read.draft.name, ...read };
  const drafts = { journeys: [file], segments: [] };
  const project = { journeys: [], segments: [], mistakes: [], drafts };
  const names = { customer: ["plan"], account: ["size"] };
  const reads = ["entry.a", "voucher.code", "custmer.a"].map(required);
  const template = { name: "thank-you", channel: "email", reads };
  return [
    ...checkProject(project, { templates: [template], channels: ["email"], topics: ["offers"] }),
    ...doubtfulEvents(project, ["order_complete"]),
    ...doubtfulAttributes(project, names),
    ...idleParts(project),
  ];
}

test("anything at any place of a journey leaves a journey or mistakes with their lines", () => {
  fc.assert(
    fc.property(fc.constantFrom(...pathsOf(example)), hostile, (path, foreign) => {
      const text = stringify(put(example, path, foreign));
      const { journey, mistakes, ...read } = readJourney(text, "a.yaml");
      expect(journey === undefined).toBe(mistakes.length > 0);
      const found = [...mistakes, ...checked(read)];
      for (const line of linesOf(found)) expect(line).toMatch(/^\d+ .*\S/s);
      // What we read, no editor with our JSON Schema may underline.
      expect(journey === undefined ? [] : seenByEditors(text)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
