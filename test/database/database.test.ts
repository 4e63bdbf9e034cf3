import { sql } from "kysely";
import { expect, test } from "vitest";
import { aDatabase } from "../support/database.ts";

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
