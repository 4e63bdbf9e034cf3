import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { sql } from "kysely";
import { from } from "pg-copy-streams";
import { poolOf } from "../src/database/database.ts";
import type { Fresh, Ground } from "./ground.ts";
import type { Imported, Usage } from "./measured-process.ts";
import { customersCsv } from "./population.ts";
import type { Row } from "./row.ts";

/** A file of customers, checked, normalised and merged, beside COPY of the same bytes into a table without an index. */
export async function* importing(ground: Ground): AsyncGenerator<Row> {
  const { customers } = ground.sizes;
  const file = join(ground.folder, "customers.csv");
  await writeFile(file, customersCsv(customers));
  const database = await ground.fresh("nobody");
  const bare = customers / (await bareCopy(database, file));
  const indexed = customers / (await bareCopy(database, file, "indexed"));
  const { report, usage } = await runImport(ground, database, { kind: "customers", file });
  await ground.sayStatements(database.database);
  const again = await runImport(ground, database, { kind: "customers", file });
  await database.drop();
  yield {
    work: "importing customers",
    queues: null,
    value: report.rows / report.seconds,
    unit: "rows/s",
    ceiling: { value: bare, of: "COPY of the same file" },
    cpuMs: usage.cpuMs / report.rows,
    peakMb: usage.peakMb,
    target: "40% of the ceiling, 300 MB",
    note: `COPY into a table indexed like ours: ${Math.round(indexed)} rows/s; a second import takes ${again.report.seconds.toFixed(1)} s`,
    faults: [
      ...unlike("imported", report, { inserted: customers, updated: 0, rejected: 0 }),
      ...unlike("again", again.report, { inserted: 0, updated: 0, rejected: 0 }),
    ],
  };
  if (ground.file !== undefined) yield importOwnFile(ground);
}

async function importOwnFile(ground: Ground): Promise<Row> {
  const { path = "", mapping } = ground.file ?? {};
  const database = await ground.fresh("nobody");
  const { report, usage } = await runImport(ground, database, {
    kind: "orders",
    file: resolve(path),
    ...(mapping === undefined ? {} : { mapping: resolve(mapping) }),
  });
  await database.drop();
  return {
    work: "importing your file of orders",
    queues: null,
    value: report.seconds,
    unit: "s",
    peakMb: usage.peakMb,
    target: "10 s for the invoice file, 300 MB",
    note: `${report.rows} rows: ${report.inserted} orders, ${report.rejected} rejected`,
  };
}

async function runImport(
  ground: Ground,
  database: Fresh,
  what: { kind: "customers" | "orders"; file: string; mapping?: string },
): Promise<{ report: Imported; usage: Usage }> {
  const measured = await ground.measured(database, { queues: "postgres" });
  const before = await measured.usage();
  const report = (await measured.ask({
    order: "import",
    mapping: undefined,
    ...what,
  })) as Imported;
  const { cpuMs, peakMb } = await measured.usage();
  await measured.stop();
  return { report, usage: { cpuMs: cpuMs - before.cpuMs, peakMb } };
}

/** Returns the seconds. */
async function bareCopy(
  { database }: Fresh,
  file: string,
  kind: "bare" | "indexed" = "bare",
): Promise<number> {
  await sql`drop table if exists bare`.execute(database);
  await sql`create table bare (id text, email text, phone text, first_name text, last_name text, country text, city text, plan text)`.execute(
    database,
  );
  if (kind === "indexed")
    await sql`alter table bare add column number bigint generated always as identity primary key,
      add unique (id), add unique (email, id), add unique (phone, id)`.execute(database);
  const client = await poolOf(database).connect();
  try {
    const start = performance.now();
    await pipeline(
      createReadStream(file),
      client.query(
        from(
          "copy bare (id, email, phone, first_name, last_name, country, city, plan) from stdin (format csv, header true)",
        ),
      ),
    );
    return (performance.now() - start) / 1000;
  } finally {
    client.release();
  }
}

function unlike(
  what: string,
  found: Imported,
  expected: Pick<Imported, "inserted" | "updated" | "rejected">,
): string[] {
  const { inserted, updated, rejected } = found;
  const counts = JSON.stringify({ inserted, updated, rejected });
  return counts === JSON.stringify(expected)
    ? []
    : [`${what}: expected ${JSON.stringify(expected)}, found ${counts}`];
}
