import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { WaypostError } from "../errors.ts";
import type { Binaries } from "./embedded-binaries.ts";
import { type Place, giveTo, runAs } from "./embedded-place.ts";

/** The one port of a server that listens on a unix socket: only a part of the socket's name. */
const SOCKET_PORT = 5432;

/** What the kernel allows for a socket's path, on Linux and on macOS alike. */
const LONGEST_SOCKET_PATH = 103;

/**
 * Makes the data directory, unless it is there. It is built beside its place and appears by a rename, so that a kill
 * leaves no half of one, and of two processes that make one at once the second takes the first's.
 */
export function ensureData(place: Place, binaries: Binaries, durable: boolean): void {
  if (existsSync(place.data)) return checkVersion(place, binaries);
  ensurePassword(place);
  const unfinished = `${place.data}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  chmodSync(unfinished, 0o700);
  giveTo(place.account, unfinished);
  const { status, stderr } = spawnSync(
    join(binaries.folder, "bin", "initdb"),
    [
      "-D",
      unfinished,
      "-U",
      "waypost",
      "--pwfile",
      place.password,
      ...LAYOUT,
      ...(durable ? [] : ["--no-sync"]),
    ],
    { ...runAs(place.account), encoding: "utf8" },
  );
  try {
    if (status === 0) renameSync(unfinished, place.data);
  } catch (error) {
    if (!existsSync(place.data)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  if (!existsSync(place.data)) {
    throw new WaypostError(
      "WAYPOST_DATABASE",
      `${place.data}: initdb failed: ${stderr.trim()}. Mend that, or set DATABASE_URL`,
    );
  }
}

const LAYOUT = [
  "--encoding=UTF8",
  "--locale=C",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  // The socket lies in the data directory, which nobody but its owner may enter.
  "--auth-local=trust",
  "--auth-host=scram-sha-256",
];

/** Made whole under another name first: of two processes that make one at once, both use the one that stands. */
function ensurePassword(place: Place): void {
  if (existsSync(place.password)) return;
  const unfinished = `${place.password}.${process.pid}`;
  writeFileSync(unfinished, randomBytes(24).toString("hex"), { mode: 0o600 });
  giveTo(place.account, unfinished);
  try {
    linkSync(unfinished, place.password);
  } catch (error) {
    if (!existsSync(place.password)) throw error;
  } finally {
    rmSync(unfinished);
  }
}

function checkVersion(place: Place, binaries: Binaries): void {
  const file = join(place.data, "PG_VERSION");
  const found = existsSync(file) ? readFileSync(file, "utf8").trim() : "none";
  if (found === binaries.major) return;
  throw new WaypostError(
    "WAYPOST_DATABASE",
    `${place.data}: expected the data of PostgreSQL ${binaries.major}, which this Waypost embeds, found that of ${found}. ` +
      `Keep the Waypost that made it, or dump it from there and load it here, or set DATABASE_URL`,
  );
}

/** Settings of the server, given anew at every start. */
export async function serverSettings(
  place: Place,
  durable: boolean,
): Promise<Record<string, string>> {
  return {
    ...(await address(place)),
    ...(durable ? {} : { fsync: "off", full_page_writes: "off" }),
    synchronous_commit: durable ? "on" : "off",
    max_connections: "200",
    shared_buffers: "128MB",
    dynamic_shared_memory_type: sharedMemory(),
    // There are no replicas: less is written for tables that are filled in the transaction that makes them.
    wal_level: "minimal",
    max_wal_senders: "0",
    max_wal_size: "2GB",
    random_page_cost: "1.1",
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    log_checkpoints: "off",
  };
}

/** A unix socket where there are such and its path is not too long, else loopback with a password. */
async function address(place: Place): Promise<Record<string, string>> {
  const socket = join(place.data, `.s.PGSQL.${SOCKET_PORT}`);
  if (process.platform !== "win32" && Buffer.byteLength(socket) <= LONGEST_SOCKET_PATH) {
    return {
      listen_addresses: "",
      port: String(SOCKET_PORT),
      unix_socket_directories: `"${place.data.replaceAll('"', '""')}"`,
      unix_socket_permissions: "0700",
    };
  }
  return {
    listen_addresses: "127.0.0.1",
    port: String(await freePort()),
    unix_socket_directories: "",
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === "object" && bound !== null ? bound.port : 0));
    });
  });
}

/** Containers give /dev/shm 64 MB, which one parallel query over millions of rows can fill. */
function sharedMemory(): string {
  if (process.platform === "win32") return "windows";
  if (!existsSync("/dev/shm")) return process.platform === "linux" ? "mmap" : "posix";
  const { bsize, blocks } = statfsSync("/dev/shm");
  return bsize * blocks < 512 * 1024 * 1024 ? "mmap" : "posix";
}
