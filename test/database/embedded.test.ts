import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { type EmbeddedServer, startEmbedded } from "../../src/database/embedded.ts";
import { runSql } from "../support/server.ts";

const isRoot = process.getuid?.() === 0;
let folder: string;
let servers: EmbeddedServer[] = [];

/** A project whose data is made, for those that are about something else: to make it takes longer than all the rest. */
const made = aTemporaryFolder();
await startEmbedded({ folder: made, durable: false }).then((server) => server.stop());
afterAll(() => rmSync(made, { recursive: true, force: true }));

beforeEach(() => {
  folder = aTemporaryFolder();
});

afterEach(async () => {
  for (const server of servers) await server.stop().catch(() => undefined);
  servers = [];
  rmSync(folder, { recursive: true, force: true });
});

function aTemporaryFolder(): string {
  const temporary = mkdtempSync(join(tmpdir(), "waypost-embedded-"));
  // Root's Postgres is another user, who may look into this folder only if we let him.
  chmodSync(temporary, 0o755);
  return temporary;
}

function hasData(project = folder): string {
  spawnSync("cp", ["-a", join(made, ".waypost"), project]);
  return project;
}

async function start(project = folder, durable = false): Promise<EmbeddedServer> {
  const server = await startEmbedded({ folder: project, durable });
  servers.push(server);
  return server;
}

async function note(server: EmbeddedServer, word: string): Promise<void> {
  await runSql(server.url, "create table if not exists notes (word text)");
  await runSql(server.url, `insert into notes values ('${word}')`);
}

async function notes(server: EmbeddedServer): Promise<unknown[]> {
  return (await runSql(server.url, "select word from notes")).map(({ word }) => word);
}

/** Starts it in a process of its own, which is killed without warning once the server answers. */
async function startAndDie(): Promise<void> {
  const module = new URL("../../src/database/embedded.ts", import.meta.url).href;
  const script = `const { startEmbedded } = await import(${JSON.stringify(module)});
    const { url } = await startEmbedded({ folder: ${JSON.stringify(folder)}, durable: false }); console.log(url);`;
  const child = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `${script} setInterval(() => {}, 1000);`,
  ]);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
}

test("what is written is there again after a stop and a start", async () => {
  const first = await start();
  expect(first.adopted).toBe(false);
  await note(first, "kept");
  await first.stop();
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await notes(second)).toEqual(["kept"]);
});

test("a server whose parent was killed is adopted", async () => {
  hasData();
  await startAndDie();
  const server = await start();
  expect(server.adopted).toBe(true);
  await note(server, "alive");
});

test("a server that was killed itself starts again with what was committed", async () => {
  const first = await start(hasData(), true);
  await note(first, "committed");
  process.kill(Number.parseInt(readFileSync(pidFile(), "utf8"), 10), "SIGKILL");
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await notes(second)).toEqual(["committed"]);
});

test("a pid file whose number belongs to another program by now is no obstacle", async () => {
  const first = await start(hasData());
  const left = readFileSync(pidFile(), "utf8");
  await first.stop();
  writeFileSync(pidFile(), left.replace(/^\d+/, String(process.pid)));
  expect((await start()).adopted).toBe(false);
});

test("a copied project does not share the database of its original", async () => {
  const original = aFolder("original");
  await note(await start(hasData(original), true), "original");
  cpSync(original, join(folder, "copy"), {
    recursive: true,
    filter: (path) => !path.includes(".s.PGSQL"),
  });
  if (isRoot)
    spawnSync("chown", [
      "-R",
      "--reference",
      join(original, ".waypost/postgres"),
      join(folder, "copy/.waypost/postgres"),
    ]);
  const copy = await start(join(folder, "copy"));
  expect(copy.adopted).toBe(false);
  expect(await notes(copy)).toEqual(["original"]);
});

test("four that start at once share one server", async () => {
  const all = await Promise.all([start(), start(), start(), start()]);
  expect(new Set(all.map(({ url }) => url)).size).toBe(1);
  expect(all.filter(({ adopted }) => !adopted).length).toBe(1);
});

test("stop leaves the server to whoever is still connected", async () => {
  hasData();
  const [first, second] = [await start(), await start()];
  const work = runSql(second.url, "select pg_sleep(1), 'done' as work");
  await expect.poll(() => runSql(first.url, BUSY)).toHaveLength(1);
  await first.stop();
  expect(await work).toMatchObject([{ work: "done" }]);
});
const BUSY =
  "select from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'";

test("stop leaves the server to whoever adopted it and has nothing to do just now", async () => {
  hasData();
  const [first, second] = [await start(), await start()];
  await first.stop();
  await note(second, "here all the time");
  await second.stop();
  expect((await start()).adopted).toBe(false);
});

test("a project moved while its server runs is found again", async () => {
  await note(await start(hasData(aFolder("here"))), "moved");
  renameSync(join(folder, "here"), join(folder, "there"));
  const server = await start(join(folder, "there"));
  expect(server.adopted).toBe(true);
  expect(await notes(server)).toEqual(["moved"]);
});

test("a path too long for a socket is served over loopback with a password", async () => {
  const server = await start(aFolder("long".repeat(30)));
  expect(server.url).toMatch(/^postgres:\/\/waypost:[0-9a-f]{48}@127\.0\.0\.1:\d+\/waypost$/);
  await note(server, "far");
  await expect(runSql(server.url.replace(/:[0-9a-f]{48}@/, ":wrong@"), "select 1")).rejects.toThrow(
    "password",
  );
});

test("a path with quotes, commas and dollars is a path like others", async () => {
  const server = await start(aFolder(`a "b", 'c' $HOME %d`));
  await note(server, "odd");
  expect(await notes(server)).toEqual(["odd"]);
});

test("data of another PostgreSQL is refused with what to do", async () => {
  hasData();
  writeFileSync(join(folder, ".waypost/postgres/PG_VERSION"), "15\n");
  await expect(start()).rejects.toThrow(
    /expected the data of PostgreSQL 18, .* found that of 15\. Keep the Waypost/,
  );
});

test("a server that cannot start says why", async () => {
  hasData();
  writeFileSync(join(folder, ".waypost/postgres/postgresql.conf"), "no_such_setting = 1");
  await expect(start()).rejects.toThrow(
    /unrecognized configuration parameter "no_such_setting"[^]*set DATABASE_URL/,
  );
});

test.runIf(isRoot)(
  "below a folder that only root may enter, the data lies in /var/lib/waypost",
  async () => {
    chmodSync(folder, 0o700);
    const server = await start();
    await note(server, "elsewhere");
    const data = realpathSync(join(folder, ".waypost/postgres"));
    expect(data).toMatch(/^\/var\/lib\/waypost\/[0-9a-f]{12}\/postgres$/);
    await server.stop();
    expect(await notes(await start())).toEqual(["elsewhere"]);
    await Promise.all(servers.splice(0).map((each) => each.stop().catch(() => undefined)));
    rmSync(dirname(data), { recursive: true });
  },
);

function pidFile(): string {
  return join(folder, ".waypost/postgres/postmaster.pid");
}

function aFolder(name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}
