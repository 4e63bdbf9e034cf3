import { join } from "node:path";
import { sql } from "kysely";
import { createWire } from "../src/channel/wire.ts";
import { CopyRows } from "../src/customer/copy-rows.ts";
import { poolOf } from "../src/database/database.ts";
import { createLog } from "../src/log.ts";
import { openBackend } from "../src/queue/open-backend.ts";
import { loadTemplates } from "../src/template/load-templates.ts";
import type { Ground, Queues } from "./ground.ts";
import { bodyOf, renderOne } from "./render-and-post.ts";
import type { Row } from "./row.ts";

const inFlight = 64;

/** What the parts alone can do on this machine: nothing built of them can be faster. */
export async function* ceilings(ground: Ground): AsyncGenerator<Row> {
  for (const queues of ground.queues) {
    const { add, work } = await noOpJobs(ground, queues);
    yield raw("raw: adding no-op jobs", add, "jobs/s", queues);
    yield raw("raw: running no-op jobs", work, "jobs/s", queues);
  }
  const { database, drop } = await ground.fresh("nobody");
  await sql`create table bare (id bigint primary key, email text, name text, at timestamptz)`.execute(
    database,
  );
  const rows = Math.max(ground.sizes.rawMessages, 1000);
  yield raw("raw: COPY", await copyRate(database, rows), "rows/s");
  yield raw("raw: INSERT of 500 rows", await insertRate(database, rows), "rows/s");
  yield raw("raw: durable commits, one connection", await commitRate(database, rows), "commits/s");
  await drop();
  yield raw("raw: rendering", await renderRate(ground), "messages/s");
  yield raw("raw: POST of 11 KB", await postRate(ground), "posts/s");
}

function raw(work: string, value: number, unit: string, queues: Queues | null = null): Row {
  return { work, queues, value, unit };
}

async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (count * 1000) / (performance.now() - from);
}

async function noOpJobs(
  ground: Ground,
  queues: Queues,
): Promise<{ readonly add: number; readonly work: number }> {
  const jobs = ground.sizes.jobs[queues];
  const { drop, url } = await ground.fresh("nobody");
  const backend = await openBackend(
    queues === "redis"
      ? { kind: "redis", url: await ground.redisUrl(), prefix: "ceiling" }
      : { kind: "postgres", url, schema: "ceiling" },
    createLog("error"),
  );
  const queue = backend.queue("no-op");
  let added = 0;
  const add = await rate(jobs, () =>
    inLanes(async () => {
      while (added < jobs) {
        added += 1;
        await queue.add("no-op", {}, { removeOnComplete: true });
      }
    }),
  );
  const done = Promise.withResolvers<void>();
  let finished = 0;
  const from = performance.now();
  const work = async () => {
    finished += 1;
    if (finished === jobs) done.resolve();
  };
  const worker = backend.worker("no-op", work, { concurrency: inFlight });
  await done.promise;
  const seconds = (performance.now() - from) / 1000;
  await worker.close();
  await queue.close();
  await drop();
  return { add, work: jobs / seconds };
}

async function inLanes(lane: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: inFlight }, lane));
}

type OpenDatabase = Awaited<ReturnType<Ground["fresh"]>>["database"];
const moment = "2026-01-12T12:00:00Z";

function copyRate(database: OpenDatabase, rows: number): Promise<number> {
  return rate(rows, async () => {
    const client = await poolOf(database).connect();
    try {
      const copy = new CopyRows(client, "bare", ["id", "email", "name", "at"]);
      for (let row = 1; row <= rows; row++) {
        copy.write([String(row), `person-${row}@example.com`, "Ada", moment]);
        if (row % 1000 === 0) await copy.flush();
      }
      await copy.end();
    } finally {
      client.release();
    }
  });
}

function insertRate(database: OpenDatabase, rows: number): Promise<number> {
  return rate(rows, async () => {
    for (let first = rows + 1; first <= rows * 2; first += 500) {
      const ids = Array.from({ length: Math.min(500, rows * 2 + 1 - first) }, (_, i) => first + i);
      await sql`insert into bare select id, email, 'Ada', ${moment}
        from unnest(${ids}::bigint[], ${ids.map((id) => `person-${id}@example.com`)}::text[]) as given (id, email)`.execute(
        database,
      );
    }
  });
}

/** How often one connection can make a row safe from a power cut: a batch that shares a commit shares this. */
function commitRate(database: OpenDatabase, rows: number): Promise<number> {
  const commits = Math.ceil(rows / 30);
  return rate(commits, async () => {
    for (let commit = 1; commit <= commits; commit++)
      await sql`insert into bare values (${-commit}, '', '', ${moment})`.execute(database);
  });
}

async function renderRate({ folder, sizes }: Ground): Promise<number> {
  const options = { locale: "en", currency: "GBP", zone: "UTC" };
  const templates = await loadTemplates(join(folder, "templates"), options);
  return rate(sizes.rawMessages, async () => {
    for (let index = 0; index < sizes.rawMessages; index++) renderOne(templates, index);
  });
}

async function postRate(ground: Ground): Promise<number> {
  const { folder, sizes } = ground;
  const options = { locale: "en", currency: "GBP", zone: "UTC" };
  const templates = await loadTemplates(join(folder, "templates"), options);
  const body = bodyOf(renderOne(templates, 1), 1);
  const stub = await ground.stub();
  const wire = createWire({ connections: inFlight });
  let sent = 0;
  const found = await rate(sizes.rawMessages, () =>
    inLanes(async () => {
      while (sent < sizes.rawMessages) {
        sent += 1;
        await wire.call({
          method: "POST",
          origin: stub.url,
          path: "/v3/mail/send",
          headers: { authorization: "Bearer key", "content-type": "application/json" },
          body,
          signal: AbortSignal.timeout(30_000),
        });
      }
    }),
  );
  await wire.close();
  await stub.close();
  return found;
}
