import type { Start } from "../journey/journey.ts";
import { definitionHash } from "./definition-hash.ts";

/**
 * Whether the start lets customers in on other occasions than before: another schedule, segment or day. A changed `if` or
 * `again` judges the same ones.
 */
export function startsAnew(before: Start, after: Start): boolean {
  return definitionHash(occasionsOf(before)) !== definitionHash(occasionsOf(after));
}

function occasionsOf({ if: _if, again: _again, ...occasions }: Start): unknown {
  return occasions;
}

/** Whether the change asks for all members of its segment, which was not asked for before. */
export function isFilledNewly(before: Start | null, after: Start): boolean {
  if (after.kind !== "segment" || !after.backfill) return false;
  return before === null || startsAnew(before, after);
}

/**
 * `journeys.entered_until` once `after` is in force: null to let in whoever there is, undefined to leave it as it is. What a
 * start would have let in before it was in force is over, or the whole audience of last Tuesday entered with the change.
 */
export function startMark(
  before: Start | null,
  after: Start,
  now: Date,
  how: "applied" | "restored" | "rolled back" = "applied",
): Date | null | undefined {
  if (how !== "rolled back" && isFilledNewly(before, after)) return null;
  if (before === null || how === "restored" || startsAnew(before, after)) return now;
  return undefined;
}
