import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { freePort } from "../test/support/free-port.ts";
import type { Closers } from "./closers.ts";

/** A Redis of the run's own, whatever REDIS_URL says; undefined where there is no `redis-server`. */
export async function startRedis(
  folder: string,
  closers: Closers,
): Promise<{ readonly url: string; empty(): Promise<void> } | undefined> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) return undefined;
  const port = await freePort();
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const child = spawn("redis-server", [...place, "--save", "", "--appendonly", "no"], {
    stdio: "ignore",
  });
  closers.add(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  });
  const client = new Redis(`redis://127.0.0.1:${port}`, {
    retryStrategy: () => 50,
    maxRetriesPerRequest: 100,
  });
  client.on("error", () => undefined);
  closers.add(() => client.disconnect());
  await client.ping();
  return {
    url: `redis://127.0.0.1:${port}`,
    empty: async () => void (await client.flushall()),
  };
}
