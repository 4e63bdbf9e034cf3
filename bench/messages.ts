import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import type { ForkedStub } from "../src/channel/provider-stub-process.ts";
import type { Database } from "../src/database/database.ts";
import { databaseCpuMs } from "./database-cpu.ts";
import type { Fresh, Ground, Queues } from "./ground.ts";
import type { Measured, Usage } from "./measured-process.ts";
import type { Row } from "./row.ts";
import { difference, each } from "./stopwatch.ts";

/** What one worker has in flight by default: 32 calls in each of two lanes. */
export const inFlight = 64;

/** Everybody gets one message of a journey, carried to the stub of SendGrid by one worker, and by two. */
export async function* messagesToSendgrid(ground: Ground): AsyncGenerator<Row> {
  for (const queues of ground.queues)
    for (const crew of ground.sizes.crews) {
      const before = await bareRate(ground);
      const row = await messagesBy(ground, { queues, crew, answerMs: 0 });
      // Half before and half after, so that what else runs on the machine weighs on both alike.
      const bare = (before + (await bareRate(ground))) / 2;
      yield {
        work: `messages end to end, to SendGrid, ${crew === 1 ? "1 worker" : `${crew} workers`}`,
        ...row,
        ceiling: { value: bare, of: "render + stringify + POST" },
        ...(crew === 1 && { target: "60% of the ceiling, 2675/s, 0.3 ms, 300 MB" }),
      };
    }
}

/** The same into a folder of files, the default channel. */
export async function* messagesToOutbox(ground: Ground): AsyncGenerator<Row> {
  for (const queues of ground.queues) {
    const database = await ground.fresh("planned");
    const delivered = await deliverAll(ground, database, { queues, crew: 1 });
    const faults = [
      ...(await faultsIn(database.database, ground)),
      ...(await faultsOfOutbox(ground)),
    ];
    await database.drop();
    yield { work: "messages end to end, to the outbox", queues, ...delivered, faults };
  }
}

type Delivered = Pick<Row, "value" | "unit" | "cpuMs" | "databaseCpuMs" | "peakMb" | "note">;

/** Everybody's message, carried by so many workers to a stub that takes so long for an answer. */
export async function messagesBy(
  ground: Ground,
  { queues, crew, answerMs }: { queues: Queues; crew: number; answerMs: number },
): Promise<Delivered & Pick<Row, "queues" | "faults">> {
  const stub = await ground.stub();
  if (answerMs > 0) await stub.behave({ faults: {}, answerMs });
  const database = await ground.fresh("planned");
  const delivered = await deliverAll(ground, database, { queues, crew, sendgridUrl: stub.url });
  const faults = [
    ...(await faultsIn(database.database, ground)),
    ...(await faultsOf(stub, ground)),
  ];
  await database.drop();
  await stub.close();
  return { queues, ...delivered, faults };
}

/** Enrolled and planned they are already; what is measured is claim, render, open, send and record. */
async function deliverAll(
  ground: Ground,
  fresh: Fresh,
  { crew, ...given }: { queues: Queues; crew: number; sendgridUrl?: string },
): Promise<Delivered> {
  const { customers } = ground.sizes;
  const { database } = fresh;
  const workers: Measured[] = [];
  for (let count = 0; count < crew; count++) {
    const worker = await ground.measured(fresh, given);
    await worker.ask({ order: "open" });
    workers.push(worker);
  }
  const usages = () => Promise.all(workers.map((worker) => worker.usage()));
  const cpuMsOf = (all: readonly Usage[]) => all.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  const before = cpuMsOf(await usages());
  const databaseBefore = await databaseCpuMs(database);
  const started = performance.now();
  await Promise.all(workers.map((worker) => worker.ask({ order: "work" })));
  await untilAllWent(database);
  const seconds = (performance.now() - started) / 1000;
  const after = await usages();
  const used = {
    cpuMs: cpuMsOf(after) - before,
    databaseCpuMs: difference(databaseBefore, await databaseCpuMs(database)),
  };
  for (const worker of workers) await worker.stop();
  await ground.sayStatements(database);
  return {
    value: customers / seconds,
    unit: "messages/s",
    ...each(customers, used),
    peakMb: Math.max(...after.map(({ peakMb }) => peakMb)),
    note: `${customers} in ${seconds.toFixed(1)} s`,
  };
}

/** Every planned message has been called about. */
export async function untilAllWent(database: Database): Promise<void> {
  const open = sql<{ open: boolean }>`
    select exists (select from messages where state in ('planned', 'retry')) or
           exists (select from claims) as open`;
  for (;;) {
    const { rows } = await open.execute(database);
    if (rows[0]?.open !== true) return;
    await pause(250);
  }
}

/** Everybody has one message, and it was accepted at the first attempt. */
async function faultsIn(database: Database, { sizes }: Ground): Promise<string[]> {
  const { rows } = await sql<{ kind: string; count: string }>`
    select state || ' after ' || attempts || ' attempts' as kind, count(*) from messages group by 1
    union all select 'customers with a message', count(distinct customer_id) from messages`.execute(
    database,
  );
  const found = Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]));
  const expected = {
    "accepted after 1 attempts": sizes.customers,
    "customers with a message": sizes.customers,
  };
  const isRight =
    Object.keys(found).length === 2 &&
    Object.entries(expected).every(([kind, count]) => found[kind] === count);
  return isRight
    ? []
    : [`messages: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`];
}

async function faultsOf(stub: ForkedStub, { sizes }: Ground): Promise<string[]> {
  const { taken, takenTwice, requestedTwice, requests } = await stub.count();
  if (taken === sizes.customers && requests === taken && takenTwice + requestedTwice === 0)
    return [];
  return [
    `stub: expected ${sizes.customers} messages once, found ${taken} taken, ${takenTwice} of them twice, and ${requests} requests`,
  ];
}

async function faultsOfOutbox({ sizes, folder }: Ground): Promise<string[]> {
  const outbox = join(folder, ".waypost", "outbox");
  const files = await readdir(outbox, { recursive: true });
  const written = files.filter((file) => file.endsWith(".html")).length;
  await rm(outbox, { recursive: true, force: true });
  return written === sizes.customers
    ? []
    : [`outbox: expected ${sizes.customers} files, found ${written}`];
}

async function bareRate(ground: Ground): Promise<number> {
  const messages = Math.ceil(ground.sizes.rawMessages / 2);
  const stub = await ground.stub();
  const database = await ground.fresh("nobody");
  const bare = await ground.measured(database, { queues: "postgres" });
  const seconds = await bare.ask({ order: "render_and_post", url: stub.url, messages, inFlight });
  await bare.stop();
  await database.drop();
  await stub.close();
  return messages / Number(seconds);
}
