import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Terminal } from "./terminal.ts";

const terminal = new Terminal();

test("a journey is drawn by its name, as text for a pull request", async () => {
  const { code, out } = await terminal.waypost("chart", "birthday");
  expect(code).toBe(0);
  expect(out).toMatch(/^flowchart TD\n/);
  expect(out).toContain('["send happy-birthday by email, else sms"]');
});

test("and as a picture in a file", async () => {
  const file = terminal.path("birthday.svg");
  const { out } = await terminal.waypost("chart", "birthday", "--format", "svg", "--out", file);
  expect(out).toBe(`${file} is written\n`);
  expect(readFileSync(file, "utf8")).toContain("<title>Flowchart of birthday</title>");
});

test("a file is drawn wherever it lies", async () => {
  const { out } = await terminal.waypost("chart", "workflows/example.yaml");
  expect(out).toContain("exit: had enough");
});

test("a name nobody knows gets the near miss", async () => {
  const { code, err } = await terminal.waypost("chart", "brithday");
  expect(code).toBe(1);
  expect(err).toContain('did you mean "birthday"?');
});

test("a file with mistakes is not drawn, and says where they are", async () => {
  const file = terminal.write("workflows/broken.yaml", "journey: broken\n");
  const { code, err } = await terminal.waypost("chart", file);
  expect(code).toBe(1);
  expect(err).toContain("broken.yaml:1 start: expected");
});
