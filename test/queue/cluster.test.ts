import { afterAll, describe, expect, it, test } from "vitest";
import type { QueuePlace } from "../../src/queue/backend.ts";
import { readRedisAddress } from "../../src/queue/redis-address.ts";
import { aCarrier } from "../message/ledger.ts";
import { aDatabase } from "../support/database.ts";
import { startRedisCluster } from "../support/redis-cluster.ts";
import { aWorker, applied, countIn, signUps, until, welcome } from "./house.ts";

const database = await aDatabase({ maxConnections: 20 });
const cluster = await startRedisCluster();
afterAll(() => cluster?.stop());
if (cluster === undefined)
  process.stderr.write("\n!! redis-server is missing: the test of Redis Cluster is NOT run.\n");

describe.skipIf(cluster === undefined)("on a Redis Cluster of three nodes", () => {
  it("two workers take everybody to the provider once, and the whole clockwork is on one node", async () => {
    const place: QueuePlace = { kind: "redis", url: cluster?.url ?? "", prefix: "clustered" };
    await applied(database, welcome);
    await signUps(database, 300);
    const { carrier, handed } = aCarrier();
    const workers = [
      await aWorker(database, place, { email: carrier }),
      await aWorker(database, place, { email: carrier }),
    ];
    await workers[0]?.wake.engine("react");
    await until(async () => (await countIn(database, "accepted")) === 300);
    for (const worker of workers) await worker.stop();
    expect(new Set(handed.map(({ deliveryId }) => deliveryId)).size).toBe(300);
    expect(handed).toHaveLength(300);
    const kept = await Promise.all((cluster?.nodes ?? []).map((node) => node.keys("*")));
    expect(kept.filter((keys) => keys.length > 0)).toHaveLength(1);
    expect(kept.flat().every((key) => key.startsWith("{clustered}:"))).toBe(true);
  });

  it("is described by one of its nodes", async () => {
    const place: QueuePlace = { kind: "redis", url: cluster?.url ?? "", prefix: "clustered" };
    const worker = await aWorker(database, place, { email: aCarrier().carrier });
    expect(await worker.backend.server?.()).toMatchObject({ redis_mode: "cluster" });
    expect(await worker.backend.notes?.read()).toContain('"beat"');
    await worker.stop();
  });
});

test("an address names one Redis, or nodes of a cluster with what they all want to hear", () => {
  expect(readRedisAddress("redis://host:6379/2")).toEqual({
    kind: "one",
    url: "redis://host:6379/2",
  });
  expect(readRedisAddress("rediss://ada:p%40ss:word@a:1,b,[::1]:3")).toEqual({
    kind: "cluster",
    nodes: [
      { host: "a", port: 1 },
      { host: "b", port: 6379 },
      { host: "::1", port: 3 },
    ],
    username: "ada",
    password: "p@ss:word",
    isEncrypted: true,
  });
  expect(readRedisAddress("redis://a:7000?cluster=true")).toMatchObject({ kind: "cluster" });
  for (const strange of ["redis://a:1,b:2/3", "redis://a:1,,b:2", "redis://a:1,b:x"])
    expect(readRedisAddress(strange)).toBeUndefined();
});
