import type { Transaction } from "kysely";
import { fillSegments } from "../audience/fill-segments.ts";
import { saveSegments } from "../audience/save-segments.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { Segment } from "../journey/read-segment.ts";
import { type TemplateHash, noteTemplates } from "./applied-templates.ts";
import { type Applied, type Written, applyJourneys } from "./apply.ts";
import type { Expected } from "./expected.ts";
import { lock } from "../database/lock.ts";

/** The files of a project. */
export interface Files {
  readonly journeys: readonly Written[];
  readonly segments: readonly Segment[];
  /** What journeys send; noted, for plans to compare with. */
  readonly templates: readonly TemplateHash[];
}

/**
 * Puts segments and journeys into force, all or nothing. Segments are filled before the journeys start: whoever is a member
 * then has not come in since, and a segment that cannot be filled lets nothing be applied (WAYPOST_MISTAKES).
 *
 * `asExpected` looks first whether all is as a plan found it, and says which journeys that were.
 */
export function applyFiles(
  database: Database,
  { journeys, segments, templates }: Files,
  now: Date,
  asExpected?: (transaction: Transaction<Tables>) => Promise<readonly Expected[]>,
): Promise<readonly Applied[]> {
  return database.transaction().execute(async (transaction) => {
    await lock(transaction, "apply");
    const expected = await asExpected?.(transaction);
    await saveSegments(transaction, segments, now);
    await fillSegments(transaction, now);
    await noteTemplates(transaction, templates, now);
    return applyJourneys(transaction, journeys, now, expected);
  });
}
