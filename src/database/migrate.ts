import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import { WaypostError, reasonOf } from "../errors.ts";
import { type Database, checkedSchema } from "./database.ts";
import type { Tables } from "./tables.ts";

export interface Migrations {
  /** The folder of `NNNN_name.sql` files. */
  readonly folder: string;
  /** The schema they build; created when missing. */
  readonly schema: string;
}

interface Migration {
  readonly name: string;
  readonly hash: string;
  readonly sql: string;
}

interface AppliedMigration {
  readonly name: string;
  readonly hash: string;
}

/**
 * Brings the schema up to the newest file and returns the names applied now. Each file runs in a transaction of its
 * own, so a failing one leaves the ones before it in place; a second process waits for the first.
 */
export async function migrate(
  database: Database,
  migrations: Migrations,
): Promise<readonly string[]> {
  const files = await readMigrations(migrations.folder);
  const schema = checkedSchema(migrations.schema);
  return database.connection().execute(async (session) => {
    await sql`select pg_advisory_lock(hashtextextended(${`${schema}.migrations`}, 0))`.execute(
      session,
    );
    try {
      const pending = unapplied(files, await appliedMigrations(session, schema));
      for (const migration of pending) await apply(session, schema, migration);
      return pending.map(({ name }) => name);
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended(${`${schema}.migrations`}, 0))`.execute(
        session,
      );
    }
  });
}

/** The files that are still to be applied, or an error that says how history and folder differ. */
function unapplied(
  files: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  for (const [index, before] of applied.entries()) {
    const file = files[index];
    if (file === undefined) {
      throw refusal(
        `the database is newer than this code: it has ${before.name}, and the newest file here is ${files.at(-1)?.name ?? "none"}. Update Waypost, or connect to another database`,
      );
    }
    if (file.name !== before.name) {
      throw refusal(
        `expected ${before.name} as file number ${index + 1}, as the database has it, found ${file.name}. Restore the missing file and give new ones the next free number`,
      );
    }
    if (file.hash !== before.hash) {
      throw refusal(
        `${file.name} was changed after it had been applied. Restore it, and put the change into a new file with the next free number`,
      );
    }
  }
  return files.slice(applied.length);
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).toSorted();
  const numbers = names.map((name) => name.slice(0, 4));
  const twice = numbers.find((number, index) => number === numbers[index + 1]);
  if (twice !== undefined) {
    throw refusal(
      `${folder}: expected one file with the number ${twice}, found two. Give the newer one the next free number`,
    );
  }
  return Promise.all(names.map((name) => readMigration(folder, name)));
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const text = await readFile(join(folder, name), "utf8");
  // A checkout on Windows may have turned the line ends; that is no change.
  const hash = createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex");
  return { name, hash, sql: text };
}

async function appliedMigrations(
  session: Kysely<Tables>,
  schema: string,
): Promise<readonly AppliedMigration[]> {
  // Not "if not exists": that asks for the right to create schemas even where an administrator has made this one.
  const { rows: there } = await sql`select from pg_namespace where nspname = ${schema}`.execute(
    session,
  );
  if (there.length === 0) await sql`create schema ${sql.id(schema)}`.execute(session);
  const table = sql.id(schema, "migrations");
  await sql`create table if not exists ${table} (
    name text primary key,
    hash text not null,
    applied_at timestamptz not null default clock_timestamp()
  )`.execute(session);
  const { rows } =
    await sql<AppliedMigration>`select name, hash from ${table} order by name`.execute(session);
  return rows;
}

async function apply(session: Kysely<Tables>, schema: string, migration: Migration): Promise<void> {
  try {
    await session.transaction().execute(async (transaction) => {
      await sql`set local search_path to ${sql.id(schema)}, public`.execute(transaction);
      await sql.raw(migration.sql).execute(transaction);
      await sql`insert into ${sql.id(schema, "migrations")} (name, hash) values (${migration.name}, ${migration.hash})`.execute(
        transaction,
      );
    });
  } catch (error) {
    throw new WaypostError("WAYPOST_DATABASE", `migrations/${migration.name}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function refusal(message: string): WaypostError {
  return new WaypostError("WAYPOST_DATABASE", `migrations: ${message}`);
}
