import { WaypostError, nearMiss } from "../errors.ts";

/** A condition that cannot become SQL. `place` is where in the condition, such as `customer.contry`. */
export function refusal(place: string, message: string): WaypostError {
  return new WaypostError("WAYPOST_CONDITION", `${place}: ${message}`);
}

/** Refuses a word that is not among the known ones, with all of them and the one that was probably meant. */
export function unknownWord(
  place: string,
  what: string,
  word: string,
  known: readonly string[],
): WaypostError {
  const meant = nearMiss(word, known);
  const hint = meant === undefined ? "" : `. Did you mean "${meant}"?`;
  return refusal(place, `expected ${what} (${known.join(", ")}), got "${word}"${hint}`);
}
