import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestRunner, afterAll, onTestFinished } from "vitest";
import {
  type ImportOptions,
  type ImportReport,
  importFile,
} from "../../src/customer/import-file.ts";
import type { Database } from "../../src/database/database.ts";

export const now = new Date("2026-11-20T12:00:00Z");

/** A file in a folder of this test's own, with these lines or bytes. */
export function aFile(content: string | Buffer | readonly string[], extension = "csv"): string {
  const folder = mkdtempSync(join(tmpdir(), "waypost-import-"));
  const atEnd = TestRunner.getCurrentTest() === undefined ? afterAll : onTestFinished;
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, `file.${extension}`);
  writeFileSync(
    file,
    typeof content === "string" || Buffer.isBuffer(content) ? content : `${content.join("\n")}\n`,
  );
  return file;
}

export function aMapping(...lines: readonly string[]): string {
  return aFile(lines, "yaml");
}

export function importing(
  database: Database,
  kind: ImportOptions["kind"],
  file: string,
  options: Partial<ImportOptions> = {},
): Promise<ImportReport> {
  return importFile(database, {
    kind,
    file,
    country: "GB",
    zone: "Europe/London",
    currency: "GBP",
    now,
    ...options,
  });
}

/** The side file's lines without its byte order mark. */
export function rejectedLines(report: ImportReport): string[] {
  if (report.rejectsFile === null) return [];
  return readFileSync(report.rejectsFile, "utf8")
    .replace(/^\u{FEFF}/u, "")
    .trimEnd()
    .split("\n");
}
