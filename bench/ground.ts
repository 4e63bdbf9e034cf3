import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { type ForkedStub, forkProviderStub } from "../src/channel/provider-stub-process.ts";
import { type Database, connect } from "../src/database/database.ts";
import { startEmbedded } from "../src/database/embedded.ts";
import { migrate } from "../src/database/migrate.ts";
import { dropDatabase, runSql, withDatabase } from "../test/support/server.ts";
import type { Closers } from "./closers.ts";
import { type Measured, forkMeasured } from "./measured-process.ts";
import { advanceAll, applyText, enterAll, onSchedule } from "./journey.ts";
import { fillCustomers } from "./population.ts";
import { writeProject } from "./project.ts";
import { startRedis } from "./redis.ts";
import { countStatements, topStatements } from "./statements.ts";
import type { Sizes } from "./sizes.ts";

export type Queues = "postgres" | "redis";

export type Content = "nobody" | "customers" | "planned";

/** A migrated database of one measurement's own. */
export interface Fresh {
  readonly database: Database;
  readonly url: string;
  drop(): Promise<void>;
}

/** What every measurement stands on: servers of the run's own, and a project in a temporary folder. */
export interface Ground {
  readonly sizes: Sizes;
  /** Of the run's own; everything in it is removed at the end. */
  readonly folder: string;
  readonly queues: readonly Queues[];
  readonly closers: Closers;
  /** A file of the user's own to import, and its mapping. */
  readonly file: { readonly path: string; readonly mapping: string | undefined } | undefined;
  /** A database with nobody in it, with the customers of the run, or with a message planned for each of these. */
  fresh(content: Content): Promise<Fresh>;
  /** A stub of SendGrid in a process of its own. */
  stub(): Promise<ForkedStub>;
  /** A process of ours that is measured, as `waypost` would run it. */
  measured(database: Fresh, given: Environment): Promise<Measured>;
  /** Of the run's Redis, emptied. */
  redisUrl(): Promise<string>;
  /** Says which statements took the database's time, when that is asked for. */
  sayStatements(database: Database): Promise<void>;
  say(text: string): void;
}

export interface Environment {
  readonly queues: Queues;
  readonly sendgridUrl?: string;
  /** What the provider's reports are verified with. */
  readonly webhookKey?: string;
}

export interface GroundOptions {
  readonly sizes: Sizes;
  readonly queues: readonly Queues[];
  readonly file: Ground["file"];
  /** Where the measured processes leave their CPU profiles. */
  readonly profile: string | undefined;
  /** Whether the database keeps account of its statements, which costs it a few per cent. */
  readonly statements: boolean;
  say(text: string): void;
}

const migrations = fileURLToPath(new URL("../migrations", import.meta.url));
const secret = "the bench signs its links with this";

export async function prepareGround(options: GroundOptions, closers: Closers): Promise<Ground> {
  const { sizes, say } = options;
  const folder = mkdtempSync(join(tmpdir(), "waypost-bench-"));
  // As root its Postgres is another user, who has to get in here.
  chmodSync(folder, 0o755);
  closers.add(() => rmSync(folder, { recursive: true, force: true }));
  writeProject(folder);
  if (options.statements) await countStatements(folder);
  const server = await startEmbedded({ folder });
  closers.add(async () => {
    // A measured process that died may have left a connection, which would keep the server alive.
    await runSql(server.url, terminate);
    await server.stop();
  });
  const redis = await redisFor(options, folder, closers);
  say(`filling a database with ${sizes.customers} customers`);
  await makeTemplate(server.url, "nobody", async (database) => {
    await migrate(database, { folder: migrations, schema: "waypost" });
  });
  await makeTemplate(
    server.url,
    "customers",
    (database) => fillCustomers(database, sizes.customers),
    "nobody",
  );
  const planned = once(() => makeTemplate(server.url, "planned", planForAll, "customers"));
  const redisUrl = async () => {
    await redis?.empty();
    return redis?.url ?? "";
  };
  let copies = 0;
  return {
    sizes,
    folder,
    closers,
    say,
    file: options.file,
    queues: redis === undefined ? ["postgres"] : options.queues,
    async fresh(content) {
      if (content === "planned") await planned();
      const name = `bench_${(copies += 1)}`;
      await runSql(server.url, `create database ${name} template ${content}`);
      return open(server.url, name);
    },
    redisUrl,
    async stub() {
      const stub = await forkProviderStub({ seed: "bench" });
      // Ctrl-C reaches it as well as us, and may have ended it already.
      closers.add(() => stub.close().catch(() => {}));
      return stub;
    },
    async sayStatements(database) {
      if (options.statements) say(await topStatements(database));
    },
    async measured({ url }, given) {
      const queuesUrl = given.queues === "redis" ? await redisUrl() : undefined;
      return forkMeasured({
        folder,
        profile: options.profile,
        closers,
        environment: {
          DATABASE_URL: url,
          LOG_LEVEL: "error",
          WAYPOST_SECRET: secret,
          WAYPOST_URL: "https://mail.shop.example",
          ...(queuesUrl === undefined ? {} : { REDIS_URL: queuesUrl }),
          ...(given.sendgridUrl === undefined
            ? {}
            : { SENDGRID_API_KEY: "key", SENDGRID_BASE_URL: given.sendgridUrl }),
          ...(given.webhookKey === undefined ? {} : { SENDGRID_WEBHOOK_KEY: given.webhookKey }),
        },
      });
    },
  };
}

const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
  where backend_type = 'client backend' and pid <> pg_backend_pid()`;

async function redisFor({ queues, say }: GroundOptions, folder: string, closers: Closers) {
  if (!queues.includes("redis")) return undefined;
  const redis = await startRedis(folder, closers);
  if (redis === undefined)
    say(
      "\n!! Redis is missing: nothing is measured with the queues in Redis.\n!! To measure it: apt-get install redis-server.\n",
    );
  return redis;
}

/** Measurements get a copy of it, which takes a moment where filling it takes many. */
async function makeTemplate(
  serverUrl: string,
  name: Content,
  fill: (database: Database) => Promise<void>,
  from = "template1",
): Promise<void> {
  await runSql(serverUrl, `create database ${name} template ${from}`);
  const { database } = open(serverUrl, name);
  await fill(database);
  await database.destroy();
}

async function planForAll(database: Database): Promise<void> {
  const now = new Date();
  const journey = await applyText(database, onSchedule("[{ send: news, by: email }]"), now);
  await enterAll(database, journey, now);
  await advanceAll(database, now);
  await sql`vacuum analyze enrollments, messages`.execute(database);
}

function once(make: () => Promise<void>): () => Promise<void> {
  let made: Promise<void> | undefined;
  return () => (made ??= make());
}

function open(serverUrl: string, name: string): Fresh {
  const url = withDatabase(serverUrl, name);
  const database = connect({
    url,
    schema: "waypost",
    maxConnections: 4,
    applicationName: "bench",
  });
  return {
    database,
    url,
    async drop() {
      await database.destroy();
      await dropDatabase(serverUrl, name);
    },
  };
}
