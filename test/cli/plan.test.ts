import { readFileSync, readdirSync, rmSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { aTerminal } from "./terminal.ts";

const database = await aDatabase();
const terminal = aTerminal(database);
const file = "workflows/hello.yaml";
const hello = (steps = "- wait: 3 days\n- send: thank-you\n  by: email", head = "") =>
  `journey: hello\ntopic: offers\nstart: { on: signed_up }\n${head}steps:\n${steps}\n`;

beforeEach(async () => {
  await freshTables(database);
  for (const name of ["abandoned-basket", "birthday", "first-purchase", "win-back"])
    rmSync(terminal.path(`workflows/${name}.yaml`), { force: true });
  rmSync(terminal.path("workflows/segments"), { recursive: true, force: true });
  terminal.write(file, hello());
});

const versions = async () =>
  (await database.selectFrom("journey_versions").select("number").execute()).length;

test("plan shows what apply would do and does nothing; afterwards there is nothing to do", async () => {
  const { out, err, code } = await terminal.waypost("plan");
  expect({ err, code }).toEqual({ err: "", code: 0 });
  expect(out).toContain("+ hello  workflows/hello.yaml: a new journey");
  expect(out).toMatch(/journeys: 1 new \(planned in \d+\.\d s\)\. "waypost apply" does it\.\n$/);
  expect(await versions()).toBe(0);
  expect((await terminal.waypost("plan", "--exit-code")).code).toBe(2);
  await terminal.waypost("apply");
  const after = await terminal.waypost("plan", "--exit-code");
  expect(after.code).toBe(0);
  expect(after.out).toBe(
    "1 journey unchanged\nNothing to apply: the files are what is in force.\n",
  );
});

test("a change is told step by step, for people, for programs and for a pull request", async () => {
  await terminal.waypost("apply");
  terminal.write(file, hello("- wait: 4 days\n- send: thank-you\n  by: [sms, email]"));
  const { out } = await terminal.waypost("plan");
  expect(out).toContain("~ hello  workflows/hello.yaml: version 1 is in force");
  expect(out).toContain("    ~ wait-4-days (was wait-3-days): wait 3 days -> wait 4 days\n");
  expect(out).not.toContain("way ");
  expect(out).toContain(
    "~ thank-you: send thank-you by email -> send thank-you by sms, else email",
  );
  const { json } = await terminal.waypost("plan", "--json");
  expect(json()).toMatchObject([{ journeys: [{ journey: "hello", outcome: "changed" }] }]);
  const markdown = await terminal.waypost("plan", "--markdown");
  expect(markdown.out).toContain("### ✏️ Changed: `hello`");
  expect(markdown.out).toMatch(/```mermaid\nflowchart TD[^`]*:::changed/);
});

test("apply does what the plan said", async () => {
  await terminal.waypost("plan", "--out", "friday.plan");
  const { code, out } = await terminal.waypost("apply", "friday.plan");
  expect(code).toBe(0);
  expect(out).toMatch(/^hello +created +1$/m);
  await terminal.waypost("plan", "--out", "friday.plan");
  expect((await terminal.waypost("apply", "--plan", "friday.plan")).code).toBe(0);
});

test("apply refuses a plan when the files, or what is in force, have moved", async () => {
  await terminal.waypost("plan", "--out", "friday.plan");
  terminal.write(file, hello("- wait: 5 days\n- send: thank-you\n  by: email"));
  const moved = await terminal.waypost("apply", "friday.plan");
  expect(moved.code).toBe(1);
  expect(moved.err).toContain('the file of journey "hello" is another since the plan was made');
  expect(moved.err).toContain("WAYPOST_STALE");
  expect(await versions()).toBe(0);
  await terminal.waypost("apply");
  terminal.write(file, hello());
  const inForce = await terminal.waypost("apply", "friday.plan");
  expect(inForce.err).toMatch(
    /journey "hello": the plan was made for no such journey, found active, version 1 \(\w{8}\)/,
  );
  expect(await versions()).toBe(1);
});

test("what is no plan is said so, and a mistake in a file comes before any plan", async () => {
  terminal.write("friday.plan", "hello");
  expect((await terminal.waypost("apply", "friday.plan")).err).toContain(
    'friday.plan: expected a plan that "waypost plan --out friday.plan" wrote',
  );
  expect((await terminal.waypost("apply", "nowhere.plan")).err).toContain(
    "nowhere.plan: expected a plan",
  );
  terminal.write(file, hello("- wait: soon"));
  const { code, err } = await terminal.waypost("plan");
  expect(code).toBe(1);
  expect(err).toContain("workflows/hello.yaml:5 steps[0].wait: expected");
});

test("a plan that apply would refuse says so at its end, and where the file is wrong", async () => {
  await terminal.waypost("apply");
  terminal.write(
    file,
    hello("- wait: 3 days", "migrate:\n  from: 1\n  steps:\n    thank-yuo: exit\n"),
  );
  const { code, out } = await terminal.waypost("plan", "--exit-code");
  expect(code).toBe(1);
  const wrong =
    'workflows/hello.yaml:7 migrate.steps: expected the id of a step of version 1, got "thank-yuo". Did you mean "thank-you"?';
  expect(out).toContain(`  apply would refuse this\n    ! ${wrong}\n`);
  expect(out).toMatch(/\. "waypost apply" would refuse it, and do nothing: see above\.\n$/);
  const refused = await terminal.waypost("apply");
  expect(refused.err).toContain(wrong);
  const markdown = await terminal.waypost("plan", "--markdown");
  expect(markdown.out).toContain("**Nothing: it would be refused as it is.**");
});

test("rollback puts the version before in force and can put the file back, too", async () => {
  await terminal.waypost("apply");
  terminal.write(file, hello("- send: thank-you\n  by: email", "migrate: all\n"));
  await terminal.waypost("apply");
  const { code, out } = await terminal.waypost("rollback", "hello", "--write");
  expect(code).toBe(0);
  expect(out).toBe(
    "hello: version 1 is in force again, instead of version 2\nworkflows/hello.yaml is written as it was in version 1\n",
  );
  expect(readFileSync(terminal.path(file), "utf8")).toBe(hello());
  expect((await terminal.waypost("apply")).out).toMatch(/^hello +unchanged +1$/m);
  expect((await terminal.waypost("rollback", "hello")).out).toContain(
    "hello is at version 1 already; --to goes further back",
  );
  const refused = await terminal.waypost("rollback", "helo");
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('did you mean "hello"');
});

test("a plan that was made of other templates or settings is refused, with their names", async () => {
  const [template, settings] = ["templates/thank-you.email.hbs", "waypost.yaml"];
  const [text, config] = [template, settings].map((name) =>
    readFileSync(terminal.path(name), "utf8"),
  );
  await terminal.waypost("plan", "--out", "friday.plan");
  terminal.write(template, `${text}\nAnd another line.\n`);
  terminal.write(settings, `${config}\nholdout: 5%\n`);
  const { code, err } = await terminal.waypost("apply", "friday.plan");
  terminal.write(template, text ?? "");
  terminal.write(settings, config ?? "");
  expect(code).toBe(1);
  expect(err).toContain(
    'template "templates/thank-you.email.hbs" is another since the plan was made\nwaypost.yaml: "holdout" is another since the plan was made\nNothing was applied.',
  );
  expect(await versions()).toBe(0);
  expect((await terminal.waypost("apply", "friday.plan")).code).toBe(0);
});

test("a plan tells which templates have changed since the last apply, down to their layout, and who sends them", async () => {
  await terminal.waypost("apply");
  const layout = readdirSync(terminal.path("templates/layouts"))[0] ?? "";
  const text = readFileSync(terminal.path(`templates/layouts/${layout}`), "utf8");
  terminal.write(`templates/layouts/${layout}`, `${text}<!-- another footer -->\n`);
  const { code, out } = await terminal.waypost("plan", "--exit-code");
  expect(code).toBe(2);
  expect(out).toContain("    ~ templates/thank-you.email.hbs changed: hello sends it\n");
  expect(out).toContain(
    "    ~ templates/we-miss-you.email.hbs changed: no journey in force sends it\n",
  );
  const markdown = await terminal.waypost("plan", "--markdown");
  expect(markdown.out).toContain("- `~` templates/thank-you.email.hbs changed: hello sends it");
  await terminal.waypost("apply");
  expect((await terminal.waypost("plan", "--exit-code")).code).toBe(0);
  terminal.write(`templates/layouts/${layout}`, text);
});
