import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { startEmbedded } from "../../src/database/embedded.ts";

export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** The server named by WAYPOST_TEST_DATABASE_URL, or one of our own that ends with the run. */
export async function startServer(): Promise<Server> {
  const given = process.env["WAYPOST_TEST_DATABASE_URL"];
  if (given !== undefined && given !== "") return { url: given, stop: () => Promise.resolve() };
  const folder = mkdtempSync(join(tmpdir(), "waypost-test-"));
  // As root its Postgres is another user, who has to get in here.
  chmodSync(folder, 0o755);
  const server = await startEmbedded({ folder, durable: false });
  return {
    url: server.url,
    stop: async () => {
      // A test that failed may have left a connection, which would keep the server alive.
      await runSql(server.url, TERMINATE);
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const TERMINATE = `select pg_terminate_backend(pid) from pg_stat_activity
  where backend_type = 'client backend' and pid <> pg_backend_pid()`;

/** The same server, another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
}

export async function runSql(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Connections that are just being closed, which nobody hears any more, have a second to be gone by themselves. */
export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await runSql(
    serverUrl,
    `do $$ begin
      for turn in 1..20 loop
        exit when not exists (select from pg_stat_activity where datname = '${name}' and backend_type = 'client backend');
        perform pg_stat_clear_snapshot(), pg_sleep(0.05);
      end loop;
    end $$`,
  );
  await runSql(serverUrl, `drop database if exists ${name} with (force)`);
}

const HOUR = 3_600_000;

/** Databases of runs that were killed more than an hour ago, on a server that outlives its runs. */
export async function dropLeftovers(serverUrl: string): Promise<void> {
  const rows = await runSql(
    serverUrl,
    "select datname from pg_database where datname like 'waypost\\_test\\_%'",
  );
  for (const { datname } of rows) {
    const startedAt = Number.parseInt(String(datname).split("_")[2] ?? "", 36);
    if (Date.now() - startedAt > HOUR) await dropDatabase(serverUrl, String(datname));
  }
}
