import { readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { sql } from "kysely";
import { beforeEach, expect, test } from "vitest";
import { aTerminal } from "../cli/terminal.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, agree, later } from "../support/people.ts";
import type { Findings } from "../../src/rehearsal/findings.ts";

const database = await aDatabase();
const terminal = aTerminal(database);
writeFileSync(
  terminal.path("waypost.yaml"),
  "zone: Europe/London\nchannels:\n  email: { provider: outbox, price: 0.5 GBP }\n",
);
beforeEach(() => freshTables(database));

/** An hour of the day so many days ago, long before the next full hour. */
const ago = (days: number) => {
  const noon = new Date();
  noon.setUTCHours(12, 10, 0, 0);
  return later(noon, { days: -days });
};

let orders = 0;
async function ordered(customer: string, at: Date, isTold = true): Promise<void> {
  orders += 1;
  const properties = JSON.stringify({
    order_id: `A-${orders}`,
    total: 30,
    currency: "GBP",
    items: [{ name: "Teapot", quantity: 1, price: 30, url: "https://shop.example/teapot" }],
  });
  await sql`insert into orders (external_id, customer_id, ordered_at, total, currency, created_at, updated_at)
    values (${`A-${orders}`}, ${customer}, ${at}, 30, 'GBP', ${at}, ${at})`.execute(database);
  if (isTold)
    await sql`insert into events (customer_id, name, occurred_at, received_at, properties)
      values (${customer}, 'order_completed', ${at}, ${at}, ${properties})`.execute(database);
}

interface Told {
  readonly copied: Readonly<Record<string, number>>;
  readonly findings: Findings;
  readonly report: string;
}

async function played(...words: readonly string[]): Promise<Told> {
  const ended = await terminal.waypost(...words, "--json");
  expect(ended.code, ended.err).toBe(0);
  return ended.json()[0] as Told;
}

const journeyOf = ({ findings }: Told, name: string) =>
  findings.journeys.find(({ journey }) => journey === name);

test("orders of the past go through the journey as they came, and nothing is sent or written", async () => {
  const people = await Promise.all(
    Array.from({ length: 12 }, () => aCustomer(database, { since: ago(300) })),
  );
  for (const person of people) await ordered(person, ago(20));
  const [back = ""] = people;
  await ordered(back, ago(18));
  const told = await played("backtest", "first-purchase", "--days", "30");
  expect(told.copied).toMatchObject({ customers: 12, orders: 13, events: 13 });
  const journey = journeyOf(told, "first-purchase");
  expect((journey?.enrolled ?? 0) + (journey?.holdout ?? 0)).toBe(12);
  expect((journey?.exited["converted"] ?? 0) + (journey?.converted ?? 0)).toBeLessThanOrEqual(2);
  const thanks = told.findings.steps.find(({ step }) => step === "thank-you");
  expect(thanks).toMatchObject({ channel: "email", sent: journey?.enrolled, lost: 0 });
  const email = told.findings.channels.find(({ channel }) => channel === "email");
  expect(email?.cost).toEqual({ amount: (email?.messages ?? 0) * 0.5, currency: "GBP" });
  expect(readFileSync(told.report, "utf8")).toContain("<h2>first-purchase</h2>");
  const { rows } = await sql`select from messages union all select from enrollments`.execute(
    database,
  );
  expect(rows).toEqual([]);
  const left =
    await sql`select from pg_namespace where nspname like 'waypost\\_rehearsal\\_%'`.execute(
      database,
    );
  expect(left.rows).toEqual([]);
});

test("orders that no event tells of are told, and consent counts from the day it was given", async () => {
  const agreed = await aCustomer(database, { since: ago(300), zone: "Europe/London" });
  const late = await aCustomer(database, { since: ago(1) });
  await ordered(agreed, ago(10), false);
  await ordered(late, ago(10), false);
  const told = await played("backtest", "workflows/first-purchase.yaml", "--days", "20");
  expect(told.copied["events told by orders"]).toBe(2);
  const { enrolled = 0, holdout = 0 } = journeyOf(told, "first-purchase") ?? {};
  expect(enrolled + holdout).toBe(2);
  const thanked = told.findings.steps.find(
    ({ step, channel }) => step === "thank-you" && channel === "email",
  );
  expect((thanked?.sent ?? 0) + (thanked?.lost ?? 0)).toBe(enrolled);
});

test("the days ahead are played with the customers there are", async () => {
  const day = ago(-1);
  const birthday = new Date(Date.UTC(1990, day.getUTCMonth(), day.getUTCDate()))
    .toISOString()
    .slice(0, 10);
  for (let nth = 0; nth < 3; nth++) {
    const person = await aCustomer(database, { since: ago(300), birthday, zone: "Europe/London" });
    await ordered(person, ago(200));
  }
  const told = await played("simulate", "birthday", "--days", "3");
  expect(journeyOf(told, "birthday")).toMatchObject({ enrolled: 3, sent: 3 });
  expect(told.findings.days).toEqual([{ day: expect.any(String), channel: "email", messages: 3 }]);
});

test("who came, agreed or left within this very hour is simulated as they are now", async () => {
  const justNow = later(new Date(), { seconds: -5 });
  await aCustomer(database, { since: justNow });
  const gone = await aCustomer(database, { since: ago(300) });
  await agree(database, gone, { state: "withdrawn", at: justNow });
  terminal.write(
    "workflows/daily.yaml",
    'journey: daily\ndescribe: Every day\ntopic: offers\nstart: { every: "0 * * * *", again: never }\nsteps:\n  - { send: we-miss-you, by: email }\n',
  );
  const told = await played("simulate", "daily", "--days", "1");
  expect(journeyOf(told, "daily")).toMatchObject({ enrolled: 2, sent: 1 });
  expect(told.findings.losses).toMatchObject([{ reason: expect.any(String), messages: 1 }]);
});

test("who is inside already is counted apart, with what becomes of them, whichever journey is named", async () => {
  await aCustomer(database, { since: ago(300) });
  terminal.write(
    "workflows/slow.yaml",
    'journey: slow\ndescribe: Two days\ntopic: offers\nstart: { every: "0 * * * *", again: never }\nsteps:\n  - wait: 2 days\n  - { send: we-miss-you, by: email }\n',
  );
  await terminal.waypost("apply");
  await sql`insert into enrollments (journey_id, version_id, customer_id, entry_key, state, step, due_at, entered_at, moved_at)
    select journeys.id, version_id, customers.id, 'before', 'waiting', 'we-miss-you', now() + interval '1 day', now() - interval '1 day', now() - interval '1 day'
    from journeys, customers where name = 'slow'`.execute(database);
  const told = await played("simulate", "birthday", "--days", "3");
  expect(journeyOf(told, "slow")).toMatchObject({ before: 1, enrolled: 0, completed: 1, sent: 1 });
  expect(journeyOf(told, "birthday")).toMatchObject({ before: 0, enrolled: 0, completed: 0 });
  const { out } = await terminal.waypost("simulate", "birthday", "--days", "3");
  expect(out).toMatch(/^journey +inside before +enrolled/m);
});

test("services answer what the command line says, and step ids that no call has are refused", async () => {
  await aCustomer(database, { since: ago(300) });
  terminal.write(
    "workflows/rated.yaml",
    `journey: rated
topic: offers
start: { every: "0 * * * *", again: never }
steps:
  - { call: "https://scores.example.com/v1", id: score, else: [{ exit: no score }] }
  - if: { call.score.value: { gte: 0.5 } }
    then: [{ exit: high }]
    else: [{ exit: low }]
`,
  );
  const outcome = async (...words: readonly string[]) => {
    const told = await played("simulate", "rated", "--days", "1", ...words);
    return Object.keys(journeyOf(told, "rated")?.exited ?? {});
  };
  expect(await outcome()).toEqual(["low"]);
  expect(await outcome("--answers", "{ score: { value: 0.8 } }")).toEqual(["high"]);
  terminal.write("answers.json", '{ "score": "fails" }');
  expect(await outcome("--answers", terminal.path("answers.json"))).toEqual(["no score"]);
  const wrong = await terminal.waypost("simulate", "rated", "--answers", "{ scor: {} }");
  expect(wrong.err).toContain('--answers:1 scor: unknown call "scor"; did you mean "score"?');
  await rm(terminal.path("workflows/rated.yaml"));
});

test("customers whom nobody knows are refused, with the segment that was probably meant", async () => {
  await aCustomer(database, { external_id: "ada" });
  await sql`insert into segments (name, condition, file) values ('regulars', '{}', '')`.execute(
    database,
  );
  const { code, err } = await terminal.waypost(
    "backtest",
    "birthday",
    "--customers",
    "ada,regular",
  );
  expect(code).toBe(1);
  expect(err).toContain(
    'found nobody called "regular" (did you mean regulars?). Segments: regulars',
  );
});

test("a sample is the same customers each time, and a strange one is refused", async () => {
  for (let nth = 0; nth < 40; nth++) await aCustomer(database);
  const [once, again] = [
    await played("backtest", "birthday", "--days", "1", "--sample", "50%"),
    await played("backtest", "birthday", "--days", "1", "--sample", "50%"),
  ];
  expect(once.copied["customers"]).toBe(again.copied["customers"]);
  expect(once.copied["customers"]).toBeGreaterThan(5);
  expect(once.copied["customers"]).toBeLessThan(35);
  const { code, err } = await terminal.waypost("backtest", "--sample", "some");
  expect(code).toBe(2);
  expect(err).toContain("--sample: expected a share such as 10%");
  const strange = await terminal.waypost("backtest", "birthdays");
  expect(strange.err).toContain("did you mean birthday?");
});
