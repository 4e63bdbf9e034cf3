import type { PlanOptions } from "./column-plan.ts";
import type { Json } from "./storable.ts";

export interface RowReaderOptions extends PlanOptions {
  /** The source's columns; may grow while rows are read. */
  readonly columns: readonly string[];
  readonly country: string;
  readonly currency: string;
  /** Whose row it is is known from elsewhere, so it need not say so itself. */
  readonly customerIsKnown?: boolean;
}

/** A row in the making. */
export interface RowDraft {
  readonly values: (string | null)[];
  /** By place; Maps, so that a name from outside is never anything but a name. */
  readonly bags: Map<number, Map<string, Json>>;
  readonly consents: { channel: string; topic: string; state: "granted" | "withdrawn" }[];
  readonly faults: string[];
}
