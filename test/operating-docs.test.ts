import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { channelSchema, configFileSchema } from "../src/config-file.ts";
import { readConfig } from "../src/config.ts";
import { environmentSchema } from "../src/environment.ts";

const docs = readFileSync("docs/operating.md", "utf8");

/** The names in the first column of the table below a text. */
function tableBelow(text: string): readonly string[] {
  const start = docs.indexOf(text);
  if (start === -1) throw new Error(`docs/operating.md: "${text}" is gone`);
  const [table = ""] = /(?:^\|.*\n)+/m.exec(docs.slice(start)) ?? [];
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name ?? "");
}

test("the environment variables it lists are those that are read", () => {
  expect(tableBelow("## Environment variables")).toEqual(Object.keys(environmentSchema.shape));
});

test("the keys of waypost.yaml it lists are those that are read", () => {
  expect(tableBelow("## waypost.yaml")).toEqual(Object.keys(configFileSchema.shape));
  const { options, ...others } = channelSchema.shape;
  expect(new Set(tableBelow("A channel that is\nnamed is"))).toEqual(
    new Set([...Object.keys(others), ...(options === undefined ? [] : ["options"])]),
  );
});

test("the waypost.yaml in the checkout can be read, with and without what it comments out", () => {
  expect(readConfig(".", {})).toMatchObject({
    zone: "Europe/London",
    shop: { name: "The Corner Shop" },
  });
});
