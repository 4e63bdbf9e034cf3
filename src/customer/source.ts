import type { Json } from "./storable.ts";

/** One row of a file, by the source's columns. A row with a fault goes to the side file as it is. */
export interface SourceRow {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly values: readonly (Json | undefined)[];
  readonly fault: string | null;
  /** The line itself, where the side file holds lines and not cells. */
  readonly text?: string;
}

export interface SourceBatch {
  readonly rows: readonly SourceRow[];
  readonly bytesRead: number;
}

/** A file of rows, whatever its format. */
export interface Source {
  readonly format: "csv" | "ndjson";
  /** Known from the start in CSV; grows as rows are read in NDJSON. */
  readonly columns: readonly string[];
  readonly batches: AsyncGenerator<SourceBatch>;
}

/** Written by us beside an import, in front of the columns of the file. */
export const rejectColumns = ["rejected_line", "rejected_reason"] as const;
