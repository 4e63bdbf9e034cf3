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
import { aCustomer, later, monday } from "../support/people.ts";
import { aMessage, anAttempt } from "../tracking/sent.ts";

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

describe("what tells of persons in rows that figures are made of", () => {
  const aVisit = async (at: Date) => {
    const message = await aMessage(database, await aCustomer(database), {
      planned_at: at,
      reason: "550 ada@example.com is full",
      state: "bounced",
      subject: "Hello Ada",
    });
    await anAttempt(database, message, { detail: "550 ada@example.com is full" });
    await sql`insert into opens (message_id, at, machine, user_agent) values (${message.id}, ${at}, false, 'Ada/1.0')`.execute(
      database,
    );
  };
  const browsersKnown = async () => {
    const rows = await database.selectFrom("opens").select("user_agent").orderBy("id").execute();
    return rows.map(({ user_agent: browser }) => browser);
  };

  test("goes for browsers after three months, for one with the clock of a wrong year at once, and no open is lost", async () => {
    await aVisit(monday);
    await aVisit(later(monday, { days: 3650 }));
    await aVisit(later(monday, { days: 1 }));
    await tidyUp(later(monday, { days: 90 }));
    expect(await browsersKnown()).toEqual(["Ada/1.0", "Ada/1.0", "Ada/1.0"]);
    await tidyUp(later(monday, { days: 90, seconds: 1 }));
    expect(await browsersKnown()).toEqual([null, null, "Ada/1.0"]);
    await tidyUp(later(monday, { days: 92 }));
    expect(await browsersKnown()).toEqual([null, null, null]);
  });

  test("goes for messages after two years, and what became of them stays", async () => {
    await aVisit(monday);
    await aVisit(later(monday, { days: 1 }));
    await tidyUp(later(monday, { days: 730, seconds: 1 }));
    const messages = await database
      .selectFrom("messages")
      .select(["state", "address", "subject", "reason"])
      .orderBy("id")
      .execute();
    expect(messages).toMatchObject([
      { state: "bounced", address: null, subject: null, reason: null },
      { address: "ada@example.com", subject: "Hello Ada" },
    ]);
    const attempts = await database
      .selectFrom("attempts")
      .select("detail")
      .orderBy("message_id")
      .execute();
    expect(attempts.map(({ detail }) => detail)).toEqual([null, "550 ada@example.com is full"]);
  });

  test("goes for thousands batch by batch, each looked at once", async () => {
    await aVisit(monday);
    await sql`insert into opens (message_id, at, machine, user_agent)
      select message_id, at, machine, user_agent from opens, generate_series(1, 2500)`.execute(
      database,
    );
    await tidyUp(later(monday, { days: 91 }));
    expect(new Set(await browsersKnown())).toEqual(new Set([null]));
    const done = await database
      .selectFrom("faded")
      .selectAll()
      .where("what", "=", "opens")
      .execute();
    expect(done).toEqual([{ what: "opens", until: "2501" }]);
  });
});

describe("events", () => {
  const happened = (name: string, at: string) =>
    sql`insert into events (customer_id, name, occurred_at, received_at) values (1, ${name}, ${at}, ${monday})`.execute(
      database,
    );
  const events = async () => {
    const rows = await database.selectFrom("events").select("name").orderBy("name").execute();
    return rows.map(({ name }) => name);
  };
  const month = (name: string) =>
    sql<{ found: boolean }>`
    select to_regclass(${name}) is not null as found`.execute(database);
  beforeEach(async () => {
    await sql`select ensure_event_months('2025-01-01', '2025-03-01')`.execute(database);
    await happened("ancient", "1999-05-05T00:00:00Z");
    await happened("in January", "2025-01-31T00:00:00Z");
    await happened("in February", "2025-02-01T00:00:00Z");
  });

  test("are kept for good where nothing else is said", async () => {
    await tidyUp(later(monday, { days: 3650 }), { keep: "" });
    expect(await events()).toEqual(["ancient", "in February", "in January"]);
  });

  test("go by whole months where a time is said, and those of no month by themselves", async () => {
    await tidyUp(new Date("2026-02-15T00:00:00Z"), { keep: "events: 1 year" });
    expect(await events()).toEqual(["in February"]);
    expect((await month("events_2025_01")).rows).toEqual([{ found: false }]);
  });

  test("of a month that somebody reads stay until the next hour, and nobody waits for long", async () => {
    await database.transaction().execute(async (other) => {
      await sql`select from events`.execute(other);
      await tidyUp(new Date("2026-02-15T00:00:00Z"), { keep: "events: 1 year" });
    });
    expect(await events()).toContain("in January");
    await tidyUp(new Date("2026-02-15T01:00:00Z"), { keep: "events: 1 year" });
    expect(await events()).toEqual(["in February"]);
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
