import { sql } from "kysely";
import { expect, test } from "vitest";
import { connect } from "../../src/database/database.ts";
import { aDatabase, urlOf } from "../support/database.ts";

const database = await aDatabase({ maxConnections: 1 });

async function keptStatements(): Promise<readonly string[]> {
  const { rows } = await sql<{
    statement: string;
  }>`select statement from pg_prepared_statements`.execute(database);
  return rows.map(({ statement }) => statement);
}

test("the server keeps a marked statement once, and answers each call with its own values", async () => {
  for (const number of [1, 2, 3]) {
    const { rows } = await sql<{
      twice: number;
    }>`/* prepared */ select ${number}::int * 2 as twice`.execute(database);
    expect(rows).toEqual([{ twice: number * 2 }]);
  }
  expect(await keptStatements()).toEqual(["/* prepared */ select $1::int * 2 as twice"]);
});

test("a marked statement works inside a transaction, and a failed one leaves the connection whole", async () => {
  const half = (of: number) => sql<{ half: number }>`/* prepared */ select 6 / ${of}::int as half`;
  await expect(half(0).execute(database)).rejects.toThrow("division by zero");
  const rows = await database
    .transaction()
    .execute(async (transaction) => (await half(2).execute(transaction)).rows);
  expect(rows).toEqual([{ half: 3 }]);
});

test("other statements are not kept", async () => {
  const before = await keptStatements();
  await sql`select ${1}::int as one`.execute(database);
  expect(await keptStatements()).toEqual(before);
});

test("a busy pool keeps what comes again and again, with the values of each call", async () => {
  const busy = connect({
    url: urlOf(database),
    schema: "waypost",
    maxConnections: 1,
    applicationName: "busy",
    isBusy: true,
  });
  const seen: unknown[] = [];
  for (const number of [1, null, 3, 4, 5])
    seen.push(...(await sql`select ${number}::int as number`.execute(busy)).rows);
  expect(seen).toEqual([1, null, 3, 4, 5].map((number) => ({ number })));
  const { rows } = await sql`select statement from pg_prepared_statements`.execute(busy);
  expect(rows).toEqual([{ statement: "select $1::int as number" }]);
  await busy.destroy();
});
