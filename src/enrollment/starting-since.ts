import { type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { Journey } from "../journey/journey.ts";
import { withNewKeys } from "./older-version.ts";
import { startMark } from "./start-mark.ts";

interface Change {
  readonly kind: "applied" | "rolled back";
  readonly at: Date;
  readonly before: Journey;
  readonly after: Journey;
}

/** Since when a journey's start lets customers in, as of `at`; null where it was applied to let in whoever there is. */
export async function startingSince(
  session: Transaction<Tables>,
  { journeyId, journey, createdAt }: Asked,
  at: Date,
): Promise<Date | null> {
  const { rows } = await sql<Change>`
    select change.kind, change.at, was.definition as before, will.definition as after
    from version_changes change
    join journey_versions was on was.id = change.from_version_id
    join journey_versions will on will.id = change.to_version_id
    where change.journey_id = ${journeyId} and change.at <= ${at} and was.id <> will.id
    order by change.id desc`.execute(session);
  for (const change of rows) {
    const { start } = withNewKeys(change.after);
    const mark = startMark(withNewKeys(change.before).start, start, change.at, change.kind);
    if (mark !== undefined) return mark;
  }
  const first = rows.at(-1)?.before ?? journey;
  return startMark(null, withNewKeys(first).start, createdAt) ?? null;
}

interface Asked {
  readonly journeyId: number;
  readonly journey: Journey;
  readonly createdAt: Date;
}
