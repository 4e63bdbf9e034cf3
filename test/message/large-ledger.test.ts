import { sql } from "kysely";
import { beforeAll, describe, expect, test } from "vitest";
import { countOrEstimate } from "../../src/message/count.ts";
import { lastDay } from "../../src/message/last-day.ts";
import { type MessageFilter, listMessages, lookForMessages } from "../../src/message/list.ts";
import type { MessageState } from "../../src/message/message.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { rowsRead } from "../support/rows-read.ts";
import { aJourney, plan } from "./ledger.ts";

const database = await aDatabase();
const inLedger = 40_000;
const now = later(monday, { days: 100 });
/** A thousand messages of long ago, beside a journey with all others. */
let quiet = "";

/** A hundred days of messages, a minute or three apart; all but a few were delivered, or left out for want of consent. */
beforeAll(async () => {
  const [first, busy] = [await aJourney(database), await aJourney(database)];
  const ada = await aCustomer(database);
  await plan(database, [ada], { journey: first });
  await plan(database, [ada], { journey: busy });
  await sql`
    insert into messages (enrollment_id, journey_id, version_id, customer_id, step, channel, occurrence, template, class, state, due_at, expires_at, planned_at, sent_at, subject)
    select enrollment_id, journey_id, version_id, customer_id, step, case when i % 9999 = 7 then 'sms' else 'email' end, i, template, class,
      case i % 10000 when 5 then 'failed' when 6 then 'bounced' when 17 then 'expired' when 18 then 'retry' when 19 then 'unknown'
        else case when i % 10 = 0 then 'suppressed' else 'delivered' end end,
      at, at, at, case when i % 10 > 0 then at + interval '1 minute' end, repeat('x', 700)
    from generate_series(1, ${inLedger}::int) as i
    cross join lateral (select ${now}::timestamptz - (${inLedger}::int - i) * interval '216 seconds' as at) as clock
    join messages first on first.journey_id = case when i <= 1000 then ${first}::int else ${busy}::int end and first.occurrence = 0`.execute(
    database,
  );
  await sql`vacuum analyze messages`.execute(database);
  quiet = (await listMessages(database, { limit: 1, before: "2" }))[0]?.journey ?? "";
}, 60_000);

const readBy = (filter: Partial<MessageFilter>) =>
  rowsRead(database, "messages", (asked) => listMessages(asked, { limit: 50, ...filter }));

describe("in a large ledger", () => {
  test.each<MessageState>(["failed", "bounced", "expired", "retry", "unknown", "suppressed"])(
    "messages that are %s are found without the others",
    async (state) => {
      const found = await listMessages(database, { states: [state], limit: 50 });
      expect(found.length).toBeGreaterThan(3);
      expect(found.every((message) => message.state === state)).toBe(true);
      expect(await readBy({ states: [state] })).toBeLessThanOrEqual(50);
    },
  );

  test("so are those of several states at once, in the order of the ledger", async () => {
    const states = ["failed", "unknown", "failed"] as const;
    const found = await listMessages(database, { states, limit: 50 });
    expect(found.map(({ state }) => state)).toEqual(
      Array.from({ length: 4 }, () => ["unknown", "failed"]).flat(),
    );
    expect(await readBy({ states })).toBeLessThanOrEqual(100);
  });

  test("the newest are read, and no more of them than are shown", async () => {
    expect(await readBy({})).toBeLessThanOrEqual(50);
    expect(await readBy({ states: ["delivered"] })).toBeLessThan(200);
    expect(await readBy({ states: ["sending"] })).toBe(0);
  });

  test("what was planned lately is found by its time", async () => {
    const since = later(now, { hours: -1 });
    expect(await listMessages(database, { since, limit: 50 })).toHaveLength(17);
    expect(await readBy({ since, channel: "sms" })).toBeLessThan(inLedger / 4);
  });

  test("the last day is counted without the days before", async () => {
    const { counts } = await lastDay(database, now);
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(400);
    expect(await rowsRead(database, "messages", (asked) => lastDay(asked, now))).toBeLessThan(
      inLedger / 4,
    );
  });

  test("those of a journey that has few are found wherever they lie", async () => {
    const found = await listMessages(database, { journey: quiet, limit: 50 });
    expect(found).toHaveLength(50);
    expect(found[0]?.id).toBe("1002");
    expect(await readBy({ journey: quiet })).toBeLessThan(2100);
  });

  test("somebody who waits for a page is shown how far it looked, and can look further", async () => {
    const look = (before?: string, asked = database) =>
      lookForMessages(asked, { channel: "sms", limit: 50, ...(before && { before }) }, 15_000);
    const first = await look();
    expect(first.messages).toHaveLength(1);
    expect(first.endedAt?.id).toBe("25003");
    expect((await look("25003")).messages).toHaveLength(2);
    expect((await look("10003")).endedAt).toBe(null);
    const read = await rowsRead(database, "messages", (asked) => look(undefined, asked));
    expect(read).toBeLessThanOrEqual(15_100);
  });

  test("what seldom happens is counted where the rest is estimated", async () => {
    const { counts, estimated } = await countOrEstimate(database);
    expect(counts).toMatchObject({ failed: 4, bounced: 4, retry: 4, unknown: 4, suppressed: 4000 });
    expect(estimated).toEqual(["delivered"]);
    expect(Math.abs((counts.delivered ?? 0) - 35_980)).toBeLessThan(1000);
    expect((await countOrEstimate(database, { exact: true })).counts.delivered).toBe(35_980);
  });
});

test("from the provider's yes to the delivery a message touches no index", async () => {
  await database.transaction().execute(async (transaction) => {
    for (const state of ["planned", "sending", "accepted", "delivered"])
      await sql`update messages set state = ${state}, subject = null, sent_at = case when state = 'planned' then ${now}::timestamptz else sent_at end,
        delivered_at = case when ${state} = 'delivered' then ${now}::timestamptz end where occurrence = 7`.execute(
        transaction,
      );
    const { rows } = await sql<{ updates: string; onPage: string }>`
      select n_tup_upd as updates, n_tup_hot_upd as "onPage" from pg_stat_xact_user_tables where relid = to_regclass('messages')`.execute(
      transaction,
    );
    expect(rows).toEqual([{ updates: "4", onPage: "2" }]);
  });
});
