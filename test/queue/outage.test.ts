import { Redis } from "ioredis";
import { sql } from "kysely";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/database/database.ts";
import type { QueuePlace } from "../../src/queue/backend.ts";
import { engineQueue } from "../../src/queue/wake.ts";
import { aCarrier, accepted } from "../message/ledger.ts";
import { aDatabase, freshTables, urlOf } from "../support/database.ts";
import { startOwnRedis } from "../support/redis.ts";
import { type Running, aWorker, applied, countIn, signUps, until, welcome } from "./house.ts";

const database = await aDatabase({ maxConnections: 20 });
/** The test's own eye, which is not put out when connections are cut. */
const watcher = connect({
  url: urlOf(database),
  schema: "waypost",
  maxConnections: 1,
  applicationName: "watcher",
});
const redis = await startOwnRedis();
afterAll(async () => {
  await watcher.destroy();
  await redis?.stop();
});
beforeEach(async () => {
  await freshTables(database);
  await applied(database, welcome);
});

const places: readonly (readonly [string, QueuePlace])[] = [
  ["Postgres", { kind: "postgres", url: urlOf(database), schema: "waypost_queue" }],
  ...(redis === undefined
    ? []
    : [["Redis", { kind: "redis", url: redis.url, prefix: "outage" }] as const]),
];

/** Everything the queue knows is gone, whoever is at work on it. */
async function lose(place: QueuePlace): Promise<void> {
  if (place.kind === "redis") {
    const client = new Redis(place.url);
    await client.flushall();
    return void client.disconnect();
  }
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname = ${place.schema} and tablename !~ 'migration|meta'`.execute(database);
  await sql`truncate ${sql.raw(rows.map(({ name }) => name).join(", "))}`.execute(database);
}

/** A provider that takes a moment, so that something is always on its way. */
const aSlowCarrier = (ms = 10) =>
  aCarrier(async () => {
    await new Promise((done) => setTimeout(done, ms));
    return accepted;
  });

describe.each(places)("with its queues in %s, a worker", (_, place) => {
  const running: Running[] = [];
  const start = async (
    ...given: [
      ...(Parameters<typeof aWorker> extends [unknown, unknown, ...infer Rest] ? Rest : never),
    ]
  ) => {
    const worker = await aWorker(database, place, ...given);
    running.push(worker);
    return worker;
  };
  afterEach(async () => {
    for (const worker of running.splice(0)) await worker.stop();
  });

  it("whose queue is lost in the middle goes on, loses nobody and keeps its schedules", async () => {
    await signUps(database, 300);
    const { carrier, handed } = aSlowCarrier();
    const { wake, backend } = await start({ email: carrier }, { heartbeatMs: 200 });
    await wake.engine("react");
    await until(() => handed.length > 50);
    await lose(place);
    await signUps(database, 30);
    await until(async () => (await countIn(database, "accepted")) === 330);
    expect(new Set(handed.map(({ deliveryId }) => deliveryId)).size).toBe(330);
    expect(handed).toHaveLength(330);
    const queue = backend.queue(engineQueue);
    const schedules = await queue.getJobSchedulers();
    await queue.close();
    expect(schedules.map(({ key }) => key).toSorted()).toEqual(["refresh", "sweep", "tidy"]);
  });

  it("whose every connection to the database is cut, again and again, sends to all and to none twice", async () => {
    await signUps(database, 300);
    const { carrier, handed } = aSlowCarrier();
    const { wake } = await start({ email: carrier }, { heartbeatMs: 200, concurrency: 8 });
    await wake.engine("react");
    for (const goal of [20, 80, 150]) {
      await until(() => handed.length > goal);
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name <> 'watcher'`.execute(watcher);
    }
    await until(async () => (await countIn(watcher, "accepted")) === 300);
    expect(handed).toHaveLength(300);
    expect(new Set(handed.map(({ deliveryId }) => deliveryId)).size).toBe(300);
  });

  it("stopped ten times under load leaves no claim and nothing sending or unknown", async () => {
    await signUps(database, 250);
    const { carrier, handed } = aSlowCarrier(5);
    for (let round = 1; round <= 10; round++) {
      const worker = await aWorker(database, place, { email: carrier }, { concurrency: 4 });
      const before = handed.length;
      await worker.wake.engine("sweep");
      await until(() => handed.length > before + 10);
      await worker.stop();
      for (const state of ["sending", "unknown"]) expect(await countIn(database, state)).toBe(0);
      expect(await database.selectFrom("claims").execute()).toEqual([]);
      expect(await countIn(database, "accepted")).toBe(handed.length);
    }
    expect(handed.length).toBeLessThan(400);
  });
});

describe.skipIf(redis === undefined)("a worker whose Redis is gone for good", () => {
  it("delivers what it holds, and can be stopped", { timeout: 60_000 }, async () => {
    const own = await startOwnRedis();
    await signUps(database, 600);
    const { carrier, handed } = aSlowCarrier();
    const place: QueuePlace = { kind: "redis", url: own?.url ?? "", prefix: "gone" };
    const worker = await aWorker(database, place, { email: carrier }, { heartbeatMs: 200 });
    await worker.wake.engine("react");
    await until(() => handed.length > 50);
    await own?.stop();
    await until(async () => (await countIn(database, "accepted")) >= 500);
    await worker.stop();
    expect(await countIn(database, "accepted")).toBe(handed.length);
    for (const state of ["sending", "unknown"]) expect(await countIn(database, state)).toBe(0);
    expect(await database.selectFrom("claims").execute()).toEqual([]);
  });
});
