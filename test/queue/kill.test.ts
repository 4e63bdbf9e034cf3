import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProviderStub, startProviderStub } from "../../src/channel/provider-stub.ts";
import { seededRandom } from "../../src/channel/seeded-random.ts";
import type { QueuePlace } from "../../src/queue/backend.ts";
import { aDatabase, freshTables, urlOf } from "../support/database.ts";
import { applied, places, until } from "./house.ts";

const database = await aDatabase({ maxConnections: 5 });
const repository = fileURLToPath(new URL("../..", import.meta.url));
const customers = 1200;
const kills = 4;
const concurrency = 32;

const folder = await mkdtemp(join(tmpdir(), "waypost-kill-"));
await cp(join(repository, "templates"), join(folder, "templates"), { recursive: true });
await writeFile(
  join(folder, "templates", "hello.email.hbs"),
  '---\nsubject: Hello {{customer.first_name}}\nfrom: Shop <shop@example.com>\n---\n<p>Hello <a href="https://shop.example/">again</a></p>\n',
);
await writeFile(
  join(folder, "waypost.yaml"),
  `channels:\n  email: { provider: sendgrid, concurrency: ${concurrency} }\n`,
);
afterAll(() => rm(folder, { recursive: true, force: true }));

let stub: ProviderStub;
const workers = new Set<ChildProcess>();
let ended: string | undefined;
beforeEach(async () => {
  ended = undefined;
  await freshTables(database);
  // Answers take a while, as a provider's do, so that a kill finds calls in flight.
  stub = await startProviderStub({
    behaviour: () => ({ afterMs: 15, events: [{ what: "delivered", afterMs: 0 }] }),
  });
});
afterEach(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await stub.close();
});

function aWorkerProcess(place: QueuePlace): ChildProcess {
  const redis = place.kind === "redis" ? { REDIS_URL: place.url } : {};
  const worker = spawn(
    process.execPath,
    [join(repository, "bin", "waypost.cjs"), "-C", folder, "worker"],
    {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        PATH: process.env["PATH"],
        DATABASE_URL: urlOf(database),
        SENDGRID_API_KEY: "key",
        SENDGRID_BASE_URL: stub.url,
        SENDGRID_WEBHOOK_KEY: stub.sendgridPublicKey,
        LOG_LEVEL: "fatal",
        ...redis,
      },
    },
  );
  workers.add(worker);
  worker.on(
    "exit",
    (code) =>
      (ended = code !== null && code !== 0 ? `a worker ended by itself with ${code}` : ended),
  );
  return worker;
}

async function signUps(): Promise<void> {
  await sql`
    with people as (
      insert into customers (external_id, email, first_name, created_at, updated_at)
      select 'c-' || i, 'person-' || i || '@example.com', 'Ada', now(), now() from generate_series(1, ${customers}::int) as i returning id
    ), agreed as (
      insert into consents (customer_id, channel, topic, state, method, occurred_at) select id, '*', '*', 'granted', 'form', now() from people
    )
    insert into pending_events (event_id, customer_id, name, occurred_at, properties) select id, id, 'signed_up', now(), '{}' from people`.execute(
    database,
  );
}

async function counts(): Promise<Record<string, number>> {
  const { rows } = await sql<{
    state: string;
    count: number;
  }>`select state, count(*)::int as count from messages group by state`.execute(database);
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}
const settled = async () => {
  if (ended !== undefined) throw new Error(ended);
  const { accepted = 0, unknown = 0 } = await counts();
  return accepted + unknown;
};

describe.each(places(database))(
  "with the queues in %s, workers that are killed in the middle",
  (_, place) => {
    it(
      `lose none of ${customers} customers and send to none twice`,
      { timeout: 120_000 },
      async () => {
        const random = seededRandom("kill");
        await applied(
          database,
          "journey: welcome\nmax_lateness: 400 days\nstart: { on: signed_up }\nsteps: [{ send: hello, by: email }]",
        );
        await signUps();
        for (let kill = 1; kill <= kills; kill++) {
          const worker = aWorkerProcess(place);
          const goal = Math.round(((kill - 1 + random()) / (kills + 1)) * customers);
          await until(async () => (await settled()) === customers || stub.requests > goal);
          worker.kill("SIGKILL");
          // Nobody waits a minute for the leases of the dead: their time is up now.
          await sql`update claims set lease_until = clock_timestamp()`.execute(database);
        }
        aWorkerProcess(place);
        await until(async () => (await settled()) === customers);

        const { accepted = 0, unknown = 0, ...others } = await counts();
        expect(others).toEqual({});
        expect(unknown).toBeLessThanOrEqual(kills * concurrency);
        const twice = [...stub.seen].filter(([, { requests }]) => requests > 1);
        expect(twice).toEqual([]);
        const { rows } = await sql<{
          delivery_id: string;
        }>`select delivery_id from messages where state = 'accepted'`.execute(database);
        expect(rows.filter((row) => !stub.seen.has(row.delivery_id))).toEqual([]);
        expect(stub.seen.size).toBeGreaterThanOrEqual(accepted);
        expect(stub.seen.size).toBeLessThanOrEqual(accepted + unknown);
      },
    );
  },
);
