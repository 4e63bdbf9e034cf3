import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { jsonSchema } from "../../src/journey/json-schema.ts";
import { aJourney, seenByEditors } from "./mistake-lines.ts";

const shipped = ["workflows", "workflows/segments"].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".yaml") && name !== "data.yaml")
    .filter((name) => !name.endsWith(".test.yaml"))
    .map((name) => `${folder}/${name}`),
);

test.each(shipped)("an editor sees no mistake in %s", (file) => {
  expect(seenByEditors(readFileSync(file, "utf8"))).toEqual([]);
});

/** Written into the steps of a journey, and where the editor underlines. */
const seen: readonly (readonly [string, string])[] = [
  ["sned: hello", "/steps/0"],
  ["send: hello", "/steps/0"],
  ["send: hello\nby: []", "/steps/0"],
  ["wait: soon", "/steps/0"],
  ["wait: { until: 25:00 }", "/steps/0"],
  ["wait: { until: customer.email }", "/steps/0"],
  ["await: { event: paid }", "/steps/0"],
  ["await: { event: paid, within: 1 day, match: { id: order } }", "/steps/0"],
  ["if: { customer.contry: GB }\nthen: []", "/steps/0"],
  ["switch: { a: { segment: a } }\na: hello", "/steps/0"],
  ["split: { a: many, b: 1 }\na: []\nb: []", "/steps/0"],
  ["set: {}", "/steps/0"],
  ["voucher: welcome 10", "/steps/0"],
  ["call: example.com", "/steps/0"],
  ["call: https://example.com\nmethod: PATCH", "/steps/0"],
  ["task: ring", "/steps/0"],
  ["repeat: { times: 0 }\nsteps: [{ wait: 1 day }]", "/steps/0"],
];

test.each(seen)("an editor underlines %j", (written, path) => {
  const steps = `steps:\n  - ${written.replaceAll("\n", "\n    ")}`;
  expect(seenByEditors(aJourney({ steps }))).toEqual([path]);
});

test.each([
  ["journey: a b\ntopic: offers", ["/journey"]],
  ["journey: a\ntopics: offers", ["/topics"]],
  ["journey: a\nclass: transactonal", ["/class"]],
  ["journey: a\nobjective: { goal: paid, target: 12 }", ["/objective/target"]],
  ["journey: a\nstop: []", ["/stop"]],
])("an editor underlines the head %j", (head, paths) => {
  expect(seenByEditors(aJourney({ head }))).toEqual(paths);
});

test("every key says what it takes: no part of the schema is left open", () => {
  const open = JSON.stringify(jsonSchema()).match(/"[^"]+":\{\}/g) ?? [];
  expect(open).toEqual([]);
});
