import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeEach, expect, test } from "vitest";
import { migrate } from "../../src/database/migrate.ts";
import { aDatabase } from "../support/database.ts";

const database = await aDatabase();
const folder = await mkdtemp(join(tmpdir(), "waypost-migrations-"));
const migrations = { folder, schema: "shop" };

beforeEach(async () => {
  await sql`drop schema if exists shop cascade`.execute(database);
  await rm(folder, { recursive: true });
  await mkdir(folder);
  await writeFiles({
    "0001_crates.sql": "create table crates (id int); insert into crates values (1);",
    "0002_labels.sql":
      "alter table crates add column label text; comment on table crates is 'it''s $1';",
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("files are applied in order, once, into their own schema", async () => {
  expect(await migrate(database, migrations)).toEqual(["0001_crates.sql", "0002_labels.sql"]);
  expect(await migrate(database, migrations)).toEqual([]);
  const { rows } = await sql`select id, label from shop.crates`.execute(database);
  expect(rows).toEqual([{ id: 1, label: null }]);
});

test("a new file is applied to a database that has the ones before it", async () => {
  await migrate(database, migrations);
  await writeFiles({ "0003_weights.sql": "alter table crates add column weight int" });
  expect(await migrate(database, migrations)).toEqual(["0003_weights.sql"]);
});

test("two processes that start at once apply each file once", async () => {
  const applied = await Promise.all([migrate(database, migrations), migrate(database, migrations)]);
  expect(applied.flat().toSorted()).toEqual(["0001_crates.sql", "0002_labels.sql"]);
});

test("a file that fails leaves those before it applied, and nothing of itself", async () => {
  await writeFiles({
    "0002_labels.sql": "create table labels (id int); create table crates (id int)",
  });
  await expect(migrate(database, migrations)).rejects.toThrow(
    'migrations/0002_labels.sql: relation "crates" already exists',
  );
  const { rows } =
    await sql`select to_regclass('shop.crates') is not null as crates, to_regclass('shop.labels') as labels`.execute(
      database,
    );
  expect(rows).toEqual([{ crates: true, labels: null }]);
});

test("an applied file that was changed since is refused", async () => {
  await migrate(database, migrations);
  await writeFiles({
    "0001_crates.sql": "create table crates (id int); insert into crates values (2);",
  });
  await expect(migrate(database, migrations)).rejects.toThrow(
    "migrations: 0001_crates.sql was changed after it had been applied. Restore it, and put the change into a new file",
  );
});

test("line ends turned by a checkout on Windows are no change", async () => {
  await writeFiles({
    "0001_crates.sql": "create table crates (id int);\ninsert into crates values (1);\n",
  });
  await migrate(database, migrations);
  await writeFiles({
    "0001_crates.sql": "create table crates (id int);\r\ninsert into crates values (1);\r\n",
  });
  expect(await migrate(database, migrations)).toEqual([]);
});

test("a file missing between the applied ones is named", async () => {
  await migrate(database, migrations);
  await rm(join(folder, "0001_crates.sql"));
  await expect(migrate(database, migrations)).rejects.toThrow(
    "migrations: expected 0001_crates.sql as file number 1, as the database has it, found 0002_labels.sql",
  );
});

test("a database newer than the code is left alone", async () => {
  await migrate(database, migrations);
  await rm(join(folder, "0002_labels.sql"));
  await expect(migrate(database, migrations)).rejects.toThrow(
    "migrations: the database is newer than this code: it has 0002_labels.sql, and the newest file here is 0001_crates.sql. Update Waypost",
  );
});

test("two files of one number are refused", async () => {
  await writeFiles({ "0002_other.sql": "select 1" });
  await expect(migrate(database, migrations)).rejects.toThrow(
    "expected one file with the number 0002, found two",
  );
});

test("a schema that would need quotes is refused", async () => {
  await expect(migrate(database, { folder, schema: 'Shop"; drop' })).rejects.toThrow(
    "database schema: expected lower-case letters",
  );
});

async function writeFiles(files: Record<string, string>): Promise<void> {
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)),
  );
}
