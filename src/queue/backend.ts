import { Queue, Worker, createPostgresBackend, runMigrations, withBackend } from "bullmq";
import type { JobsOptions, RepeatOptions, WorkerOptions } from "bullmq";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { WaypostError, reasonOf } from "../errors.ts";
import type { Log } from "../log.ts";

/** Where the queues live. Nothing else in the code knows which it is. */
export type QueuePlace =
  | {
      readonly kind: "redis";
      readonly url: string;
      /** Keeps installations apart that share a Redis. */ readonly prefix: string;
    }
  | { readonly kind: "postgres"; readonly url: string; readonly schema: string };

/** What we use of a BullMQ queue, whatever it is kept in. */
export interface OpenQueue {
  add(name: string, data: JobIds, options: JobsOptions): Promise<unknown>;
  upsertJobScheduler(
    id: string,
    repeat: Omit<RepeatOptions, "key">,
    job: {
      name: string;
      data: JobIds;
      opts: Omit<JobsOptions, "jobId" | "repeat" | "delay" | "deduplication">;
    },
  ): Promise<unknown>;
  removeJobScheduler(id: string): Promise<boolean>;
  getJobSchedulers(): Promise<readonly KeptSchedule[]>;
  getJobCounts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export interface KeptSchedule {
  readonly key: string;
  readonly every?: number;
  readonly pattern?: string;
  readonly tz?: string;
}

export interface OpenWorker {
  close(): Promise<void>;
}

/** A job carries ids and nothing else: it can be lost, doubled or late without harm. */
export interface JobIds {
  readonly journeyId?: number;
  readonly channel?: string;
  readonly lane?: number;
}

export type Work = (job: { readonly name: string; readonly data: JobIds }) => Promise<void>;

/** Of a job that is cut off nothing is lost but its acknowledgement. */
const closeWithinMs = 5000;

/** Makes queues and workers on one backend. */
export interface QueueBackend {
  readonly place: QueuePlace;
  queue(name: string): OpenQueue;
  worker(name: string, work: Work, options: Omit<WorkerOptions, "connection">): OpenWorker;
  /** A line kept outside the database; where the queues are inside it there is no such place. */
  readonly notes?: Notes;
}

/** What cannot be read is null, and what cannot be written is not: the queue's server may be gone for a while. */
export interface Notes {
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}

/** Reaches the backend and prepares it (BullMQ's own tables on Postgres). Throws WAYPOST_DATABASE when it cannot be reached. */
export async function openBackend(place: QueuePlace, log: Log): Promise<QueueBackend> {
  return place.kind === "redis" ? openRedis(place, log) : openPostgres(place, log);
}

type RedisPlace = Extract<QueuePlace, { kind: "redis" }>;
type PostgresPlace = Extract<QueuePlace, { kind: "postgres" }>;

async function openRedis(place: RedisPlace, log: Log): Promise<QueueBackend> {
  const probe = new Redis(place.url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 5000,
  });
  probe.on("error", () => {});
  await probe.connect().catch((cause: unknown) => {
    throw new WaypostError(
      "WAYPOST_DATABASE",
      `REDIS_URL: expected a Redis server at ${hostOf(place.url)}, got "${reasonOf(cause)}"; start it, or unset REDIS_URL to keep the queues in Postgres`,
      { cause },
    );
  });
  await probe.quit();
  const prefix = `{${place.prefix}}`;
  // A wake-up that cannot be written soon fails, rather than keep a job and the end of the worker waiting.
  const impatient = { url: place.url, maxRetriesPerRequest: 1 };
  const patient = { url: place.url, maxRetriesPerRequest: null };
  return {
    place,
    notes: notesIn(place.url, `${prefix}:heartbeat`),
    queue: (name) => kept(new Queue(name, { connection: impatient, prefix }), log),
    worker: (name, work, options) =>
      kept(new Worker(name, work, { ...options, connection: patient, prefix }), log),
  };
}

/** A connection for each reading and writing: twice in half a minute, and none to be closed. */
function notesIn(url: string, key: string): Notes {
  const once = async <T>(act: (redis: Redis) => Promise<T>): Promise<T | null> => {
    const redis = new Redis(url, { retryStrategy: () => null, connectTimeout: 5000 });
    redis.on("error", () => {});
    try {
      return await act(redis);
    } catch {
      return null;
    } finally {
      redis.disconnect();
    }
  };
  return {
    read: () => once((redis) => redis.get(key)),
    write: async (text) => void (await once((redis) => redis.set(key, text))),
  };
}

async function openPostgres(place: PostgresPlace, log: Log): Promise<QueueBackend> {
  const pool = new Pool({ connectionString: place.url, max: 1, connectionTimeoutMillis: 15_000 });
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client, place.schema);
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
  const connection = { connectionString: place.url, schema: place.schema, max: 3 };
  return {
    place,
    queue: (name) => kept(new bound.Queue(name, { connection }), log),
    worker: (name, work, options) =>
      kept(new bound.Worker(name, work, { ...options, connection }), log),
  };
}

interface Connected {
  on(event: "error", listener: (error: Error) => void): unknown;
  close(): Promise<void>;
  disconnect(): Promise<void>;
}

/**
 * Keeps a queue or worker from harming us when its server is gone. An unheard "error" event would end the process (BullMQ
 * reconnects by itself), and closing would wait for the server to come back: so what cannot be closed in time is cut off.
 */
function kept<Source extends Connected>(source: Source, log: Log): Source {
  source.on("error", (error) =>
    log.warn({ error: error.message }, "the queue's connection broke; it is being re-made"),
  );
  const close = source.close.bind(source);
  return Object.assign(source, {
    async close() {
      const settled = Promise.withResolvers<void>();
      const cut = setTimeout(() => {
        log.warn({}, "the queue's server does not answer; its connection is cut");
        source.disconnect().catch(() => {});
        settled.resolve();
      }, closeWithinMs);
      close().then(settled.resolve, settled.resolve);
      await settled.promise;
      clearTimeout(cut);
    },
  });
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "the address in REDIS_URL";
}
