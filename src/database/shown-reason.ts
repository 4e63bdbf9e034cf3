import { reasonOf } from "../errors.ts";
import { isRowFault, sqlStateOf } from "./sql-state.ts";

/**
 * Why something failed, fit for logs, queues and screens. Postgres and parsers quote the values they choke on: those are
 * left out, and so are addresses and numbers, whoever says them.
 */
export function shownReason(error: unknown): string {
  return reasonOf(error)
    .replaceAll(/"[^]*"/g, quotesValues(error) ? '"…"' : "$&")
    .replaceAll(/\S+@\S+/g, "…")
    .replaceAll(/\+?\d[\d ()-]{5,}\d/g, "…")
    .slice(0, 300);
}

/** Constraints (23) are called by their names, which help. */
function quotesValues(error: unknown): boolean {
  return error instanceof SyntaxError || (isRowFault(error) && !sqlStateOf(error).startsWith("23"));
}
