import { sql } from "kysely";
import { expect, test } from "vitest";
import { nextSize } from "../../src/enrollment/chunk.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

test("an audience of several chunks, with gaps in its ids, is enrolled whole", async () => {
  await shop.apply(
    'journey: all\nstart: { every: "0 9 * * 1" }\nsteps: [{ wait: 1 day }, { send: hello, by: email }]',
  );
  await sql`insert into customers (email, created_at, updated_at)
    select 'p' || n || '@example.com', ${shop.now}, ${shop.now} from generate_series(1, 66000) n`.execute(
    shop.database,
  );
  await sql`delete from customers where id % 3 = 0 or id between 30000 and 35000`.execute(
    shop.database,
  );
  shop.now = new Date("2026-01-19T09:00:00Z");
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from customers`.execute(
    shop.database,
  );
  expect(rows[0]?.n).toBeGreaterThan(40_000);
  expect(await shop.open("all")).toBe(rows[0]?.n);
  expect(await shop.open("all")).toBe(0);
});

test("chunks grow while they are quick and shrink when they are slow, within bounds", () => {
  expect(nextSize(20_000, 100)).toBe(40_000);
  expect(nextSize(20_000, 1_000)).toBe(20_000);
  expect(nextSize(20_000, 5_000)).toBe(10_000);
  expect(nextSize(200_000, 1)).toBe(200_000);
  expect(nextSize(1_000, 60_000)).toBe(1_000);
});
