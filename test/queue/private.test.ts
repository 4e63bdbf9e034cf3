import { PassThrough } from "node:stream";
import { pino } from "pino";
import { sql } from "kysely";
import { Redis } from "ioredis";
import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/channel/channel.ts";
import { saveSegments } from "../../src/audience/save-segments.ts";
import { readConfig } from "../../src/config.ts";
import type { QueuePlace } from "../../src/queue/backend.ts";
import { openBackend } from "../../src/queue/open-backend.ts";
import { createQueueGauge } from "../../src/queue/queue-counts.ts";
import { createWake } from "../../src/queue/wake.ts";
import { startWorker } from "../../src/queue/worker.ts";
import { Metrics } from "../../src/web/metrics.ts";
import { aCarrier, aComposer, aDelivery, accepted } from "../message/ledger.ts";
import { aDatabase, freshTables, urlOf } from "../support/database.ts";
import { aCustomer, monday } from "../support/people.ts";
import { applied, places, until } from "./house.ts";

const database = await aDatabase({ maxConnections: 20 });
beforeEach(() => freshTables(database));

/** What no log line, job or metric may hold of somebody. */
const secrets = ["canary", "Zebedee", "7911123456", "Quagmire", "xanadu"];
const person = {
  external_id: "xanadu-77",
  email: "canary.bird@example.com",
  phone: "+447911123456",
  first_name: "Zebedee",
  last_name: "Quagmire",
};

/** Everything the queues hold, whatever they are kept in. */
async function dumpQueues(place: QueuePlace): Promise<string> {
  if (place.kind === "redis") {
    const redis = new Redis(place.url);
    const keys = await redis.keys(`{${place.prefix}}*`);
    const values = await Promise.all(keys.map((key) => redis.dump(key)));
    redis.disconnect();
    return `${keys.join("\n")}\n${values.join("\n")}`;
  }
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = ${place.schema}`.execute(
    database,
  );
  const dumps = await Promise.all(
    tables.map(({ name }) =>
      sql<{ row: string }>`select t::text as row from ${sql.raw(name)} t`.execute(database),
    ),
  );
  return dumps.flatMap(({ rows }) => rows.map(({ row }) => row)).join("\n");
}

/** Answers that quote the customer back at us, as providers do, and a template and a provider that break. */
const rudeAnswers: readonly (() => Outcome)[] = [
  () => accepted,
  () => ({ kind: "refused", of: "address", code: "550", detail: `${person.email} is unknown` }),
  () => ({
    kind: "later",
    code: "451",
    detail: `${person.first_name} is busy`,
    retryAfterMs: null,
    counted: true,
    throttle: false,
  }),
  () => {
    throw new Error(`cannot reach ${person.email}`);
  },
  () => ({ kind: "misconfigured", code: "401", detail: `not for ${person.email}` }),
];

/** How many calls have had their outcome written down. */
async function answered(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from attempts where outcome is not null`.execute(database);
  return rows[0]?.count ?? 0;
}

describe.each(places(database))("with the queues in %s", (_, place) => {
  it("no log line, job or metric says who a customer is", async () => {
    const lines: string[] = [];
    const stream = new PassThrough().on("data", (chunk: Buffer) => lines.push(chunk.toString()));
    const log = pino({ level: "trace" }, stream);
    let calls = 0;
    const { carrier } = aCarrier(() => rudeAnswers[calls++ % rudeAnswers.length]?.() ?? accepted);
    const engine = {
      config: { ...readConfig("/nowhere", {}), zone: "UTC" },
      clock: { now: () => monday },
      log,
      database,
      composer: aComposer(),
      deliveries: new Map([["email", aDelivery(carrier, { concurrency: 1 })]]),
    };
    await applied(
      database,
      "journey: welcome\nstart: { on: signed_up, again: always }\nsteps: [{ send: hello, by: email }]",
      "journey: broken\nstart: { on: signed_up, again: always }\nsteps: [{ send: broken, by: email }]",
    );
    const id = await aCustomer(database, person);
    const backend = await openBackend(place, log);
    const wake = createWake(backend);
    const worker = await startWorker(engine, backend, wake, urlOf(database));
    for (let event = 1; event <= rudeAnswers.length; event++) {
      await sql`delete from suppressions`.execute(database);
      await sql`update channels set paused_at = null`.execute(database);
      await sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
        values (${event}, ${id}, 'signed_up', ${monday}, ${JSON.stringify({ ...person })})`.execute(
        database,
      );
      await wake.engine("react");
      await until(async () => (await answered()) === event);
    }
    const queues = createQueueGauge(backend, ["email"]);
    const site = { engine, wake, queues, tokens: undefined as never, outbox: "/nowhere" };
    const number = { kind: "sql", sql: "customer.last_name::int > 3" } as const;
    const segment = { name: "number", describe: null, condition: number, file: "number.yaml" };
    await saveSegments(database, [segment], monday);
    await wake.engine("refresh");
    await until(() => lines.some((line) => line.includes("a segment could not be worked out")));
    await sql`create function choke() returns trigger language plpgsql as
      $$ begin raise 'no use for "%"', ${sql.lit(person.email)}; end $$`.execute(database);
    await sql`create trigger choke before insert on claims execute function choke()`.execute(
      database,
    );
    await sql`update messages set state = 'planned', due_at = ${monday}, expires_at = 'infinity'`.execute(
      database,
    );
    await sql`update channels set paused_at = null`.execute(database);
    await wake.delivery("email");
    await until(() => lines.some((line) => line.includes("a job failed")));
    await sql`drop trigger choke on claims; drop function choke`.execute(database);
    const metrics = await new Metrics(site).read();
    const jobs = await dumpQueues(place);
    await worker.stop();
    await queues.close();
    await wake.close();
    const paused = lines.find((line) => line.includes("a channel is paused"));
    expect(JSON.parse(paused ?? "{}")).toMatchObject({ channel: "email", code: "401" });
    expect(metrics).toContain("waypost_queue_jobs");
    expect(jobs.length).toBeGreaterThan(200);
    for (const secret of secrets)
      for (const text of [metrics, jobs, ...lines]) expect(text).not.toContain(secret);
  });
});
