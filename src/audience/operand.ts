import { type RawBuilder, sql } from "kysely";
import { storable } from "./bound-value.ts";

/**
 * What stands left of a comparison, by how its values compare. A code is a text of fixed length (char(n)): compared as
 * such, Postgres keeps its statistics, on which the plan hangs.
 */
export type Operand =
  | { readonly kind: "text" | "code" | "number" | "instant"; readonly sql: RawBuilder<unknown> }
  | JsonOperand;

/** A value out of a JSON document: of any type, and as dirty as what was sent to us. */
export interface JsonOperand {
  readonly kind: "json";
  readonly sql: RawBuilder<unknown>;
  readonly text: RawBuilder<unknown>;
}

/** What a comparison needs beside its operand: the instant it is made at, and where it stands, for errors. */
export interface Asking {
  readonly now: Date;
  readonly place: string;
}

/** A key of a JSON object. One with dots ("cart.total") is taken as it stands first, then as a path. */
export function jsonOperand(
  document: RawBuilder<unknown>,
  key: string,
  place: string,
): JsonOperand {
  const whole = storable(key, place);
  if (!key.includes(".")) {
    return {
      kind: "json",
      sql: sql`${document} -> ${whole}::text`,
      text: sql`${document} ->> ${whole}::text`,
    };
  }
  const path = key.split(".");
  return {
    kind: "json",
    sql: sql`coalesce(${document} -> ${whole}::text, ${document} #> ${path}::text[])`,
    text: sql`coalesce(${document} ->> ${whole}::text, ${document} #>> ${path}::text[])`,
  };
}
