import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Closers } from "../bench/closers.ts";
import { type Database, connect } from "../src/database/database.ts";
import { migrate } from "../src/database/migrate.ts";
import { dropDatabase, runSql, withDatabase } from "../test/support/server.ts";
import { watchCommits } from "./commits.ts";
import type { Release } from "./release.ts";
import type { Queues } from "./scenario.ts";
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from "./servers.ts";

/** The servers of a run, and a folder that is removed when it ends. */
export interface Ground {
  readonly folder: string;
  readonly postgres: PostgresServer;
  readonly redis: RedisServer | undefined;
  readonly closers: Closers;
  /** A database of one scenario's own as that release has it, with so many customers who agreed to everything. */
  fresh(customers: number, release: Release): Promise<Fresh>;
  /** Another database with all that is in this one; dropped with the server. */
  copy(url: string): Promise<string>;
}

export type StartPostgres = (folder: string, closers: Closers) => Promise<PostgresServer>;

export interface Fresh {
  readonly database: Database;
  readonly url: string;
  drop(): Promise<void>;
}

export async function prepareGround(
  closers: Closers,
  queues: Queues,
  start: StartPostgres = startPostgres,
): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), "waypost-chaos-"));
  // As root its Postgres is another user, who has to get in here.
  chmodSync(folder, 0o755);
  closers.add(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const postgres = await start(folder, closers);
  const redis = queues === "redis" ? await startRedis(folder, closers) : undefined;
  const filled = new Map<string, string>();
  let copies = 0;
  return {
    folder,
    postgres,
    redis,
    closers,
    async fresh(customers, release) {
      const kind = `${customers} ${release.migrations}`;
      const people = filled.get(kind) ?? `people_${filled.size + 1}`;
      if (!filled.has(kind)) await fill(postgres.url, people, customers, release);
      filled.set(kind, people);
      const name = `chaos_${(copies += 1)}`;
      await runSql(postgres.url, `create database ${name} template ${people}`);
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
async function fill(
  serverUrl: string,
  name: string,
  customers: number,
  release: Release,
): Promise<void> {
  await runSql(serverUrl, `create database ${name}`);
  const { database } = open(serverUrl, name);
  await migrate(database, { folder: release.migrations, schema: "waypost" });
  await release.fillCustomers(database, customers);
  await watchCommits(database);
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
