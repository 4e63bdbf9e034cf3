import { sql } from "kysely";
import { beforeEach, expect, test } from "vitest";
import type { Again } from "../../src/journey/journey.ts";
import { type EventStart, eventHistory } from "../../src/plan/event-history.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { monday } from "../support/people.ts";

const database = await aDatabase();

beforeEach(async () => {
  await freshTables(database);
  await sql`select ensure_event_months(${monday}::timestamptz - interval '40 days', ${monday})`.execute(
    database,
  );
});

const events = 6000;

/** So many customers who looked in by turns, 6,000 times within the last 30 days. */
async function looksBy(customers: number): Promise<void> {
  await sql`insert into customers (external_id, created_at, updated_at)
    select 'c-' || i, ${monday}, ${monday} from generate_series(1, ${customers}::int) i`.execute(
    database,
  );
  await sql`insert into events (customer_id, name, occurred_at, received_at, properties)
    select (select min(id) from customers) + i % ${customers}::int, 'looked_in',
           ${monday}::timestamptz - (i + 0.5) * interval '30 days' / ${events}::int, ${monday}, '{}'
    from generate_series(0, ${events - 1}::int) i`.execute(database);
  await sql`analyze customers, events`.execute(database);
}

const never: Again = { kind: "never" };
const tenDays: Again = { kind: "after", after: { months: 0, days: 10, seconds: 0 } };

function look(again: Again, ...windows: Parameters<typeof eventHistory>[4] & object) {
  const start: EventStart = { kind: "event", event: "looked_in", where: {}, if: null, again };
  const asked = { now: monday, limitMs: 60_000, customers: 3000, journeyId: null };
  return eventHistory(database, null, start, asked, windows.length === 0 ? undefined : windows);
}

const month = { days: 30, newest: null };
const newest = { days: 30, newest: 3000 };
const threeDays = { days: 3, newest: null };

test("where only a part of a long history is looked at, the same customers are not counted anew", async () => {
  await looksBy(100);
  for (const window of [month, newest, threeDays]) {
    expect((await look(never, window)).entering).toBe(100);
    expect((await look(tenDays, window)).entering).toBe(300);
    const always = await look({ kind: "always" }, window);
    expect(Math.abs(always.entering - events)).toBeLessThan(events / 20);
  }
  expect((await look(never, newest)).found).toEqual({ by: "newest", events: 3000 });
});

test("where everybody looks in once, there are as many more customers as events", async () => {
  await looksBy(events);
  for (const window of [month, newest, threeDays])
    for (const again of [never, tenDays])
      expect(Math.abs((await look(again, window)).entering - events)).toBeLessThan(events / 20);
});

test("there are never more than there are customers", async () => {
  await looksBy(2000);
  expect((await look(never, threeDays)).entering).toBe(2000);
});
