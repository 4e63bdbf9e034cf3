import { writeFileSync } from "node:fs";
import { sql } from "kysely";
import { expect, test, vi } from "vitest";
import { aTerminal } from "../cli/terminal.ts";
import { aDatabase, urlOf } from "../support/database.ts";
import { openScratch } from "../../src/rehearsal/scratch.ts";

const database = await aDatabase();
const terminal = aTerminal(database);

async function scratchSchemas(): Promise<number> {
  const { rows } =
    await sql`select from pg_namespace where nspname like 'waypost\\_rehearsal\\_%'`.execute(
      database,
    );
  return rows.length;
}

test("the tests of every shipped workflow pass, and leave nothing behind", async () => {
  const { code, out, err } = await terminal.waypost("test");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  for (const name of ["first-purchase", "abandoned-basket", "birthday", "win-back"])
    expect(out).toContain(`passed  workflows/${name}.test.yaml`);
  expect(out).toMatch(/\d+ tests passed, 0 failed/);
  expect(await scratchSchemas()).toBe(0);
  const kept = await database.selectFrom("customers").select("id").execute();
  expect(kept).toEqual([]);
});

test("a test that fails says at its line what was expected and what came, and tells the customer's path", async () => {
  writeFileSync(
    terminal.path("workflows/wrong.test.yaml"),
    `journey: first-purchase
customers: { ada: { arm: { split-short-long: long } } }
tests:
- test: The reminder comes at once
  when:
  - { ada: orders, total: 50 }
  then:
  - { ada: thank-you, subject: Merry Christmas }
  - { at: +1 day 10:00, ada: reminder-long }
  - { ada: exits, as: bored }
- test: Nobody clicks on what never came
  when:
  - { ada: clicks }
  then: nothing
- test: A message that no line expects is one too many
  when:
  - { ada: orders }
  then:
  - { ada: thank-you }
`,
  );
  const { code, out } = await terminal.waypost("test", "workflows/wrong.test.yaml", "--github");
  expect(code).toBe(1);
  const file = "workflows/wrong.test.yaml";
  expect(out).toContain(
    `${file}:9 ada: expected reminder-long at 2026-03-03 10:00, got email reminder-long at 2026-03-05 10:00`,
  );
  expect(out).toMatch(
    /:8 ada: expected thank-you, got email thank-you .* whose subject is ".*" and lacks "Merry Christmas"/,
  );
  expect(out).toContain(
    `${file}:10 ada: expected that ada exits as "bored" (first-purchase), got: completed at 2026-03-05 10:00`,
  );
  expect(out).toContain(`${file}:13 ada clicks, but no message had left by then`);
  expect(out).toContain(
    "ada: expected no further message, got email reminder-long at 2026-03-05 10:00",
  );
  expect(out).toContain("    2026-03-02 09:00  enters first-purchase\n");
  expect(out).toMatch(
    /the way through first-purchase: thank-you, wait-\S+, if-clicked-thank-you -> else, split-short-long -> long, reminder-long\n/,
  );
  expect(out).toContain(
    `::error file=${file},line=9,title=The reminder comes at once::ada: expected reminder-long`,
  );
  const { code: again, json } = {
    ...(await terminal.waypost("test", file, "--only", "Nobody", "--json")),
  };
  expect(again).toBe(1);
  expect(json()[0]).toMatchObject({
    passed: 0,
    failed: 1,
    tests: [{ line: 11, outcome: "failed" }],
  });
});

test("who never came in is told what kept them out, and that a clock which stands lets nobody in", async () => {
  const file = "workflows/early.test.yaml";
  writeFileSync(
    terminal.path(file),
    `journey: birthday
customers: { ada: { birthday: 1990-03-14 } }
tests:
- test: Too early to stay out
  then: [{ ada: stays out }]
- test: Too early to enter
  given: [{ at: -200 days, ada: orders }]
  then: [{ ada: enters }]
- test: No order
  until: +20 days
  then: [{ ada: enters }]
`,
  );
  const { code, out } = await terminal.waypost("test", file);
  expect(code).toBe(1);
  expect(out).toContain(
    `${file}:5 ada: that nobody enters birthday at the very moment the test begins proves nothing; say how long the clock is to run, such as until: +2 days`,
  );
  expect(out).toContain(
    `${file}:8 ada: expected that ada enters (birthday), got: never entered by 2026-03-02 09:00, the last moment the test names (until: goes further)`,
  );
  expect(out).toMatch(/what kept out of birthday: .*not orders count at least 1 \[no orders?\]/);
});

test("a title that no test has is said to be none", async () => {
  const file = "workflows/birthday.test.yaml";
  const { code, out, err } = await terminal.waypost("test", file, "--only", "zzz");
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain(
    '--only: expected a part of a test\'s title, found none with "zzz" among 4 tests',
  );
});

test("scratch ground is as new when it is emptied, and its ids begin again", async () => {
  await using scratch = await openScratch(urlOf(database), "waypost");
  const insert = () =>
    sql<{ id: string }>`
      insert into accounts (external_id, name, created_at, updated_at) values ('acme', 'Acme', now(), now()) returning id`.execute(
      scratch.database,
    );
  const first = (await insert()).rows;
  await scratch.empty();
  expect((await insert()).rows).toEqual(first);
});

test("mistakes in a file of tests are told before anything runs", async () => {
  writeFileSync(terminal.path("workflows/wrong.test.yaml"), "journey: first-purchas\ntests: []\n");
  const { code, err } = await terminal.waypost("test");
  expect(code).toBe(1);
  expect(err).toContain(
    'workflows/wrong.test.yaml:1 journey: expected a journey (did you mean "first-purchase"?)',
  );
});

test("the schema of a rehearsal that was killed is dropped by the next, that of a living one is not", async () => {
  await sql`create schema waypost_rehearsal_0badcafe`.execute(database);
  await using living = await openScratch(urlOf(database), "waypost");
  expect(await scratchSchemas()).toBe(1);
  await using another = await openScratch(urlOf(database), "waypost");
  expect(another.schema).not.toBe(living.schema);
  expect(await scratchSchemas()).toBe(2);
  await expect(living.empty()).resolves.toBeUndefined();
});

test("the schema of a rehearsal stays its own however long its name's keeper has nothing to do", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await using long = await openScratch(urlOf(database), "waypost").finally(() => {
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
  });
  await using another = await openScratch(urlOf(database), "waypost");
  expect(another.schema).not.toBe(long.schema);
  await expect(long.empty()).resolves.toBeUndefined();
});
