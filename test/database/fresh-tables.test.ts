import { sql } from "kysely";
import { expect, test } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";

const database = await aDatabase();

async function anOrder(): Promise<string> {
  const at = new Date("2026-11-01T12:00:00Z");
  const dated = { created_at: at, updated_at: at };
  const customer = await database
    .insertInto("customers")
    .values({ external_id: "c-1", ...dated })
    .returning("id")
    .executeTakeFirstOrThrow();
  await database
    .insertInto("orders")
    .values({
      external_id: "o-1",
      customer_id: customer.id,
      ordered_at: at,
      total: "10",
      currency: "GBP",
      ...dated,
    })
    .execute();
  return customer.id;
}

test("fresh tables are empty, their ids start at 1, and their laws hold again", async () => {
  expect(await anOrder()).toBe("1");
  await freshTables(database);
  expect(await database.selectFrom("orders").selectAll().execute()).toEqual([]);
  expect(await anOrder()).toBe("1");
  await expect(sql`delete from customers`.execute(database)).rejects.toThrow(
    "orders_customer_id_fkey",
  );
});
