import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { dumpSchema } from "../../scripts/schema-dump.ts";
import { describeTables } from "../../scripts/schema-types.ts";
import { aDatabase } from "../support/database.ts";

const database = await aDatabase();

test("migrations/schema.sql is what the migrations build (npm run schema rewrites it)", async () => {
  const committed = await readFile(new URL("../../migrations/schema.sql", import.meta.url), "utf8");
  expect(await dumpSchema(database)).toBe(committed);
});

test("src/database/tables.ts has the columns of the migrated database (npm run schema rewrites it)", async () => {
  const committed = await readFile(
    new URL("../../src/database/tables.ts", import.meta.url),
    "utf8",
  );
  expect(await describeTables(database)).toBe(committed);
});
