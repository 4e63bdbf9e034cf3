import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/database/database.ts";
import { pauseChannel, throttleChannel } from "../../src/message/channel-state.ts";
import { counted } from "../../src/queue/call-metrics.ts";
import { openMetrics, workerReadings } from "../../src/queue/metrics-door.ts";
import { readiness } from "../../src/queue/readiness.ts";
import { Metrics } from "../../src/web/metrics.ts";
import { startWeb } from "../../src/web/web.ts";
import { aCarrier, aDelivery, aJourney, accepted, deliverDue, plan } from "../message/ledger.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { type Door, aDoor } from "./door.ts";

const database = await aDatabase();
let door: Door;
beforeAll(async () => {
  door = await aDoor(database);
});
afterAll(() => door.close());

/** One line of what Prometheus reads. */
async function read(name: string): Promise<number | undefined> {
  const text = await (await door.get("/metrics")).text();
  const line = text.split("\n").find((one) => one.startsWith(`waypost_${name} `));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

describe("whoever watches reads", () => {
  test("how long what is due has waited, by kind, but not on a channel that is paused", async () => {
    const journey = await aJourney(database);
    await plan(database, [await aCustomer(database)], {
      journey,
      at: later(monday, { hours: -1 }),
    });
    expect(await read('oldest_due_seconds{kind="message"}')).toBe(3600);
    expect(await read('messages_due{channel="email"}')).toBe(1);
    await pauseChannel(database, "email", "pigeon", "operator", monday);
    expect(await read('channel_open{channel="email"}')).toBe(0);
    expect(await read('oldest_due_seconds{kind="message"}')).toBe(0);
    expect(await read('channel_oldest_due_seconds{channel="email"}')).toBe(3600);
    await sql`update channels set paused_at = null`.execute(database);
    await throttleChannel(database, "email", "pigeon", later(monday, { minutes: 5 }), monday);
    expect(await read('channel_throttled{channel="email"}')).toBe(1);
    await sql`delete from channels`.execute(database);
  });

  test("nothing of a journey that is paused, whose messages are not late", async () => {
    const paused = await aJourney(database, "paused");
    const ada = await aCustomer(database);
    await plan(database, [ada], { journey: paused, at: later(monday, { days: -2 }) });
    expect(await read('oldest_due_seconds{kind="message"}')).toBe(3600);
    expect(await read('channel_oldest_due_seconds{channel="email"}')).toBe(3600);
    await sql`delete from messages where journey_id = ${paused}`.execute(database);
  });

  test("that a segment could not be worked out", async () => {
    await sql`insert into segments (name, condition, file, failure) values ('a', '{}', 'a.yaml', 'division by zero')`.execute(
      database,
    );
    expect(await read("segments_failing")).toBe(1);
    await sql`delete from segments`.execute(database);
  });

  test("events and reports that nobody has taken up, enrollments and calls that are late", async () => {
    await sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
      values (1, 1, 'x', ${later(monday, { minutes: -2 })}, '{}')`.execute(database);
    await sql`insert into report_inbox (provider, received_at, reports) values ('x', ${later(monday, { minutes: -3 })}, '[]')`.execute(
      database,
    );
    await sql`update enrollments set due_at = ${later(monday, { minutes: -4 })}`.execute(database);
    await sql`insert into calls (enrollment_id, journey_id, version_id, step, occurrence, due_at, expires_at, planned_at)
      select id, journey_id, version_id, 'ask', 0, ${later(monday, { minutes: -5 })}, ${later(monday, { minutes: 5 })}, ${monday}
      from enrollments`.execute(database);
    expect(await read('oldest_due_seconds{kind="event"}')).toBe(120);
    expect(await read('oldest_due_seconds{kind="report"}')).toBe(180);
    expect(await read('oldest_due_seconds{kind="enrollment"}')).toBe(240);
    expect(await read('oldest_due_seconds{kind="call"}')).toBe(300);
  });

  test("events that a journey could not react to, until they are replayed", async () => {
    expect(await read("events_dead")).toBe(0);
    await sql`insert into dead_events (journey_id, version_id, event_id, customer_id, name, occurred_at, properties, reason, died_at)
      select journey_id, id, n, 1, 'x', ${monday}, '{}', 'no', ${monday} from journey_versions, generate_series(1, 3) n limit 3`.execute(
      database,
    );
    expect(await read("events_dead")).toBe(3);
    await sql`update dead_events set replayed_at = ${monday}`.execute(database);
    expect(await read("events_dead")).toBe(0);
  });

  test("when a worker last beat, and whether a restored database waits", async () => {
    expect(await read("worker_heartbeat_age_seconds")).toBeUndefined();
    await sql`insert into installation (database_oid, beat, beat_at, restored_at)
      values (1, 7, clock_timestamp() - interval '5 minutes', ${monday})`.execute(database);
    expect(await read("worker_heartbeat_age_seconds")).toBeGreaterThanOrEqual(300);
    expect(await read("restored")).toBe(1);
  });

  test("the jobs of each queue, and the rest when its server hangs", async () => {
    expect(await read("queue_up")).toBe(1);
    const hanging = { ...door.site, queues: { counts: () => new Promise<never>(() => {}) } };
    const text = await new Metrics(hanging).read();
    expect(text).toContain("waypost_queue_up 0");
    expect(text).toContain("waypost_up 1");
  });
});

test("a large ledger is estimated where it is finished and counted where it is open", async () => {
  await deliverDue(database);
  await sql`insert into messages (enrollment_id, journey_id, version_id, customer_id, step, channel, occurrence, template, class, state, due_at, expires_at, planned_at, reason)
    select enrollment_id, journey_id, version_id, customer_id, step, channel, i, template, class, case when i % 10 = 0 then 'failed' else 'delivered' end,
      due_at, expires_at, planned_at, repeat('x', 1000)
    from messages cross join generate_series(1, 28000) as i`.execute(database);
  await sql`analyze messages`.execute(database);
  const delivered = await read('messages{state="delivered"}');
  expect(await read("messages_estimated")).toBe(1);
  expect(delivered).toBeGreaterThan(24_000);
  expect(delivered).toBeLessThan(26_500);
});

test("a worker's own door tells what came of its calls, and how long they took", async () => {
  const { carrier } = aCarrier((message) =>
    message.subject === "no"
      ? { kind: "refused", of: "message", code: "400", detail: "no" }
      : accepted,
  );
  const { carrier: watched } = counted(aDelivery(carrier, { channel: "pigeon_post" }));
  const message = { subject: "yes" } as Parameters<typeof carrier.send>[0];
  const signal = new AbortController().signal;
  await watched.send(message, signal);
  await watched.send({ ...message, subject: "no" }, signal);
  const { url, close } = await openMetrics("127.0.0.1", 0, workerReadings(), () =>
    readiness(database),
  );
  const text = await (await fetch(url)).text();
  expect(text).toContain('waypost_calls_total{channel="pigeon_post",outcome="accepted"} 1');
  expect(text).toContain('waypost_calls_total{channel="pigeon_post",outcome="refused"} 1');
  expect(text).toContain('waypost_call_seconds_count{channel="pigeon_post"} 2');
  close();
});

test("an orchestrator asks a worker whether it lives and whether it can work, beside its metrics", async () => {
  const lost = connect({
    url: "postgres://nobody@127.0.0.1:1/shop",
    schema: "waypost",
    maxConnections: 1,
    applicationName: "lost",
  });
  for (const [asked, status] of [
    [database, 200],
    [lost, 503],
  ] as const) {
    const watched = await openMetrics("127.0.0.1", 0, workerReadings(), () => readiness(asked));
    const statusOf = async (path: string) => (await fetch(new URL(path, watched.url))).status;
    expect(await statusOf("/healthz")).toBe(200);
    expect(await statusOf("/readyz")).toBe(status);
    expect(await statusOf("/other")).toBe(404);
    watched.close();
  }
  await lost.destroy();
});

test("with a port of its own for Prometheus, the door to the world does not speak of it", async () => {
  const web = await startWeb(door.site, { host: "127.0.0.1", port: 0, metricsPort: 0 });
  expect(await (await fetch(web.metricsUrl ?? "")).text()).toContain("waypost_up 1");
  expect((await fetch(`${web.url}/healthz`)).status).toBe(200);
  const response = await fetch(`${web.url}/metrics`, { redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([303, "/login"]);
  await web.close();
  await expect(fetch(web.metricsUrl ?? "")).rejects.toThrow("fetch failed");
});

test("the alerts that are shipped ask for metrics there are", async () => {
  const rules = readFileSync("deploy/prometheus-alerts.yml", "utf8");
  const { carrier } = counted(aDelivery(aCarrier().carrier));
  await carrier.send({} as Parameters<typeof carrier.send>[0], new AbortController().signal);
  const text = await (await door.get("/metrics")).text();
  const asked = new Set([...rules.matchAll(/\bwaypost_[a-z_]+/g)].map(([name]) => name));
  expect(asked.size).toBeGreaterThan(8);
  for (const name of asked) expect(text).toContain(`# TYPE ${name} `);
});
