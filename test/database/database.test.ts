import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { sql } from "kysely";
import { expect, test, vi } from "vitest";
import { connect } from "../../src/database/database.ts";
import { explainUnreachable } from "../../src/database/unreachable.ts";
import { checkZones } from "../../src/database/zones.ts";
import { aDatabase, urlOf } from "../support/database.ts";

const database = await aDatabase();

test("a bigint and a numeric come back as strings, a date as the day it is, a timestamp as a Date", async () => {
  const { rows } = await sql`
    select 9007199254740993::bigint as big, 0.10::numeric as money, '2026-02-28'::date as day,
      array['2026-02-28'::date] as days, '2026-02-28T12:00:00+02:00'::timestamptz as moment`.execute(
    database,
  );
  expect(rows).toEqual([
    {
      big: "9007199254740993",
      money: "0.10",
      day: "2026-02-28",
      days: ["2026-02-28"],
      moment: new Date("2026-02-28T10:00:00Z"),
    },
  ]);
});

test("a session searches our schema first, then public, and lives in UTC", async () => {
  const { rows } =
    await sql`select current_setting('search_path') as path, current_setting('timezone') as zone`.execute(
      database,
    );
  expect(rows).toEqual([{ path: "waypost,public", zone: "UTC" }]);
});

test("connections that break, idle or in the middle of a transaction, cost their query and nothing else", async () => {
  const url = urlOf(database);
  const broken = connect({ url, schema: "waypost", maxConnections: 2, applicationName: "broken" });
  const breakAll = sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'broken'`;
  const transaction = broken.transaction().execute(async (inside) => {
    await sql`select 1`.execute(inside);
    await breakAll.execute(database);
    // The connection is told so before the next query is sent.
    await sql`select pg_sleep(0.1)`.execute(database);
    await sql`select 2`.execute(inside);
  });
  await expect(transaction).rejects.toThrow(/terminat|not queryable|closed/);
  const { rows } = await sql`select 3 as still`.execute(broken);
  expect(rows).toEqual([{ still: 3 }]);
  await breakAll.execute(database);
  await sql`select pg_sleep(0.1)`.execute(database);
  await expect(sql`select 4`.execute(broken)).resolves.toBeDefined();
  await broken.destroy();
});

test("an address that swallows what is sent to it is given up", async () => {
  const swallowing = createServer(() => {});
  swallowing.listen(0, "127.0.0.1");
  await once(swallowing, "listening");
  const { port } = swallowing.address() as AddressInfo;
  const url = `postgres://nobody@127.0.0.1:${port}/shop`;
  const lost = connect({ url, schema: "waypost", maxConnections: 1, applicationName: "lost" });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const asked = sql`select 1`.execute(lost).catch((error: unknown) => error);
  await once(swallowing, "connection");
  vi.advanceTimersByTime(15_000);
  vi.useRealTimers();
  const thrown: unknown = await asked;
  expect(explainUnreachable(thrown, url)).toMatchObject({
    code: "WAYPOST_DATABASE",
    message: expect.stringContaining("firewalls") as string,
  });
  await lost.destroy();
  swallowing.close();
});

test("a zone that the server does not know is a mistake of the file", async () => {
  await checkZones(database, { zone: ["Europe/London"], unknown_zones: ["Asia/Tokyo"] });
  await expect(checkZones(database, { unknown_zones: ["Mars/Utopia"] })).rejects.toMatchObject({
    code: "WAYPOST_CONFIG",
    message: expect.stringContaining("waypost.yaml unknown_zones: expected a time zone") as string,
  });
});
