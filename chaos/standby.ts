import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import type { Closers } from "../bench/closers.ts";
import { findBinaries } from "../src/database/embedded-binaries.ts";
import { ensureData, serverSettings } from "../src/database/embedded-data.ts";
import { type Place, findPlace, giveTo, runAs } from "../src/database/embedded-place.ts";
import { openAddress } from "./address.ts";
import type { PostgresServer } from "./servers.ts";

/** For how long the address leads to the replica while that still refuses to write. */
const readOnlyMs = 500;
const patienceMs = 120_000;
const follower = "follower";

/**
 * A Postgres whose synchronous replica has all that it says is committed, and which can die. Behind one address, as behind
 * a managed database's; the replica that takes over is followed by another at once.
 */
export async function startWithStandby(folder: string, closers: Closers): Promise<PostgresServer> {
  const address = await openAddress(closers);
  let number = 0;
  const next = () => {
    const place = findPlace(makeFolder(join(folder, `server-${(number += 1)}`)));
    return new Server(place, closers);
  };
  let serving = next();
  ensureData(serving.place, serving.binaries, true);
  await serving.start();
  let following = follow(serving, next());
  await following;
  address.lead(serving.socket);
  const takeOver = async () => {
    const heir = await following;
    serving.kill();
    address.lead(heir.socket);
    await pause(readOnlyMs);
    await heir.query("select pg_promote()");
    rmSync(serving.place.data, { recursive: true, force: true });
    serving = heir;
    following = follow(serving, next());
    // Nobody may wait for it yet.
    following.catch(() => {});
  };
  return {
    url: `postgres://waypost@127.0.0.1:${address.port}/postgres`,
    restart: () => Promise.reject(new Error("a server with a replica is not restarted")),
    standby: { takeOver },
  };
}

function makeFolder(folder: string): string {
  mkdirSync(folder);
  return folder;
}

/** Copies a server that is at work, as pg_basebackup would, and lets the copy follow it; settles when it has all. */
async function follow(server: Server, copy: Server): Promise<Server> {
  const client = await server.connect();
  try {
    await client.query("select pg_backup_start($1, true)", [follower]);
    // Files that vanish meanwhile are in the log of writes.
    spawnSync("cp", ["-a", server.place.data, copy.place.data]);
    const { rows } = await client.query<{ label: string }>(
      "select labelfile as label from pg_backup_stop(false)",
    );
    copy.becomeCopyOf(server, rows[0]?.label ?? "");
    await copy.start();
    await client.query(`alter system set synchronous_standby_names = '${follower}'`);
    await client.query("select pg_reload_conf()");
    await until("a replica that has all", async () => {
      const followers = await client.query(
        "select from pg_stat_replication where state = 'streaming' and sync_state = 'sync'",
      );
      return followers.rows.length > 0;
    });
    return copy;
  } finally {
    await client.end();
  }
}

class Server {
  readonly place: Place;
  readonly binaries;
  #pid = 0;

  constructor(place: Place, closers: Closers) {
    this.place = place;
    this.binaries = findBinaries(place.account, place.copies);
    closers.add(() => this.kill());
  }

  get socket(): string {
    return join(this.place.data, ".s.PGSQL.5432");
  }

  async start(): Promise<void> {
    const settings = {
      ...(await serverSettings(this.place, true)),
      wal_level: "replica",
      max_wal_senders: "4",
      wal_keep_size: "1GB",
      track_commit_timestamp: "on",
    };
    const given = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const log = openSync(this.place.log, "a", 0o600);
    const program = join(this.binaries.folder, "bin", "postgres");
    const child = spawn(program, ["-D", this.place.data, ...given], {
      ...runAs(this.place.account),
      stdio: ["ignore", log, log],
    });
    this.#pid = child.pid ?? 0;
    await until("a server that answers", async () => {
      if (child.exitCode !== null) throw new Error(readFileSync(this.place.log, "utf8"));
      return this.query("select 1").then(
        () => true,
        () => false,
      );
    });
  }

  becomeCopyOf(server: Server, label: string): void {
    const { data, account } = this.place;
    for (const name of ["postmaster.pid", "postmaster.opts", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"])
      rmSync(join(data, name), { force: true });
    for (const name of readdirSync(join(data, "pg_wal")))
      if (/^[0-9A-F]{24}/.test(name)) rmSync(join(data, "pg_wal", name));
    const source = `host=${server.place.data} port=5432 user=waypost application_name=${follower}`;
    const files = {
      backup_label: label,
      "standby.signal": "",
      "postgresql.auto.conf": `primary_conninfo = '${source}'\n`,
    };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(data, name), text);
      giveTo(account, join(data, name));
    }
  }

  async connect(): Promise<Client> {
    const client = new Client({ host: this.place.data, user: "waypost", database: "postgres" });
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  async query(statement: string): Promise<void> {
    const client = await this.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  /** With all its processes at once, as a machine dies: those of Postgres would end by themselves, but later. */
  kill(): void {
    if (this.#pid === 0) return;
    const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(this.#pid)], {
      encoding: "utf8",
    });
    for (const pid of [this.#pid, ...stdout.split("\n").map(Number)]) end(pid);
    this.#pid = 0;
  }
}

function end(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const patience = Date.now() + patienceMs;
  while (!(await isSo())) {
    if (Date.now() > patience) throw new Error(`waited in vain for ${what}`);
    await pause(50);
  }
}
