import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { createSendgridSigner, type SendgridSigner } from "../src/channel/stub-signature.ts";
import { createWire } from "../src/channel/wire.ts";
import type { Database } from "../src/database/database.ts";
import { databaseCpuMs } from "./database-cpu.ts";
import type { Fresh, Ground } from "./ground.ts";
import type { Measured } from "./measured-process.ts";
import { untilAllWent } from "./messages.ts";
import type { Row } from "./row.ts";
import { difference, each } from "./stopwatch.ts";

const connections = 16;
/** Requests a second: what one process takes on a small machine, and G25 of the crash contract. */
const paces = [50, 100] as const;

/** One request of SendGrid: so many events about messages that went out, signed. */
interface Batch {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Every message went out, and SendGrid reports in its largest requests that it was delivered. */
export async function* reporting(ground: Ground): AsyncGenerator<Row> {
  const signer = createSendgridSigner();
  const stub = await ground.stub();
  const fresh = await ground.fresh("planned");
  const environment = {
    queues: "postgres",
    sendgridUrl: stub.url,
    webhookKey: signer.publicKey,
  } as const;
  const open = async () => {
    const opened = await ground.measured(fresh, environment);
    await opened.ask({ order: "open" });
    return opened;
  };
  await sendAll(await open(), fresh);
  const batches = await makeBatches(ground, fresh.database, signer);
  const web = await open();
  const door = openDoor(String(await web.ask({ order: "web" })));
  for (const pace of paces) {
    yield await acknowledgedInTime(ground, { door, batches, pace });
    await sql`truncate report_inbox`.execute(fresh.database);
  }
  yield await kept(fresh, { web, door, batches });
  await door.close();
  await web.stop();
  yield await applied(ground, fresh, await open());
  await fresh.drop();
  await stub.close();
}

async function sendAll(worker: Measured, { database }: Fresh): Promise<void> {
  await worker.ask({ order: "work" });
  await untilAllWent(database);
  await worker.stop();
}

/** How long each took from the moment it was due: who answers late makes those behind it late, too. */
async function acknowledgedInTime(
  { sizes }: Ground,
  { door, batches, pace }: { door: Door; batches: readonly Batch[]; pace: number },
): Promise<Row> {
  const started = performance.now();
  const times = await Promise.all(
    Array.from({ length: sizes.pacedReports }, async (_, index) => {
      const due = started + (index * 1000) / pace;
      await pause(Math.max(0, due - performance.now()));
      await door.report(batches[index % batches.length]);
      return performance.now() - due;
    }),
  );
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return {
    work: `report acknowledged at ${pace} a second, p99`,
    queues: null,
    value: at(0.99),
    unit: "ms",
    target: "1000 ms at 100 a second",
    note: `p50 ${at(0.5).toFixed(0)} ms, worst ${at(1).toFixed(0)} ms, ${describe(batches)}`,
  };
}

/** As fast as the door takes them, beside one INSERT of each. */
async function kept(
  { database }: Fresh,
  { web, door, batches }: { web: Measured; door: Door; batches: readonly Batch[] },
): Promise<Row> {
  const before = await web.usage();
  const databaseBefore = await databaseCpuMs(database);
  const seconds = await secondsFor(batches, door.report);
  const { cpuMs, peakMb } = await web.usage();
  const databaseCpu = difference(databaseBefore, await databaseCpuMs(database));
  await sql`create table bare_inbox (reports jsonb)`.execute(database);
  const bare = await secondsFor(batches, async (batch) => {
    await sql`insert into bare_inbox values (${batch?.body})`.execute(database);
  });
  return {
    work: "reports kept",
    queues: null,
    value: batches.length / seconds,
    unit: "requests/s",
    ceiling: { value: batches.length / bare, of: "INSERT of the same bodies" },
    ...each(batches.length, { cpuMs: cpuMs - before.cpuMs, databaseCpuMs: databaseCpu }),
    peakMb,
    note: describe(batches),
  };
}

async function applied({ sizes }: Ground, { database }: Fresh, worker: Measured): Promise<Row> {
  const before = await worker.usage();
  const databaseBefore = await databaseCpuMs(database);
  const started = performance.now();
  await worker.ask({ order: "work" });
  const left = sql`select from report_inbox where applied_at is null limit 1`;
  while ((await left.execute(database)).rows.length > 0) await pause(100);
  const seconds = (performance.now() - started) / 1000;
  const { cpuMs, peakMb } = await worker.usage();
  const databaseCpu = difference(databaseBefore, await databaseCpuMs(database));
  await worker.stop();
  const { rows } = await sql<{ delivered: number }>`
    select count(*)::int as delivered from messages where state = 'delivered'`.execute(database);
  const delivered = rows[0]?.delivered ?? 0;
  return {
    work: "reports applied",
    queues: "postgres",
    value: sizes.customers / seconds,
    unit: "events/s",
    ...each(sizes.customers, { cpuMs: cpuMs - before.cpuMs, databaseCpuMs: databaseCpu }),
    peakMb,
    faults:
      delivered === sizes.customers
        ? []
        : [`reports: expected ${sizes.customers} messages delivered, found ${delivered}`],
  };
}

/** With several of them on their way at once. */
async function secondsFor(
  batches: readonly Batch[],
  work: (batch: Batch | undefined) => Promise<void>,
): Promise<number> {
  const waiting = [...batches];
  const started = performance.now();
  const lane = async () => {
    while (waiting.length > 0) await work(waiting.shift());
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return (performance.now() - started) / 1000;
}

/** One request of SendGrid's. */
interface Batch {
  readonly events: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

function describe(batches: readonly Batch[]): string {
  const [{ events, body } = { events: 0, body: "" }] = batches;
  return `${events} events, ${Math.round(body.length / 1024)} KB each`;
}

interface Door {
  report(batch: Batch | undefined): Promise<void>;
  close(): Promise<void>;
}

function openDoor(origin: string): Door {
  const wire = createWire({ connections });
  return {
    async report(batch) {
      if (batch === undefined) return;
      const result = await wire.call({
        method: "POST",
        origin,
        path: "/r/sendgrid",
        headers: { "content-type": "application/json", ...batch.headers },
        body: batch.body,
        signal: AbortSignal.timeout(600_000),
      });
      if (result.kind !== "answered" || result.status !== 200)
        throw new Error(`the report was not taken: ${JSON.stringify(result)}`);
    },
    close: () => wire.close(),
  };
}

async function makeBatches(
  { sizes }: Ground,
  database: Database,
  signer: SendgridSigner,
): Promise<Batch[]> {
  const { rows } = await sql<{ deliveryId: string; email: string }>`
    select delivery_id as "deliveryId", address as email from messages order by id`.execute(
    database,
  );
  const batches: Batch[] = [];
  for (let from = 0; from < rows.length; from += sizes.eventsInReport) {
    const events = rows.slice(from, from + sizes.eventsInReport).map(eventOf);
    const body = JSON.stringify(events);
    batches.push({ events: events.length, body, headers: signer.sign(body, new Date()) });
  }
  return batches;
}

/** As long as SendGrid's own: 1,800 of them are 768 KB. */
function eventOf({ deliveryId, email }: { deliveryId: string; email: string }) {
  const receipt = deliveryId.replaceAll("-", "").slice(0, 22);
  return {
    email,
    timestamp: Math.floor(Date.now() / 1000),
    "smtp-id": `<${receipt}@geopod-ismtpd-1.example>`,
    event: "delivered",
    category: ["news"],
    sg_event_id: `ZGVsaXZlcmVkLTAtMTIzNDU2Nzg-${receipt}`,
    sg_message_id: `${receipt}.recvd-5f86d6f7f4-abcde-1-66AB12CD-11.0`,
    response: "250 2.0.0 OK 1768219200 d9443c01a7336-example.123 - gsmtp",
    delivery_id: deliveryId,
    tls: 1,
  };
}
