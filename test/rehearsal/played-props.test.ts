import { sql } from "kysely";
import { beforeEach, expect, test } from "vitest";
import { aTerminal } from "../cli/terminal.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later } from "../support/people.ts";
import { addVouchers, savePools } from "../../src/enrollment/voucher-pool.ts";
import type { Findings } from "../../src/rehearsal/findings.ts";

const database = await aDatabase();
const terminal = aTerminal(database);
terminal.write(
  "workflows/welcome.yaml",
  `journey: welcome
topic: offers
start: { on: signed_up }
steps:
  - voucher: welcome-10
    else: [{ exit: no vouchers }]
  - call: https://scores.example.com/v1/score
    id: score
    else: [{ exit: nobody answered }]
  - split: { short: 50, long: 50 }
    id: length
    winner: { after: 1000 customers, by: clicked, within: 1 day }
    short: [{ exit: short }]
    long:
      - task: { list: calls, do: Ring, outcomes: [reached], within: 3 days }
        id: ring
`,
);
terminal.write(
  "workflows/trial.yaml",
  `journey: trial
topic: offers
start: { on: signed_up }
steps:
  - split: { short: 50, long: 50 }
    winner: { after: 4 customers, by: paid, within: 1 day }
    short: [{ exit: short }]
    long: [{ exit: long }]
`,
);
beforeEach(() => freshTables(database));

const ago = (days: number) => later(new Date(), { days: -days });

async function signedUp(customer: string, at: Date, event = "signed_up"): Promise<void> {
  await sql`insert into events (customer_id, name, occurred_at, received_at, properties)
    values (${customer}, ${event}, ${at}, ${at}, '{}')`.execute(database);
}

/** Codes that are free, and others that somebody has had, used up or that had spoiled before. */
async function codes(free: number): Promise<void> {
  const rules = { redeemed_by: "voucher_redeemed", property: "code", low: 0 };
  await savePools(database, { "welcome-10": rules }, ago(200));
  const names = ["HAD", "USED", "SPOILED", ...Array.from({ length: free }, (_, nth) => `C-${nth}`)];
  const vouchers = names.map((code) => ({
    code,
    expiresAt: code === "SPOILED" ? ago(60) : null,
  }));
  await addVouchers(database, "welcome-10", vouchers, ago(200));
  await sql`update vouchers set handed_out_at = ${ago(100)}, step = 'welcome-10', occurrence = 0 where code = 'HAD'`.execute(
    database,
  );
  await sql`update vouchers set redeemed_at = ${ago(100)} where code = 'USED'`.execute(database);
}

async function findings(...words: readonly string[]): Promise<Findings> {
  const ended = await terminal.waypost(...words, "--json");
  expect(ended.code, ended.err).toBe(0);
  return (ended.json()[0] as { findings: Findings }).findings;
}

test("a backtest hands out the codes that are free, and says what was not played", async () => {
  await codes(3);
  await terminal.waypost("apply");
  await sql`insert into split_winners (journey_id, step, arm, decided_at, tally)
    select id, 'length', 'long', now(), '{}' from journeys where name = 'welcome'`.execute(
    database,
  );
  for (let nth = 0; nth < 5; nth++)
    await signedUp(await aCustomer(database, { since: ago(300) }), ago(20));
  const found = await findings("backtest", "welcome", "--days", "30");
  expect(found.journeys).toMatchObject([
    { enrolled: 5, exited: { "no vouchers": 2 }, completed: 3, held: 0 },
  ]);
  expect(found.pools).toEqual([{ pool: "welcome-10", handedOut: 3, free: 0, spoiled: 0 }]);
  expect(found.unplayed).toEqual([
    { journey: "welcome", step: "ring", kind: "task", times: 3 },
    { journey: "welcome", step: "score", kind: "call", times: 3 },
  ]);
  const { out } = await terminal.waypost("backtest", "welcome", "--days", "30");
  expect(out).toContain("pool welcome-10: 3 vouchers handed out, 0 left");
  expect(out).toContain(
    "welcome score: 3 calls not made; taken as answered, with nothing in the answer",
  );
});

test("a simulation goes on with the tasks that are open and the codes that are left", async () => {
  await codes(2);
  await terminal.waypost("apply");
  const [ada, bert, carl] = [
    await aCustomer(database),
    await aCustomer(database),
    await aCustomer(database),
  ];
  const { rows } = await sql<{ id: string }>`
    insert into enrollments (customer_id, journey_id, version_id, entry_key, state, step, awaiting, entered_at, due_at, moved_at)
    select customer, journeys.id, version.id, '', 'waiting', case when customer = ${ada} then 'ring' else 'welcome-10' end,
      case when customer = ${ada} then 'task' end, ${ago(1)}, case when customer = ${ada} then ${later(new Date(), { days: 2 })}::timestamptz else now() end, ${ago(1)}
    from unnest(${[ada, bert, carl]}::bigint[]) as customer, journeys join journey_versions version on version.journey_id = journeys.id
    where journeys.name = 'welcome' order by customer returning id`.execute(database);
  await sql`insert into tasks (enrollment_id, journey_id, version_id, step, occurrence, list, text, outcomes, made_at, until)
    select id, journey_id, version_id, 'ring', 0, 'calls', 'Ring', '{reached}', entered_at, due_at
    from enrollments where id = ${rows[0]?.id ?? ""}`.execute(database);
  const told = await terminal.waypost("simulate", "welcome", "--days", "10", "--json");
  expect(told.code, told.err).toBe(0);
  const [result] = told.json() as [{ copied: Record<string, number>; findings: Findings }];
  expect(result.copied).toMatchObject({ enrollments: 3, tasks: 1, vouchers: 3 });
  expect(result.findings.pools).toContainEqual(
    expect.objectContaining({ pool: "welcome-10", handedOut: 2, free: 0 }),
  );
});

test("a backtest finds no winner of a split: what customers did, they did without its messages", async () => {
  const people = [];
  for (let nth = 0; nth < 36; nth++) people.push(await aCustomer(database, { since: ago(300) }));
  const [payer = ""] = people;
  for (const [nth, person] of people.entries()) await signedUp(person, ago(nth < 8 ? 20 : 10));
  await signedUp(payer, ago(19.5), "paid");
  const found = await findings("backtest", "trial", "--days", "30");
  const { short = 0, long = 0 } = found.journeys[0]?.exited ?? {};
  expect(short + long).toBe(36);
  expect(Math.min(short, long)).toBeGreaterThan(8);
});
