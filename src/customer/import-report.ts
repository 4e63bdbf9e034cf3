import type { Secrets } from "./erasure-key.ts";
import type { ImportKind } from "./field.ts";

export interface ImportOptions {
  readonly kind: ImportKind;
  readonly file: string;
  /** A mapping file; without one the header's own names are understood. */
  readonly mapping?: string | undefined;
  /** Whose telephone numbers stand without a country code. */
  readonly country: string;
  /** Zone of times without an offset. */
  readonly zone: string;
  readonly currency: string;
  readonly now: Date;
  /** For the hashes of erased addresses. */
  readonly secrets?: Secrets;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Where rows that are not taken go; beside the file as `<name>.rejected.csv` by default. */
  readonly rejectsFile?: string | undefined;
  /** Events only: journeys react to them. An import is history unless it says otherwise. */
  readonly live?: boolean;
}

export interface ImportProgress {
  readonly phase: "reading" | "merging";
  /** Bytes of the file while reading, rows while merging. */
  readonly done: number;
  readonly total: number;
  readonly rows: number;
}

export interface ImportReport {
  readonly kind: ImportKind;
  readonly file: string;
  /** Rows of data in the file: taken, rejected and skipped by a rule together. */
  readonly rows: number;
  readonly rejected: number;
  readonly skipped: number;
  /** Of the kind imported. The rest of the rows changed nothing, being known or the same as others of the file. */
  readonly inserted: number;
  readonly updated: number;
  /** Customers that rows of orders or events named. */
  readonly customers: { readonly inserted: number; readonly updated: number };
  readonly consents: number;
  /** Events that wait for journeys. */
  readonly heard: number;
  readonly rejectsFile: string | null;
  readonly examples: readonly { readonly line: number; readonly reason: string }[];
  readonly notes: readonly string[];
}
