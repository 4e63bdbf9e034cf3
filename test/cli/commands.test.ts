import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Terminal } from "./terminal.ts";

const terminal = new Terminal();
const { out: help } = await terminal.waypost("--help");
const commands = [...help.matchAll(/^ {2}([a-z-]+)(?: \S+)* {2,}/gm)]
  .map(([, name]) => name ?? "")
  .filter((name) => name !== "help");

test("the help lists the commands of the manual", () => {
  expect(commands.join(" ")).toBe(
    "demo start worker web migrate import check test simulate backtest plan apply rollback status journeys pause resume " +
      "messages preview tasks vouchers calls segments replay doctor confirm-restore login key erase export why chart bpmn docs",
  );
});

test.each(commands)("%s --help shows an example", async (command) => {
  const { code, out } = await terminal.waypost(command, "--help");
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`Examples?:\\n {2}\\$ .*waypost ${command}`));
  expect(out).not.toMatch(/undefined|\[object/);
});

test("a command that does not exist is answered with the one that was meant", async () => {
  const { code, err } = await terminal.waypost("stauts");
  expect(code).toBe(2);
  expect(err).toContain("Did you mean status?");
});

test.each([
  ["import", "custmers", "file.csv"],
  ["import", "customers"],
  ["messages", "--limit", "abc"],
  ["messages", "--limit", "0"],
  ["messages", "--state", "gone"],
  ["pause", "chanel", "sms"],
  ["key", "make"],
  ["check", "--jsn"],
  ["status", "now"],
])("a command line nobody understands ends with 2: %s %s %s", async (...words) => {
  const { code, out, err } = await terminal.waypost(...words);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toContain("error");
});

test("docs prints the commented example to the letter", async () => {
  const { out } = await terminal.waypost("docs");
  expect(out).toBe(readFileSync("workflows/example.yaml", "utf8"));
});

test.each([
  ["postgres://ada:secret@127.0.0.1:1/shop", "start the server, or correct host and port"],
  ["postgres://ada:secret@nowhere.invalid/shop", "correct the host"],
])(
  "a database that cannot be reached is told with its remedy: %s",
  async (DATABASE_URL, remedy) => {
    const { code, err } = await new Terminal({ DATABASE_URL }).waypost("status");
    expect(code).toBe(1);
    expect(err).toContain(remedy);
    expect(err).toContain("(WAYPOST_DATABASE)");
    expect(err).not.toMatch(/secret|^ {4}at /m);
  },
);

test.each([
  [{ PORT: "http" }, "environment variable PORT: expected a number from 0 to 65535"],
  [{ DATABASE_URL: "mysql://db" }, 'DATABASE_URL: expected an address such as "postgres://'],
  [{ WAYPOST_SECRET: "short" }, "WAYPOST_SECRET: expected 32 characters or more"],
])("an environment variable that cannot be used is named: %j", async (environment, told) => {
  const { code, err } = await new Terminal(environment).waypost("check");
  expect(code).toBe(1);
  expect(err).toContain(told);
  expect(err).toContain("(WAYPOST_CONFIG)");
});

test("a reader who has seen enough ends the command in silence", async () => {
  const docs = terminal.run("docs");
  docs.stopReading();
  expect(await docs.ended).toMatchObject({ code: 0, err: "" });
});
