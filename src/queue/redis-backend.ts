import { type ConnectionOptions, Queue, Worker } from "bullmq";
import { Cluster, Redis } from "ioredis";
import { WaypostError, reasonOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Notes, QueueBackend, QueuePlace, Traced } from "./backend.ts";
import { JobsAtWork, kept } from "./kept.ts";
import { type RedisAddress, readRedisAddress } from "./redis-address.ts";

type RedisPlace = Extract<QueuePlace, { kind: "redis" }>;
type Connection = Redis | Cluster;

/** How long a command may be tried again: a wake-up that cannot be written soon fails, a worker waits for ever. */
type Patience = 1 | null;

/** The queues on one Redis or on a Redis Cluster; the braces of the prefix keep all of them on one node (docs/scaling.md). */
export async function openRedis(
  place: RedisPlace,
  log: Log,
  traced: Traced = {},
): Promise<QueueBackend> {
  const address = readRedisAddress(place.url);
  if (address === undefined)
    throw new WaypostError(
      "WAYPOST_CONFIG",
      'REDIS_URL: expected an address such as "redis://host:6379", or "redis://a:6379,b:6379" for a Redis Cluster',
    );
  const notes = notesIn(address, `{${place.prefix}}:heartbeat`);
  await reach(address);
  const prefix = `{${place.prefix}}`;
  const join = <Opened extends Parameters<typeof kept>[0]>(
    patience: Patience,
    open: (connection: ConnectionOptions) => Opened,
    jobs = new JobsAtWork(),
  ): Opened => {
    if (address.kind === "one")
      return kept(open({ url: address.url, maxRetriesPerRequest: patience }), log, { jobs });
    const cluster = connect(address, patience);
    return kept(open(cluster), log, { jobs, onClosed: () => cluster.disconnect() });
  };
  return {
    place,
    notes,
    server: () => describeServer(address),
    queue: (name) => join(1, (connection) => new Queue(name, { ...traced, connection, prefix })),
    worker: (name, work, options) => {
      const jobs = new JobsAtWork();
      const open = (connection: ConnectionOptions) =>
        new Worker(name, jobs.watched(work), { ...options, ...traced, connection, prefix });
      return join(null, open, jobs);
    },
  };
}

/** A connection of our own, made anew as long as it is wanted. */
function connect(address: RedisAddress, patience: Patience, isEager = false): Connection {
  const once = isEager ? { retryStrategy: () => null, connectTimeout: 5000 } : {};
  const common = { maxRetriesPerRequest: patience, lazyConnect: isEager, ...once };
  if (address.kind === "one") {
    const redis = new Redis(address.url, common);
    redis.on("error", () => {});
    return redis;
  }
  const { username, password, isEncrypted } = address;
  const cluster = new Cluster([...address.nodes], {
    lazyConnect: isEager,
    ...(isEager && { clusterRetryStrategy: () => null }),
    // The certificate is made out to the name; a cluster's nodes name one another by address.
    dnsLookup: (host, done) => done(null, host),
    redisOptions: {
      ...common,
      ...(username !== null && { username }),
      ...(password !== null && { password }),
      ...(isEncrypted && { tls: {} }),
    },
  });
  cluster.on("error", () => {});
  return cluster;
}

/** A connection for one question: twice in half a minute, and none that has to be closed at the end. */
async function ask<T>(
  address: RedisAddress,
  question: (redis: Connection) => Promise<T>,
): Promise<T> {
  const redis = connect(address, 1, true);
  try {
    await redis.connect();
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

async function reach(address: RedisAddress): Promise<void> {
  await ask(address, (redis) => redis.get("{waypost}")).catch((cause: unknown) => {
    const where =
      address.kind === "one"
        ? `a Redis server at ${URL.parse(address.url)?.host ?? "the address in REDIS_URL"}`
        : `a Redis Cluster at ${address.nodes.map(({ host, port }) => `${host}:${port}`).join(", ")}`;
    throw new WaypostError(
      "WAYPOST_DATABASE",
      `REDIS_URL: expected ${where}, got "${reasonOf(cause)}"; start it, or unset REDIS_URL to keep the queues in Postgres`,
      { cause },
    );
  });
}

function notesIn(address: RedisAddress, key: string): Notes {
  return {
    read: () => ask(address, (redis) => redis.get(key)).catch(() => null),
    write: async (text) =>
      void (await ask(address, (redis) => redis.set(key, text)).catch(() => {})),
  };
}

/** What `INFO` says, of one node where there are several. */
async function describeServer(address: RedisAddress): Promise<Readonly<Record<string, string>>> {
  const text = await ask(address, (redis) => redis.info());
  return Object.fromEntries(
    text.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(":");
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)]] : [];
    }),
  );
}
