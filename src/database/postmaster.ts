import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { WaypostError, reasonOf } from "../errors.ts";
import type { Binaries } from "./embedded-binaries.ts";
import { type Place, giveTo, runAs } from "./embedded-place.ts";

/** The server process of a data directory, as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Otherwise it listens on loopback. */
  readonly hasSocket: boolean;
  readonly isReady: boolean;
}

const START_SECONDS = 120;

/**
 * The live server of a data directory. A file left by a crash is no server: its process is gone, or its number went
 * to some other program since; the latter would keep Postgres from starting, so the file is removed.
 */
function findPostmaster(data: string): Postmaster | undefined {
  const file = join(data, "postmaster.pid");
  const text = readIfThere(file);
  const [pid, , , port, socketFolder, , , status] = text.split("\n");
  // Empty for the instant between its creation and its writing.
  if (!(Number(pid) > 0) || !isAlive(Number(pid))) return undefined;
  if (!isServerOf(Number(pid), data)) {
    removeIfStill(file, text);
    return undefined;
  }
  return {
    pid: Number(pid),
    port: Number(port),
    hasSocket: socketFolder?.trim() !== "",
    isReady: status?.trim() === "ready",
  };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Another process may have put a live server's file in its place meanwhile: that one is put back. */
function removeIfStill(file: string, text: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, "utf8") !== text) linkSync(aside, file);
    rmSync(aside);
  } catch {
    // Somebody else removed it first.
  }
}

/** Waits for a server that is starting, recovering or stopping; undefined when it ended or there is none. */
export async function awaitPostmaster(
  data: string,
  starting?: ChildProcess,
): Promise<Postmaster | undefined> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    const postmaster = findPostmaster(data);
    if (postmaster?.isReady === true) return postmaster;
    const ended =
      starting === undefined
        ? postmaster === undefined
        : starting.exitCode !== null || starting.signalCode !== null;
    if (ended) return undefined;
    if (Date.now() > deadline) {
      throw new WaypostError(
        "WAYPOST_DATABASE",
        `${data}: expected the embedded database to be ready within ${START_SECONDS} s, it is still starting or stopping. See ${data}.log`,
      );
    }
    await pause(20);
  }
}

/**
 * Starts the server in a session of its own, so that neither Ctrl-C nor the end of this process takes it along.
 * Undefined when it ended at once, as it does when another process was faster.
 */
export async function launch(
  place: Place,
  binaries: Binaries,
  settings: Readonly<Record<string, string>>,
): Promise<Postmaster | undefined> {
  const log = openSync(place.log, "a", 0o600);
  giveTo(place.account, place.log);
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(join(binaries.folder, "bin", "postgres"), ["-D", place.data, ...options], {
    ...runAs(place.account),
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const failed = new Promise<never>((_, reject) =>
    child.once("error", (error) => reject(startFailure(place, error))),
  );
  child.unref();
  const postmaster = await Promise.race([awaitPostmaster(place.data, child), failed]);
  return postmaster?.pid === child.pid ? postmaster : undefined;
}

/** Ends the server at once but cleanly: open transactions are rolled back, connections closed. */
export function halt(place: Place, binaries: Binaries): void {
  const program = join(binaries.folder, "bin", "pg_ctl");
  const options = ["stop", "-D", place.data, "-m", "fast", "-w", "-t", "60"];
  const { status, stderr } = spawnSync(program, options, {
    ...runAs(place.account),
    encoding: "utf8",
  });
  if (status !== 0 && findPostmaster(place.data) !== undefined) {
    throw new WaypostError(
      "WAYPOST_DATABASE",
      `${place.data}: the embedded database did not stop: ${stderr.trim()}`,
    );
  }
}

export function startFailure(place: Place, cause?: unknown): WaypostError {
  const lines = readIfThere(place.log).trim().split("\n").slice(-3);
  const why = cause === undefined ? lines.join("\n") : reasonOf(cause);
  return new WaypostError(
    "WAYPOST_DATABASE",
    `${place.data}: the embedded database did not start: ${why}\nSee ${place.log}, or set DATABASE_URL to a PostgreSQL that runs elsewhere`,
    { cause },
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * After a reboot, or in a restarted container, the number in the file may be anybody's; and a copied project has the
 * file of the original's server. A server's working directory is its data directory.
 */
function isServerOf(pid: number, data: string): boolean {
  if (process.platform === "linux") return workingFolder(pid) === data;
  if (process.platform === "win32") return true;
  const { stdout } = spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.includes(data);
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
