import { createPostgresBackend, runMigrations, withBackend } from "bullmq";
import { Pool, type PoolClient } from "pg";
import { keepAlive } from "../database/keep-alive.ts";
import { WaypostError, reasonOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { QueueBackend, QueuePlace, Traced } from "./backend.ts";
import { JobsAtWork, kept } from "./kept.ts";
import { openRedis } from "./redis-backend.ts";

/** Reaches the backend and prepares it (BullMQ's own tables on Postgres). Throws WAYPOST_DATABASE when it cannot be reached. */
export async function openBackend(
  place: QueuePlace,
  log: Log,
  traced: Traced = {},
): Promise<QueueBackend> {
  return place.kind === "redis" ? openRedis(place, log, traced) : openPostgres(place, log, traced);
}

type PostgresPlace = Extract<QueuePlace, { kind: "postgres" }>;

async function openPostgres(place: PostgresPlace, log: Log, traced: Traced): Promise<QueueBackend> {
  const pool = new Pool({ connectionString: place.url, max: 1, connectionTimeoutMillis: 15_000 });
  try {
    const client = await pool.connect();
    try {
      await runMigrations(await withoutRights(client, place.schema), place.schema);
    } finally {
      client.release();
    }
  } catch (cause) {
    throw new WaypostError(
      "WAYPOST_DATABASE",
      `queues: expected to prepare the schema "${place.schema}" in the database, got "${reasonOf(cause)}"; check DATABASE_URL and its rights`,
      { cause },
    );
  } finally {
    await pool.end();
  }
  const bound = withBackend(createPostgresBackend);
  const connection = { connectionString: place.url, schema: place.schema, max: 3, ...keepAlive };
  return {
    place,
    queue: (name) => kept(new bound.Queue(name, { ...traced, connection }), log),
    worker: (name, work, options) => {
      const jobs = new JobsAtWork();
      const given = { ...options, ...traced, connection };
      return kept(new bound.Worker(name, jobs.watched(work), given), log, { jobs });
    },
  };
}

/**
 * BullMQ creates its schema "if not exists", for which Postgres asks the right to create schemas even where there is
 * nothing to create. A role that may not, and whose administrator has made the schema, is not asked.
 */
async function withoutRights(
  client: PoolClient,
  schema: string,
): Promise<Parameters<typeof runMigrations>[0]> {
  const { rows } = await client.query("select from pg_namespace where nspname = $1", [schema]);
  if (rows.length === 0) return client;
  const query = (text: string, values?: unknown[]) =>
    client.query(text.startsWith("CREATE SCHEMA IF NOT EXISTS") ? "select" : text, values);
  return Object.assign(Object.create(client) as PoolClient, { query });
}
