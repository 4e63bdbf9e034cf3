import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { Terminal } from "./terminal.ts";

const terminal = new Terminal();

test("the shipped files have no mistakes, and checking them needs no database", async () => {
  const { code, out, err } = await terminal.waypost("check");
  expect({ code, out, err }).toEqual({
    code: 0,
    out: "4 journeys and 3 segments: no mistakes\n",
    err: "",
  });
});

test("every mistake is told at once with its line, and the exit code says there were some", async () => {
  const bad = new Terminal();
  bad.write(
    "workflows/welcome.yaml",
    "journey: welcome\ntopic: offers\nstart: { on: signed_up }\nsteps:\n  - wait: soon\n  - sned: hello\n",
  );
  bad.write("templates/hello.email.hbs", "---\nsubjet: Hello\n---\n{{#if customer.first_name}}\n");
  const { code, out } = await bad.waypost("check");
  expect(code).toBe(1);
  expect(out).toContain("workflows/welcome.yaml:5 steps[0].wait: expected");
  expect(out).toMatch(/welcome\.yaml:6 .*did you mean "send"/);
  expect(out).toMatch(/templates\/hello\.email\.hbs:2 .*did you mean "subject"/);
  expect(out).toMatch(/\n\d mistakes\n$/);
  const { code: again, json } = await bad.waypost("check", "--json");
  const [{ mistakes }] = json() as [{ mistakes: object[] }];
  expect(again).toBe(1);
  expect(mistakes).toContainEqual(
    expect.objectContaining({ file: "workflows/welcome.yaml", line: 5, path: "steps[0].wait" }),
  );
});

test("for programs no mistakes is an empty list", async () => {
  expect((await terminal.waypost("check", "--json")).json()).toEqual([{ mistakes: [] }]);
});

test("a mistake in waypost.yaml stops every command with its line", async () => {
  const bad = new Terminal();
  bad.write("waypost.yaml", "zone: Erope/London\nchanels: {}\n");
  const { code, err } = await bad.waypost("check");
  expect(code).toBe(1);
  expect(err).toContain('waypost.yaml:1 zone: expected an IANA time zone such as "Europe/London"');
  expect(err).toContain('waypost.yaml:2 chanels: unknown key "chanels"; did you mean "channels"?');
  expect(err).toContain("2 mistakes");
});

test("--folder names another project", async () => {
  const { code, out } = await new Terminal().waypost("--folder", "nowhere", "check");
  expect(code).toBe(1);
  expect(out).toContain("expected a folder of workflow files");
});

test("a project without a waypost.yaml has an example shop to write from", async () => {
  const bare = new Terminal();
  rmSync(bare.path("waypost.yaml"));
  expect((await bare.waypost("check")).code).toBe(0);
  for (const template of ["thank-you", "goes-well-with", "reminder-long", "we-miss-you"])
    expect(await bare.waypost("preview", template)).toMatchObject({ code: 0, err: "" });
});
