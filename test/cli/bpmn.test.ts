import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Terminal } from "./terminal.ts";

const terminal = new Terminal();

test("a journey goes out as BPMN and comes in again as a file without mistakes", async () => {
  const drawn = terminal.path("win-back.bpmn");
  await terminal.waypost("chart", "win-back", "--format", "bpmn", "--out", drawn);
  const file = terminal.path("workflows/again.yaml");
  const { code, out, err } = await terminal.waypost("bpmn", "import", drawn, "--out", file);
  expect([code, out, err]).toEqual([0, `${file} is written, without gaps\n`, ""]);
  expect(readFileSync(file, "utf8")).toContain("we-miss-you-offer");
});

test("what a drawing leaves open is listed, and a file that is there stays", async () => {
  const drawn = terminal.write(
    "other.bpmn",
    `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><startEvent id="s"/><sendTask id="a" name="Hello"/><sequenceFlow id="f" sourceRef="s" targetRef="a"/></process></definitions>`,
  );
  const { code, out, err } = await terminal.waypost("bpmn", "import", drawn);
  expect(code).toBe(0);
  expect(out).toContain('# to be filled in: the template and the channels of "Hello"');
  expect(err).toContain("to be filled in: what starts it");
  const there = terminal.path("workflows/birthday.yaml");
  const again = await terminal.waypost("bpmn", "import", drawn, "--out", there);
  expect([again.code, again.err]).toEqual([
    2,
    expect.stringContaining("expected the name of a new file"),
  ]);
});

test("an entity bomb is refused with its line", async () => {
  const file = terminal.write("bomb.bpmn", '<!DOCTYPE a [<!ENTITY x "x">]>\n<a>&x;</a>');
  const { code, err } = await terminal.waypost("bpmn", "import", file);
  expect(code).toBe(1);
  expect(err).toContain("bomb.bpmn:1 expected no document type");
});
