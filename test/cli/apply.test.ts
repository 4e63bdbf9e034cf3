import { rmSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { aTerminal } from "./terminal.ts";

const database = await aDatabase();
const terminal = aTerminal(database);
const names = ["abandoned-basket", "birthday", "first-purchase", "win-back"];

beforeEach(() => freshTables(database));

const versions = async () =>
  (await database.selectFrom("journey_versions").select("file").orderBy("id").execute()).map(
    ({ file }) => file,
  );

test("apply puts the files into force, and the second time changes nothing", async () => {
  const first = await terminal.waypost("apply", "--json");
  expect(first.err).toBe("");
  expect(first.json()).toEqual([
    {
      journeys: names.map((journey) => ({ journey, outcome: "created", version: 1 })),
      segments: 3,
    },
  ]);
  const { code, out } = await terminal.waypost("apply");
  expect(code).toBe(0);
  expect(out.match(/unchanged +1$/gm)).toHaveLength(4);
  expect(await versions()).toEqual(names.map((name) => `workflows/${name}.yaml`));
});

test("one file with a mistake keeps all of them from being applied", async () => {
  const file = terminal.write("workflows/zz.yaml", "journey: zz\ntopic: offers\nsteps: []\n");
  const { code, out, err } = await terminal.waypost("apply");
  rmSync(file);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(/^workflows\/zz\.yaml:1 .*start/);
  expect(await versions()).toEqual([]);
});

test("a changed file makes a new version, and a file that is gone a journey that drains", async () => {
  const text = (wait: string) =>
    `journey: hello\ntopic: offers\nstart: { on: signed_up }\nsteps:\n  - wait: ${wait}\n`;
  const file = terminal.write("workflows/hello.yaml", text("1 day"));
  await terminal.waypost("apply");
  terminal.write("workflows/hello.yaml", text("2 days"));
  const changed = await terminal.waypost("apply");
  expect(changed.out).toMatch(/^hello +\S+ +2$/m);
  rmSync(file);
  await terminal.waypost("apply");
  const { json } = await terminal.waypost("journeys", "hello", "--json");
  expect(json()).toMatchObject([{ name: "hello", state: "archived", version: 2 }]);
});
