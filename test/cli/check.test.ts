import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { jsonSchema } from "../../src/journey/json-schema.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer, monday } from "../support/people.ts";
import { Terminal, aTerminal } from "./terminal.ts";

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
    "journey: welcome\ntopic: ofers\nstart: { on: signed_up }\nsteps:\n  - wait: soon\n  - sned: hello\n",
  );
  bad.write("templates/hello.email.hbs", "---\nsubjet: Hello\n---\n{{#if customer.first_name}}\n");
  const { code, out } = await bad.waypost("check");
  expect(code).toBe(1);
  expect(out).toContain("workflows/welcome.yaml:5 steps[0].wait: expected");
  expect(out).toMatch(/welcome\.yaml:6 .*did you mean "send"/);
  expect(out).toMatch(/templates\/hello\.email\.hbs:2 .*did you mean "subject"/);
  const lines = [...out.matchAll(/^(workflows|templates)\S+:(\d+)/gm)].map(([line]) => line);
  // File by file, from the top of each, whichever check found it.
  expect(lines.filter((line) => line.startsWith("workflows"))).toEqual(
    [2, 5, 6].map((line) => `workflows/welcome.yaml:${line}`),
  );
  expect(out).toMatch(/\n\d mistakes\n$/);
  const { code: again, json } = await bad.waypost("check", "--json");
  const [{ mistakes }] = json() as [{ mistakes: object[] }];
  expect(again).toBe(1);
  expect(mistakes).toContainEqual(
    expect.objectContaining({ file: "workflows/welcome.yaml", line: 5, path: "steps[0].wait" }),
  );
});

test("for programs no mistakes is an empty list", async () => {
  expect((await terminal.waypost("check", "--json")).json()).toEqual([
    { mistakes: [], warnings: [] },
  ]);
});

test("a mistake in waypost.yaml stops every command with its line", async () => {
  const bad = new Terminal();
  bad.write("waypost.yaml", "zone: Erope/London\nchanels: {}\n");
  const { code, err } = await bad.waypost("journeys");
  expect(code).toBe(1);
  expect(err).toContain('waypost.yaml:1 zone: expected an IANA time zone such as "Europe/London"');
  expect(err).toContain('waypost.yaml:2 chanels: unknown key "chanels"; did you mean "channels"?');
  expect(err).toContain("2 mistakes");
});

test("a mistake in waypost.yaml hides none of the others, and blames nobody for what it hides", async () => {
  const bad = new Terminal();
  bad.write(
    "waypost.yaml",
    "channels: { email: { provider: smtp, price: 0.07 } }\ntopics: [offers]\n",
  );
  bad.write(
    "workflows/welcome.yaml",
    "journey: welcome\ntopic: news\nstart: { on: a }\nsteps: [{ wait: soon }]\n",
  );
  bad.write("templates/hello.sms.hbs", "Hi {{custmer.first_name}} {{shop\n{{frob 1}}\n");
  const { code, out, err } = await bad.waypost("check");
  expect({ code, err }).toEqual({ code: 1, err: "" });
  expect(out.split("\n").slice(0, 6)).toEqual([
    'waypost.yaml:1 channels.email.price: expected a price such as "0.04 GBP" or "0.04 GBP per segment", got 0.07',
    'waypost.yaml:2 topics: expected a mapping such as { offers: "Offers and news" }, got a list',
    "templates/hello.sms.hbs:1 {{custmer.first_name}}: did you mean {{customer.first_name}}?",
    'templates/hello.sms.hbs:1 expected a complete {{…}}, found "{{shop"',
    expect.stringMatching(/^templates\/hello\.sms\.hbs:2 found no helper "frob"/),
    'workflows/welcome.yaml:4 steps[0].wait: expected a duration such as "3 days", got "soon"',
  ]);
  expect(out).toContain("\n6 mistakes\n");
});

const misspelt =
  "journey: b\ntopic: offers\nstart: { on: order_competed }\nsteps:\n  - wait: 50%, or so\n";

test("GitHub shows each mistake on its line, wherever the project is", async () => {
  const bad = new Terminal();
  bad.write("workflows/b.yaml", misspelt);
  const { code, out } = await bad.waypost("--folder", ".", "check", "--github");
  expect(code).toBe(1);
  expect(out).toBe(
    '::error file=workflows/b.yaml,line=5,col=5,title=steps[0].wait::expected a duration such as "3 days", got "50%25, or so"\n' +
      '::warning file=workflows/b.yaml,line=3,col=10,title=start.on::no other file knows the event "order_competed"; did you mean "order_completed"?\n',
  );
});

test("an event that is nearly another is a warning, and no reason to fail", async () => {
  const doubtful = new Terminal();
  doubtful.write("workflows/b.yaml", misspelt.replace("wait: 50%, or so", "exit: done"));
  const warning = 'no other file knows the event "order_competed"; did you mean "order_completed"?';
  const { code, out } = await doubtful.waypost("check");
  expect(code).toBe(0);
  expect(out).toBe(
    `warning: workflows/b.yaml:3 start.on: ${warning}\n\n5 journeys and 3 segments: no mistakes, 1 warning\n`,
  );
  expect((await doubtful.waypost("check", "--github")).out).toBe(
    `::warning file=workflows/b.yaml,line=3,col=10,title=start.on::${warning}\n`,
  );
});

test("the database refuses what only it knows to be wrong, and says what is dear", async () => {
  const asking = aTerminal(await aDatabase());
  expect(await asking.waypost("check", "--database")).toMatchObject({ code: 0, err: "" });
  asking.write(
    "workflows/segments/odd.yaml",
    "segment: odd\nif:\n  sql: customer.shoe_size > 43\n",
  );
  const { code, json } = await asking.waypost("check", "--database", "--budget", "1", "--json");
  const [{ mistakes, warnings }] = json() as [Record<"mistakes" | "warnings", object[]>];
  expect(code).toBe(1);
  expect(mistakes).toEqual([
    expect.objectContaining({
      file: "workflows/segments/odd.yaml",
      line: 2,
      path: "if",
      message: "the database refuses this condition: column customer.shoe_size does not exist",
    }),
  ]);
  expect(warnings).toContainEqual(
    expect.objectContaining({
      file: "workflows/segments/lapsed.yaml",
      path: "if",
      message: expect.stringMatching(
        /puts the cost of this audience at [\d,]+, above the budget of 1;/,
      ),
    }),
  );
});

test("an attribute that no customer of the database has is a warning, with the one that was meant", async () => {
  const database = await aDatabase();
  await aCustomer(database, { attributes: JSON.stringify({ shoe_size: 43 }) });
  const asking = aTerminal(database);
  const steps = "steps:\n  - if: { customer.attributes.KEY: 43 }\n    then: []\n";
  const head = "journey: b\ntopic: offers\nstart: { on: order_completed }\n";
  asking.write("workflows/b.yaml", `${head}${steps.replace("KEY", "shoe_sise")}`);
  expect((await asking.waypost("check", "--database")).out).toContain(
    'warning: workflows/b.yaml:5 steps[0]: no customer has "customer.attributes.shoe_sise"; did you mean "customer.attributes.shoe_size"?',
  );
  asking.write("workflows/b.yaml", `${head}${steps.replace("KEY", "shoe_size")}`);
  expect((await asking.waypost("check", "--database")).out).not.toContain("shoe_size");
});

test("an event that never came is a warning, and no reason to fail", async () => {
  const database = await aDatabase();
  const customer_id = await aCustomer(database);
  const came = { customer_id, name: "order_completed", occurred_at: monday, received_at: monday };
  await database.insertInto("events").values(came).execute();
  const asking = aTerminal(database);
  asking.write(
    "workflows/b.yaml",
    "journey: b\ntopic: offers\nstart: { on: moved_house }\nsteps: [{ exit: done }]\n",
  );
  const { code, out } = await asking.waypost("check", "--database");
  expect(code).toBe(0);
  expect(out).toContain(
    'warning: workflows/b.yaml:3 start.on: the event "moved_house" never came so far',
  );
});

test("a budget that is no number is refused", async () => {
  const { code, err } = await terminal.waypost("check", "--database", "--budget", "little");
  expect(code).toBe(2);
  expect(err).toContain("expected a number above 0");
});

test("docs prints the JSON Schema for editors", async () => {
  const { code, out } = await terminal.waypost("docs", "--schema");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(jsonSchema());
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
