import { sql } from "kysely";
import { afterAll, inject } from "vitest";
import { type Database, connect } from "../../src/database/database.ts";
import { dropDatabase, runSql, withDatabase } from "./server.ts";

const urls = new WeakMap<Database, string>();
let copies = 0;

/**
 * A migrated, empty database of the calling file's own, dropped after its last test. Call it at the top of a test file
 * or in `beforeAll`; empty it between cases with `freshTables`.
 */
export async function aDatabase(options: { maxConnections?: number } = {}): Promise<Database> {
  const templateUrl = inject("templateUrl");
  const template = new URL(templateUrl).pathname.slice(1);
  const serverUrl = withDatabase(templateUrl, "postgres");
  const name = `${template}_${process.pid}_${(copies += 1)}`;
  await runSql(serverUrl, `create database ${name} template ${template}`);
  const url = withDatabase(templateUrl, name);
  const database = connect({
    url,
    schema: "waypost",
    maxConnections: options.maxConnections ?? 10,
    applicationName: "test",
  });
  urls.set(database, url);
  afterAll(async () => {
    await database.destroy();
    await dropDatabase(serverUrl, name);
  });
  return database;
}

/** Where `aDatabase` put it, for what connects by itself: BullMQ, a worker process, a second pool. */
export function urlOf(database: Database): string {
  const url = urls.get(database);
  if (url === undefined) throw new Error("urlOf: expected a database made by aDatabase()");
  return url;
}

/**
 * Empties every table but the migrations' own, and starts the ids from 1 again. Deletes past the foreign keys: with
 * thirty mostly empty tables that is ten times as fast as TRUNCATE.
 */
export async function freshTables(database: Database): Promise<void> {
  await sql`
    do $$
    declare
      name text;
      filled boolean;
    begin
      set local session_replication_role = replica;
      for name in select relname from pg_class
        where relnamespace = 'waypost'::regnamespace and relkind in ('r', 'p') and not relispartition
          and relname <> 'migrations'
      loop
        execute format('select exists (select from %I)', name) into filled;
        if filled then execute format('delete from %I', name); end if;
      end loop;
      perform setval(format('%I.%I', schemaname, sequencename), 1, false) from pg_sequences
        where schemaname = 'waypost' and last_value is not null;
    end $$`.execute(database);
}

/** The Redis of this run; undefined where there is none (the run has said so at its head). */
export function redisUrl(): string | undefined {
  return inject("redisUrl");
}

/** The browser of this machine; undefined where there is none. */
export function chromium(): string | undefined {
  return inject("chromium");
}
