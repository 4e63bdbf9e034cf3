import { sql } from "kysely";
import type { Provider } from "../../src/channel/channel.ts";
import { createWebhookCaller } from "../../src/channel/webhook.ts";
import { type Clock } from "../../src/clock.ts";
import { readConfig } from "../../src/config.ts";
import type { Database } from "../../src/database/database.ts";
import { applyJourneys } from "../../src/enrollment/apply.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { createLog } from "../../src/log.ts";
import type { QueueBackend, QueuePlace } from "../../src/queue/backend.ts";
import { openBackend } from "../../src/queue/open-backend.ts";
import type { Engine } from "../../src/queue/engine.ts";
import { type Wake, createWake } from "../../src/queue/wake.ts";
import { startWorker } from "../../src/queue/worker.ts";
import { aComposer, aDelivery } from "../message/ledger.ts";
import { redisUrl, urlOf } from "../support/database.ts";
import { aCustomer, monday } from "../support/people.ts";

/** Both places a queue can live in; the missing one is left out, and the run has said so at its head. */
export function places(database: Database): readonly (readonly [string, QueuePlace])[] {
  const redis = redisUrl();
  const own = `${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
  return [
    ["Postgres", { kind: "postgres", url: urlOf(database), schema: "waypost_queue" }],
    ...(redis === undefined
      ? []
      : [["Redis", { kind: "redis", url: redis, prefix: `test_${own}` }] as const]),
  ];
}

export interface Running {
  readonly engine: Engine;
  readonly backend: QueueBackend;
  readonly wake: Wake;
  stop(): Promise<void>;
}

/** A worker at work, as `waypost worker` would be, with a carrier of the test's own. */
export async function aWorker(
  database: Database,
  place: QueuePlace,
  carriers: Record<string, Provider>,
  {
    heartbeatMs = 30_000,
    nameIsKeptMs = 30_000,
    ...rules
  }: Parameters<typeof aDelivery>[1] & { heartbeatMs?: number; nameIsKeptMs?: number } = {},
): Promise<Running> {
  const log = createLog("silent");
  const clock: Clock = { now: () => monday };
  const config = { ...readConfig("/nowhere", {}), zone: "UTC" };
  const deliveries = new Map(
    Object.entries(carriers).map(([channel, carrier]) => [
      channel,
      aDelivery(carrier, { channel, ...rules }),
    ]),
  );
  const key = Buffer.from("a key of at least twenty-four bytes");
  const webhooks = createWebhookCaller({ allow: ["127.0.0.1"], key, fill: (text) => text });
  const composer = aComposer();
  const engine: Engine = { config, clock, log, database, composer, deliveries, webhooks };
  const backend = await openBackend(place, log);
  const wake = createWake(backend, { nameIsKeptMs });
  const worker = await startWorker(engine, backend, wake, urlOf(database), { heartbeatMs });
  return {
    engine,
    backend,
    wake,
    async stop() {
      await worker.stop();
      await wake.close();
      await webhooks.close();
    },
  };
}

/** Applies journeys as an operator would write them. */
export async function applied(database: Database, ...texts: readonly string[]): Promise<void> {
  const written = texts.map((text, index) => {
    const source = `topic: offers\n${text}`;
    const { journey, mistakes } = readJourney(source, `workflows/test-${index}.yaml`);
    if (journey === undefined) throw new Error(JSON.stringify(mistakes));
    return { journey, source, file: `workflows/test-${index}.yaml` };
  });
  await applyJourneys(database, written, monday);
}

/** Waits until it is so; the test's own time limit ends a wait in vain. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((done) => setTimeout(done, 20));
}

export const welcome =
  "journey: welcome\nstart: { on: signed_up, again: always }\nsteps: [{ send: hello, by: email }]";

/** So many customers who agreed to everything sign up; nobody has been told yet. */
export async function signUps(database: Database, customers: number): Promise<void> {
  const ids: string[] = [];
  for (let i = 0; i < customers; i++) ids.push(await aCustomer(database));
  await sql`
    insert into pending_events (event_id, customer_id, name, occurred_at, properties)
    select id, id, 'signed_up', ${monday}, '{}' from unnest(${ids}::bigint[]) as id`.execute(
    database,
  );
}

/** How many messages are in a state. */
export async function countIn(database: Database, state: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from messages where state = ${state}`.execute(database);
  return rows[0]?.count ?? 0;
}
