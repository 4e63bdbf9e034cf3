import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { type Database, connect } from "../../src/database/database.ts";
import { readInstallation } from "../../src/database/installation.ts";
import { createLog } from "../../src/log.ts";
import { resumeChannel } from "../../src/message/channel-state.ts";
import { confirmRestore, holdRestored } from "../../src/message/restored.ts";
import type { QueuePlace } from "../../src/queue/backend.ts";
import { openBackend } from "../../src/queue/open-backend.ts";
import { createWake } from "../../src/queue/wake.ts";
import { startWorker } from "../../src/queue/worker.ts";
import { aCarrier, aComposer, aDelivery } from "../message/ledger.ts";
import { aDatabase, freshTables, redisUrl, urlOf } from "../support/database.ts";
import { later, monday } from "../support/people.ts";
import { dropDatabase, runSql, withDatabase } from "../support/server.ts";
import { applied, countIn, signUps, until, welcome } from "./house.ts";

const original = await aDatabase({ maxConnections: 10 });
const closers: (() => Promise<unknown>)[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "waypost-restore-"));
  await freshTables(original);
  await applied(original, welcome);
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  await rm(folder, { recursive: true });
});

const postgres: QueuePlace = { kind: "postgres", url: urlOf(original), schema: "waypost_queue" };

/** A worker in a project folder; with queues of its own, so that a copy's are not the original's. */
async function aWorkerOn(database: Database, url: string, place: QueuePlace = postgres) {
  const log = createLog("silent");
  const { carrier, handed } = aCarrier();
  const engine = {
    config: { ...readConfig(folder, {}), zone: "UTC" },
    clock: { now: () => monday },
    log,
    database,
    composer: aComposer(),
    deliveries: new Map([["email", aDelivery(carrier)]]),
  };
  const backend = await openBackend(place, log);
  const wake = createWake(backend);
  const worker = await startWorker(engine, backend, wake, url, { heartbeatMs: 100 });
  const stop = async () => {
    await worker.stop();
    await wake.close();
  };
  closers.push(stop);
  const leave = async () => void closers.splice(closers.indexOf(stop), 1, async () => {});
  return { handed, wake, stop: async () => [await leave(), await stop()] };
}

/** What a dump of the whole database brings into another one. */
async function aCopy(): Promise<{ copy: Database; url: string; place: QueuePlace }> {
  const name = `${new URL(urlOf(original)).pathname.slice(1)}_copy`;
  const server = withDatabase(urlOf(original), "postgres");
  await runSql(
    server,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name.slice(0, -5)}'`,
  );
  await runSql(server, `create database ${name} template ${name.slice(0, -5)}`);
  const url = withDatabase(urlOf(original), name);
  const copy = connect({ url, schema: "waypost", maxConnections: 10, applicationName: "copy" });
  closers.push(async () => {
    await copy.destroy();
    await dropDatabase(server, name);
  });
  return { copy, url, place: { kind: "postgres", url, schema: "waypost_queue" } };
}

const held = async (database: Database) => (await readInstallation(database)).found.restoredWhy;

describe("a copy of the database", () => {
  it("neither plans nor sends anything until an operator confirms it", async () => {
    await (await aWorkerOn(original, urlOf(original))).stop();
    const { copy, url, place } = await aCopy();
    await signUps(copy, 3);
    const { handed, wake } = await aWorkerOn(copy, url, place);
    await wake.engine("react");
    await wake.delivery("email");
    expect(await held(copy)).toBe("it was last worked on as another database of this server");
    await expect(resumeChannel(copy, "email", monday)).rejects.toThrow("confirm-restore");
    await wake.engine("sweep");
    await pause(500);
    expect(await countIn(copy, "planned")).toBe(0);
    expect(handed).toEqual([]);
    await confirmRestore(copy, { sentUntil: null, now: monday });
    await wake.engine("sweep");
    await until(async () => (await countIn(copy, "accepted")) === 3);
    expect(await held(copy)).toBeNull();
    expect(await held(original)).toBeNull();
  });
});

describe("the same database", () => {
  it("is known again after a restart, by several workers, and where nobody worked before", async () => {
    for (let round = 0; round < 2; round++) {
      const first = await aWorkerOn(original, urlOf(original));
      const second = await aWorkerOn(original, urlOf(original));
      const { beat } = (await readInstallation(original)).found;
      await until(
        async () => BigInt((await readInstallation(original)).found.beat) > BigInt(beat) + 4n,
      );
      expect(await held(original)).toBeNull();
      await first.stop();
      await second.stop();
    }
  });

  it("emptied is another, and a folder that served the first one does not mind", async () => {
    await (await aWorkerOn(original, urlOf(original))).stop();
    await freshTables(original);
    await applied(original, welcome);
    await signUps(original, 1);
    const { wake } = await aWorkerOn(original, urlOf(original));
    await wake.engine("react");
    await until(async () => (await countIn(original, "accepted")) === 1);
  });
});

/** As it was some heartbeats ago: the same server, the same database, only earlier. */
const putBack = (beats: number) =>
  sql`update installation set beat = beat - ${beats}`.execute(original);
const beaten = async (times: number) =>
  until(async () => Number((await readInstallation(original)).found.beat) >= times);

describe("a snapshot put back", () => {
  it("beneath a worker at work is held back before its next batch", async () => {
    const { handed, wake } = await aWorkerOn(original, urlOf(original));
    await beaten(5);
    await putBack(3);
    await signUps(original, 2);
    await wake.engine("react");
    await until(async () => (await held(original)) !== null);
    expect(await held(original)).toContain("this worker has seen heartbeat");
    expect(handed).toEqual([]);
  });

  it("while nobody worked is told by the project's folder", async () => {
    const worker = await aWorkerOn(original, urlOf(original));
    await beaten(5);
    await worker.stop();
    expect(await readFile(join(folder, ".waypost", "heartbeat.json"), "utf8")).toContain('"beat"');
    await putBack(3);
    await aWorkerOn(original, urlOf(original));
    expect(await held(original)).toContain("heartbeat.json has seen heartbeat");
  });

  it.skipIf(redisUrl() === undefined)("is told by Redis where the folder is new", async () => {
    const place: QueuePlace = {
      kind: "redis",
      url: redisUrl() ?? "",
      prefix: `restore_${process.pid}`,
    };
    const worker = await aWorkerOn(original, urlOf(original), place);
    await beaten(5);
    await worker.stop();
    await rm(join(folder, ".waypost"), { recursive: true });
    await putBack(3);
    await aWorkerOn(original, urlOf(original), place);
    expect(await held(original)).toContain("Redis has seen heartbeat");
  });
});

describe("confirming", () => {
  /** Four messages of a journey, as the backup has them. */
  async function backedUp(): Promise<void> {
    await signUps(original, 4);
    const worker = await aWorkerOn(original, urlOf(original));
    await sql`insert into channels (name, provider, paused_at, changed_at) values ('email', 'pigeon', ${monday}, ${monday})
      on conflict do nothing`.execute(original);
    await worker.wake.engine("react");
    await until(async () => (await countIn(original, "planned")) === 4);
    await worker.stop();
    await sql`update messages set state = 'sending', attempts = 1 where id = 1`.execute(original);
    await sql`insert into claims (id, channel, messages, lease_until)
      values (gen_random_uuid(), 'email', '{1}', clock_timestamp() - interval '1 hour')`.execute(
      original,
    );
    await sql`insert into attempts (message_id, number, provider, started_at) values (1, 1, 'pigeon', ${monday})`.execute(
      original,
    );
    await sql`update messages set expires_at = ${monday} where id = 2`.execute(original);
    await sql`update messages set class = 'transactional' where id = 3`.execute(original);
    await sql`delete from channels`.execute(original);
    await putBack(1);
    const again = await aWorkerOn(original, urlOf(original));
    await again.stop();
  }
  const states = async () =>
    (await original.selectFrom("messages").select("state").orderBy("id").execute()).map(
      ({ state }) => state,
    );

  it("what the original went on to send is not sent again, but for transactional messages", async () => {
    await backedUp();
    expect(await states()).toEqual(["unknown", "planned", "planned", "planned"]);
    expect(
      await confirmRestore(original, { sentUntil: later(monday, { hours: 1 }), now: monday }),
    ).toEqual({ unknown: 1, expired: 1, due: 1, channels: ["email"] });
    expect(await states()).toEqual(["unknown", "expired", "planned", "unknown"]);
  });

  it("what nobody sent is due, unless it is too late for it", async () => {
    await backedUp();
    expect(await confirmRestore(original, { sentUntil: null, now: monday })).toMatchObject({
      unknown: 0,
      expired: 1,
      due: 2,
    });
    const { handed } = await aWorkerOn(original, urlOf(original));
    await until(() => handed.length === 2);
  });

  it("holds, also against a worker that had looked before", async () => {
    await aWorkerOn(original, urlOf(original)).then(({ stop }) => stop());
    const { id } = (await readInstallation(original)).found;
    const channels = [{ name: "email", provider: "pigeon" }];
    await holdRestored(original, channels, { id, why: "a copy" }, monday);
    await confirmRestore(original, { sentUntil: null, now: monday });
    await holdRestored(original, channels, { id, why: "a copy" }, monday);
    expect(await held(original)).toBeNull();
    const [channel] = await original.selectFrom("channels").select("paused_at").execute();
    expect(channel).toEqual({ paused_at: null });
  });

  it("of a database that is not held back is refused, and done when it is meant", async () => {
    await expect(confirmRestore(original, { sentUntil: null, now: monday })).rejects.toThrow(
      "--unnoticed",
    );
    await confirmRestore(original, { sentUntil: null, isUnnoticed: true, now: monday });
  });
});
