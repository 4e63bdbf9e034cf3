import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkProject } from "../../src/journey/check-project.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { readProject } from "../../src/journey/read-project.ts";
import { stepsInOrder } from "../../src/journey/step.ts";
import { kindsIn } from "../../src/journey/step-kinds.ts";
import { linesOf } from "./mistake-lines.ts";

const project = readProject("workflows");

/** Every template file that the workflows send. */
const templates = project.journeys
  .flatMap(({ journey }) => Object.values(journey.steps))
  .flatMap((step) =>
    step.kind === "send" && step.by !== "best"
      ? step.by.map((channel) => ({ name: step.template, channel }))
      : [],
  );

test("every shipped workflow and segment is without mistakes", () => {
  const known = { templates, channels: ["email", "sms"], topics: ["offers", "service"] };
  expect(linesOf([...project.mistakes, ...checkProject(project, known)])).toEqual([]);
  expect(project.journeys.map(({ journey }) => journey.name)).toEqual([
    "abandoned-basket",
    "birthday",
    "first-purchase",
    "win-back",
  ]);
  expect(project.segments.map(({ name }) => name)).toEqual([
    "best-customers",
    "lapsed",
    "newcomers",
  ]);
});

test("the first purchase is thanked, and followed up by whether the thanks were clicked", () => {
  const first = project.journeys.find(({ journey }) => journey.name === "first-purchase");
  expect(first && stepsInOrder(first.journey).map((step) => step.id)).toEqual([
    "thank-you",
    "wait-3-days-until-10-00",
    "if-clicked-thank-you",
    "goes-well-with",
    "split-short-long",
    "reminder-short",
    "reminder-long",
  ]);
});

const text = readFileSync("workflows/example.yaml", "utf8");

test("the example is a journey without mistakes that uses every kind of step and stop", () => {
  const { journey, mistakes } = readJourney(text, "example.yaml");
  expect(linesOf(mistakes)).toEqual([]);
  const kinds = new Set(Object.values(journey?.steps ?? {}).map((step) => step.kind));
  const every = Object.keys(kindsIn({ entry: true, journey: true, steps: true }));
  expect([...kinds].toSorted()).toEqual(every.toSorted());
  expect(journey?.stop.map((stop) => stop.kind)).toEqual(["event", "event", "condition"]);
});

test.each([
  "{ segment: lapsed, when: entered, backfill: true }",
  '{ every: "0 9 * * 1", zone: Europe/London }',
  "{ request: true }",
  '{ date: customer.birthday, repeat: yearly, offset: 3 days before, at: "09:00", zone: customer }',
])("the start %s that the example shows in a comment is one", (start) => {
  const shown = start.slice(2, -2).split(", ");
  for (const key of shown) expect(text.replaceAll(/ {2,}/g, " ")).toContain(`# ${key}`);
  const { mistakes } = readJourney(
    `journey: a\ntopic: offers\nstart: ${start}\nsteps: [{ wait: 1 day }]`,
    "a.yaml",
  );
  expect(linesOf(mistakes)).toEqual([]);
});
