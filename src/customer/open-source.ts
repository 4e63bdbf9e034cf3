import { open, stat } from "node:fs/promises";
import { MistakesError, WaypostError, reasonOf } from "../errors.ts";
import { openCsv } from "./csv-source.ts";
import type { ImportKind } from "./field.ts";
import { type Mapping, mistakenColumns } from "./mapping.ts";
import { openNdjson } from "./ndjson-source.ts";
import type { Source } from "./source.ts";
import { readLines } from "./text-lines.ts";

export interface Opened {
  readonly source: Source;
  readonly size: number;
}

/** Opens a file of rows, by its extension or else by its first character, and holds the mapping against its header. */
export async function openSource(
  file: string,
  kind: ImportKind,
  mapping: Mapping | null,
): Promise<Opened> {
  const size = await sizeOf(file);
  const lines = readLines(file, mapping?.encoding);
  const format = await formatOf(file);
  if (format === "array")
    throw new WaypostError(
      "WAYPOST_IMPORT",
      `${file}: expected one JSON object a line (NDJSON), found one JSON array; \`jq -c '.[]'\` turns it into lines`,
    );
  if (format === "ndjson") return { source: openNdjson(kind, lines), size };
  const source = await openCsv(file, lines, mapping?.delimiter);
  const mistakes = mapping === null ? [] : mistakenColumns(mapping, source.columns);
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  return { source, size };
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found.size;
  } catch (cause) {
    throw new WaypostError(
      "WAYPOST_IMPORT",
      `${file}: expected a file that can be read: ${reasonOf(cause)}`,
      { cause },
    );
  }
  throw new WaypostError("WAYPOST_IMPORT", `${file}: expected a file, found a folder or a device`);
}

async function formatOf(file: string): Promise<"csv" | "ndjson" | "array"> {
  if (/\.(ndjson|jsonl)$/i.test(file)) return "ndjson";
  if (/\.(csv|tsv)$/i.test(file)) return "csv";
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
  const [first] = buffer
    .toString("utf8", 0, bytesRead)
    .replace(/^\u{FEFF}/u, "")
    .trimStart();
  return first === "{" ? "ndjson" : first === "[" ? "array" : "csv";
}
