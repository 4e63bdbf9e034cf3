import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillCustomers } from "../bench/population.ts";
import type { Closers } from "../bench/closers.ts";
import { type Database, connect } from "../src/database/database.ts";
import { migrate } from "../src/database/migrate.ts";
import { dropDatabase, runSql, withDatabase } from "../test/support/server.ts";
import type { Queues } from "./scenario.ts";
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from "./servers.ts";

export const migrations = fileURLToPath(new URL("../migrations", import.meta.url));

/** The servers of a run, and a folder that is removed when it ends. */
export interface Ground {
  readonly folder: string;
  readonly postgres: PostgresServer;
  readonly redis: RedisServer | undefined;
  readonly closers: Closers;
  /** A migrated database of one scenario's own, with so many customers who agreed to everything. */
  fresh(customers: number): Promise<Fresh>;
  /** Another database with all that is in this one; dropped with the server. */
  copy(url: string): Promise<string>;
}

export interface Fresh {
  readonly database: Database;
  readonly url: string;
  drop(): Promise<void>;
}

export async function prepareGround(closers: Closers, queues: Queues): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), "waypost-chaos-"));
  // As root its Postgres is another user, who has to get in here.
  chmodSync(folder, 0o755);
  closers.add(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const postgres = await startPostgres(folder, closers);
  const redis = queues === "redis" ? await startRedis(folder, closers) : undefined;
  const filled = new Set<number>();
  let copies = 0;
  return {
    folder,
    postgres,
    redis,
    closers,
    async fresh(customers) {
      if (!filled.has(customers)) await fill(postgres.url, customers);
      filled.add(customers);
      const name = `chaos_${(copies += 1)}`;
      await runSql(postgres.url, `create database ${name} template people_${customers}`);
      return open(postgres.url, name);
    },
    async copy(url) {
      const original = new URL(url).pathname.slice(1);
      await runSql(
        postgres.url,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${original}'`,
      );
      await runSql(postgres.url, `create database ${original}_copy template ${original}`);
      return withDatabase(postgres.url, `${original}_copy`);
    },
  };
}

/** Scenarios get a copy of it. */
async function fill(serverUrl: string, customers: number): Promise<void> {
  await runSql(serverUrl, `create database people_${customers}`);
  const { database } = open(serverUrl, `people_${customers}`);
  await migrate(database, { folder: migrations, schema: "waypost" });
  await fillCustomers(database, customers);
  await database.destroy();
}

function open(serverUrl: string, name: string): Fresh {
  const url = withDatabase(serverUrl, name);
  const applicationName = "chaos";
  const database = connect({ url, schema: "waypost", maxConnections: 4, applicationName });
  return {
    database,
    url,
    async drop() {
      await database.destroy();
      await dropDatabase(serverUrl, name);
    },
  };
}
