import { resolve } from "node:path";
import type { PoolClient } from "pg";
import { type Database, poolOf } from "../database/database.ts";
import { WaypostError, reasonOf } from "../errors.ts";
import { singleConnection } from "./single-connection.ts";
import { CopyRows } from "./copy-rows.ts";
import { type MergeCounts, mergeImport } from "./import-merge.ts";
import type { ImportOptions, ImportReport } from "./import-report.ts";
import { knownZones } from "./known-zones.ts";
import { type Mapping, readMapping } from "./mapping.ts";
import { type Opened, openSource } from "./open-source.ts";
import { Rejects, rejectsFileOf } from "./rejects.ts";
import { RowReader } from "./row-reader.ts";
import type { Source } from "./source.ts";
import { stagingColumns } from "./staging-table.ts";

export type { ImportOptions, ImportReport };

/**
 * Imports a file in three stages: its rows are read, checked and copied into a temporary table, in flat memory; folded
 * to one row per customer or order; and merged in transactions of some ten thousand. Every stage is idempotent, so an
 * import that was killed is simply run again. Bad rows go to the side file and cost nothing else.
 */
export async function importFile(
  database: Database,
  options: ImportOptions,
): Promise<ImportReport> {
  const startedAt = new Date();
  const mapping = options.mapping === undefined ? null : readMapping(options.mapping, options.kind);
  const opened = await openSource(options.file, options.kind, mapping);
  const rejects = new Rejects(sideFile(options, opened.source), opened.source);
  const reader = readerOf(opened.source, mapping, options, await knownZones(database));
  const client = await poolOf(database).connect();
  // A connection that breaks fails the query in hand; unheard, its event would end the process.
  client.on("error", () => undefined);
  try {
    const session = singleConnection(client);
    const read = await stage(client, opened, reader, rejects, options);
    const merged = await mergeImport(session, options, read.staged);
    const report = summary(options, read, rejects, merged);
    await recordImport(
      session,
      report,
      options.now,
      new Date(options.now.getTime() + (Date.now() - startedAt.getTime())),
    );
    return report;
  } catch (cause) {
    if (cause instanceof WaypostError) throw cause;
    throw new WaypostError(
      "WAYPOST_IMPORT",
      `${options.file}: ${reasonOf(cause)}. What was merged stays; import the file again to go on`,
      { cause },
    );
  } finally {
    // Its temporary tables go with the connection.
    client.release(true);
  }
}

interface Read {
  rows: number;
  staged: number;
  skipped: number;
  notes: readonly string[];
}

function readerOf(
  source: Source,
  mapping: Mapping | null,
  options: ImportOptions,
  zones: ReadonlySet<string>,
): RowReader {
  const { kind, country, currency, now } = options;
  const zone = mapping?.zone ?? options.zone;
  const settings = { now, zone, zones, decimal: mapping?.decimal };
  return new RowReader({ kind, country, currency, mapping, columns: source.columns, settings });
}

const identifying = new Set(["external_id", "email", "phone", "order_number"]);

async function stage(
  client: PoolClient,
  { source, size }: Opened,
  reader: RowReader,
  rejects: Rejects,
  options: ImportOptions,
): Promise<Read> {
  const columns = stagingColumns(options.kind);
  const definitions = columns.map(({ name, sqlType }) => `${name} ${sqlType}`).join(", ");
  await client.query(`CREATE TEMP TABLE import_rows (${definitions})`);
  const copy = new CopyRows(
    client,
    "import_rows",
    columns.map(({ name }) => name),
  );
  const read: Read = { rows: 0, staged: 0, skipped: 0, notes: reader.notes };
  for await (const { rows, bytesRead } of source.batches) {
    for (const row of rows) {
      read.rows += 1;
      const result = reader.read(row);
      if (result === "skipped") read.skipped += 1;
      else if ("faults" in result) await rejects.add(row, result.faults.join("; "));
      else {
        result.values[0] = String((read.staged += 1));
        copy.write(result.values);
      }
    }
    await copy.flush();
    options.onProgress?.({ phase: "reading", done: bytesRead, total: size, rows: read.rows });
  }
  await copy.end();
  await rejects.close();
  // Which rows name their customer how decides how they are merged; to look at the rest takes longer than it is worth.
  const keys = columns.map(({ name }) => name).filter((name) => identifying.has(name));
  await client.query(`ANALYZE import_rows (${keys.join(", ")})`);
  return read;
}

function sideFile(options: ImportOptions, source: Source): string {
  const file = options.rejectsFile ?? rejectsFileOf(options.file, source.format);
  if (resolve(file) === resolve(options.file))
    throw new WaypostError(
      "WAYPOST_IMPORT",
      `${options.file}: expected another file for the rejected rows than the one that is imported`,
    );
  return file;
}

function summary(
  options: ImportOptions,
  read: Read,
  rejects: Rejects,
  merged: MergeCounts,
): ImportReport {
  return {
    kind: options.kind,
    file: options.file,
    rows: read.rows,
    rejected: rejects.count,
    skipped: read.skipped,
    ...merged,
    rejectsFile: rejects.count > 0 ? rejects.file : null,
    examples: rejects.examples,
    notes: [...read.notes, ...merged.notes],
  };
}

async function recordImport(
  session: Database,
  report: ImportReport,
  startedAt: Date,
  finishedAt: Date,
): Promise<void> {
  const { kind, file, rows, rejected, inserted, updated } = report;
  await session
    .insertInto("imports")
    .values({
      kind,
      file,
      rows,
      rejected,
      inserted,
      updated,
      started_at: startedAt,
      finished_at: finishedAt,
    })
    .execute();
}
