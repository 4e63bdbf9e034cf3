import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Closers } from "../bench/closers.ts";
import { startEmbedded } from "../src/database/embedded.ts";
import { findPlace } from "../src/database/embedded-place.ts";
import { freePort } from "../test/support/free-port.ts";
import { runSql } from "../test/support/server.ts";

/** A Postgres of the run's own that keeps what it commits, as a company's does. */
export interface PostgresServer {
  readonly url: string;
  /** As `pg_ctl restart -m immediate`: no checkpoint, no goodbye, recovery from the log. */
  restart(): Promise<void>;
  /** Where its data lies on a disk that can be filled. */
  readonly disk?: Disk;
  /** Where another server follows it, which has what is committed. */
  readonly standby?: Standby;
}

export interface Disk {
  /** Not another byte fits. */
  fill(): Promise<void>;
  /** There is room again, and the server runs: as a supervisor would, this starts it where it ended. */
  free(): Promise<void>;
}

export interface Standby {
  /** The server dies with all its processes, and the other takes its place at the same address. */
  takeOver(): Promise<void>;
}

export async function startPostgres(folder: string, closers: Closers): Promise<PostgresServer> {
  const { url } = await startEmbedded({ folder });
  const pid = () =>
    Number(readFileSync(join(findPlace(folder).data, "postmaster.pid"), "utf8").split("\n")[0]);
  const end = async (signal: NodeJS.Signals) => {
    const server = pid();
    if (isAlive(server)) process.kill(server, signal);
    while (isAlive(server)) await pause(10);
  };
  // Whoever is still connected: a scenario that is broken off may be.
  closers.add(() => end("SIGINT"));
  const restart = async () => {
    await end("SIGQUIT");
    const server = await startEmbedded({ folder });
    if (server.url !== url) throw new Error("the database came back at another address");
  };
  // For the oracle, which compares when an attempt was committed with when the provider was asked.
  await runSql(url, "alter system set track_commit_timestamp = on");
  await restart();
  return { url, restart };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A Redis of the run's own that keeps nothing when it ends. */
export interface RedisServer {
  readonly url: string;
  /** Everything it knows is gone. */
  empty(): Promise<void>;
  /** Killed, and started anew with nothing in it. */
  restart(downMs: number): Promise<void>;
  /** From now on it refuses to store anything; 0 lets it again. */
  limitMemory(bytes: number): Promise<void>;
}

export function hasRedis(): boolean {
  return spawnSync("redis-server", ["--version"]).status === 0;
}

export async function startRedis(folder: string, closers: Closers): Promise<RedisServer> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server = launch(folder, port);
  closers.add(() => endRedis(server, "SIGTERM"));
  const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  closers.add(() => client.disconnect());
  await client.ping();
  return {
    url,
    empty: async () => void (await client.flushall()),
    async restart(downMs) {
      await endRedis(server, "SIGKILL");
      await pause(downMs);
      server = launch(folder, port);
      await client.ping();
    },
    limitMemory: async (bytes) => void (await client.config("SET", "maxmemory", bytes)),
  };
}

function launch(folder: string, port: number): ChildProcess {
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const keeping = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"];
  return spawn("redis-server", [...place, ...keeping], { stdio: "ignore" });
}

async function endRedis(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, "exit");
  server.kill(signal);
  await gone;
}
