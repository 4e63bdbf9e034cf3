import { sql } from "kysely";
import { beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configFileSchema } from "../../src/config-file.ts";
import { readConfig } from "../../src/config.ts";
import { archiveJourney } from "../../src/enrollment/journey-state.ts";
import { createLog } from "../../src/log.ts";
import type { Working } from "../../src/queue/engine.ts";
import { tidy } from "../../src/queue/tidy.ts";
import { receiveReports } from "../../src/tracking/report-inbox.ts";
import { aFile, importing } from "../customer/files.ts";
import { Shop } from "../enrollment/shop.ts";
import { aComposer } from "../message/ledger.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { later, monday } from "../support/people.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

/** The sweeper's hour at that time. */
async function tidyUp(
  now: Date,
  { stopping = new AbortController().signal, keep = "event_keys: 1 year" } = {},
): Promise<void> {
  const working: Working = {
    engine: {
      config: {
        ...readConfig("/nowhere", {}),
        keep: configFileSchema.parse(parse(`keep: { ${keep} }`)).keep,
      },
      clock: { now: () => now },
      log: createLog("silent"),
      database,
      composer: aComposer(),
      deliveries: new Map(),
    },
    wake: { engine: async () => {}, delivery: async () => {}, close: async () => {} },
    stopping,
  };
  await tidy(working);
}

const track = (key: string, at: Date) =>
  sql`select record_events(jsonb_build_array(jsonb_build_object('customer_id', 1, 'name', 'x', 'occurred_at', ${at}::timestamptz, 'key', ${key}::text)), ${at}, true)`.execute(
    database,
  );
const keys = async () =>
  (await database.selectFrom("event_keys").select("key").orderBy("key").execute()).map(
    ({ key }) => key,
  );

describe("the id of an event", () => {
  test("is known for good where nothing else is said", async () => {
    await track("sale-1", monday);
    await tidyUp(later(monday, { days: 3650 }), { keep: "" });
    expect(await keys()).toEqual(["sale-1"]);
  });

  test("is known for as long as it is kept, and the event for good", async () => {
    await track("sale-1", monday);
    await track("sale-2", later(monday, { days: 1 }));
    await tidyUp(later(monday, { days: 365 }));
    expect(await keys()).toEqual(["sale-1", "sale-2"]);
    await tidyUp(later(monday, { days: 366 }));
    expect(await keys()).toEqual(["sale-2"]);
    await track("sale-2", later(monday, { days: 366 }));
    expect(await database.selectFrom("events").selectAll().execute()).toHaveLength(2);
  });

  test("that an import made of all that a row says stays: the file may come again after years", async () => {
    const lines = ["event,customer_id,time", "x,c-1,2026-01-01T00:00:00Z"];
    await importing(database, "events", aFile(lines));
    await tidyUp(later(monday, { days: 3650 }));
    expect(await importing(database, "events", aFile(lines))).toMatchObject({ inserted: 0 });
  });
});

describe("a provider's request", () => {
  const receive = () => receiveReports(database, "pigeon", { reports: [], unread: [] }, monday);
  const inbox = async () =>
    (await database.selectFrom("report_inbox").select("id").orderBy("id").execute()).map(
      ({ id }) => id,
    );

  test("goes a month after it was applied, and stays while it is not", async () => {
    const [applied, open] = [await receive(), await receive()];
    await sql`update report_inbox set applied_at = ${monday} where id = ${applied}`.execute(
      database,
    );
    await tidyUp(later(monday, { days: 30 }));
    expect(await inbox()).toEqual([applied, open]);
    await tidyUp(later(monday, { days: 30, seconds: 1 }));
    expect(await inbox()).toEqual([open]);
  });
});

describe("an event that a journey could not react to", () => {
  const shop = new Shop(database);
  const dead = async () =>
    (await database.selectFrom("dead_events").select("name").orderBy("name").execute()).map(
      ({ name }) => name,
    );
  const dies = (name: string, at: Date) =>
    sql`insert into dead_events (journey_id, version_id, event_id, customer_id, name, occurred_at, properties, reason, died_at)
      select journeys.id, version_id, journeys.id, 1, ${name}, ${at}, '{}', 'no', ${at} from journeys`.execute(
      database,
    );
  beforeEach(async () => {
    shop.now = monday;
    await shop.apply("journey: hello\nstart: { on: x }\nsteps: [{ send: hello, by: email }]");
    await dies("early", monday);
  });

  test("stays for as long as the journey may hear it", async () => {
    await tidyUp(later(monday, { days: 3650 }));
    expect(await dead()).toEqual(["early"]);
  });

  test("goes once the journey has been archived for as long as it is kept, unless it died later", async () => {
    const archived = later(monday, { days: 365 });
    await archiveJourney(database, "hello", archived);
    await sql`update dead_events set event_id = 7`.execute(database);
    await dies("late", later(archived, { days: 1 }));
    await tidyUp(later(archived, { days: 90 }));
    expect(await dead()).toEqual(["early", "late"]);
    await tidyUp(later(archived, { days: 90, seconds: 1 }));
    expect(await dead()).toEqual(["late"]);
    await tidyUp(later(archived, { days: 92 }), { keep: "dead_events: 1 year" });
    expect(await dead()).toEqual(["late"]);
    await tidyUp(later(archived, { days: 92 }));
    expect(await dead()).toEqual([]);
  });
});

describe("a great many", () => {
  beforeEach(async () => {
    await sql`insert into event_keys select 'sale-' || i, ${monday}::timestamptz + i * interval '1 second' from generate_series(1, 20000) i`.execute(
      database,
    );
    await sql`analyze event_keys`.execute(database);
  });
  const inTwoYears = later(monday, { days: 730 });

  test("go batch by batch, and what another transaction holds is left for the next hour", async () => {
    await database.transaction().execute(async (other) => {
      await sql`select from event_keys where key = 'sale-7' for update`.execute(other);
      await tidyUp(inTwoYears);
    });
    expect(await keys()).toEqual(["sale-7"]);
  });

  test("wait when the worker is asked to stop", async () => {
    await tidyUp(inTwoYears, { stopping: AbortSignal.abort() });
    expect(await keys()).toHaveLength(20_000);
  });

  test("are found by an index that imported rows are not in", async () => {
    const { rows } = await sql<{ "QUERY PLAN": string }>`
      explain select key from event_keys where key not like 'row:%' and received_at < ${monday}
      order by received_at limit 1000 for update skip locked`.execute(database);
    expect(JSON.stringify(rows)).toContain("Index Scan using event_keys_by_age");
  });
});
