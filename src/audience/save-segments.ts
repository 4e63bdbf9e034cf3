import { type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { inTransaction } from "../database/in-transaction.ts";
import type { Tables } from "../database/tables.ts";
import { type Mistake, MistakesError, reasonOf } from "../errors.ts";
import type { Segment } from "../journey/read-segment.ts";
import { conditionSql } from "./condition-sql.ts";
import { inOrder } from "./segment-order.ts";

/**
 * Makes the kept segments those of the files: new and changed ones are written and wait for their refresh, those whose
 * file is gone lose their members. All or nothing: mistakes in any are thrown together (WAYPOST_MISTAKES).
 */
export async function saveSegments(
  database: Database,
  segments: readonly Segment[],
  now: Date,
): Promise<void> {
  const mistakes = mistakesIn(segments, now);
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  await inTransaction(database, async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || '.segments', 0))`.execute(
      transaction,
    );
    await upsert(transaction, segments);
    await removeOthers(transaction, segments, now);
  });
}

/** What is wrong with segments taken together: names used twice, unknown fields and segments, cycles. */
function mistakesIn(segments: readonly Segment[], now: Date): readonly Mistake[] {
  const names = segments.map(({ name }) => name);
  const { cycles } = inOrder(segments);
  return segments.flatMap((segment, index) => {
    const cycle = cycles.find(([name]) => name === segment.name);
    const first = segments[names.indexOf(segment.name)];
    return [
      ...mistake(segment, uncompilable(segment, names, now)),
      ...mistake(
        segment,
        cycle && `expected segments that end somewhere, found a circle: ${cycle.join(" -> ")}`,
      ),
      ...mistake(
        segment,
        names.indexOf(segment.name) < index
          ? `expected a name of its own, got "${segment.name}", which ${first?.file} has`
          : undefined,
      ),
    ];
  });
}

function mistake({ file }: Segment, message: string | undefined): readonly Mistake[] {
  return message === undefined ? [] : [{ file, line: 1, column: 1, path: "", message }];
}

function uncompilable(
  { condition }: Segment,
  names: readonly string[],
  now: Date,
): string | undefined {
  try {
    conditionSql(condition, { now, segments: names, sql: true });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

async function upsert(
  transaction: Transaction<Tables>,
  segments: readonly Segment[],
): Promise<void> {
  const rows = segments.map(({ name, describe, condition, file }) => ({
    name,
    describe,
    condition,
    file,
  }));
  await sql`
    insert into segments as kept (name, describe, condition, file)
    select name, describe, condition, file
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as given (name text, describe text, condition jsonb, file text)
    on conflict (name) do update set
      describe = excluded.describe, condition = excluded.condition, file = excluded.file, removed_at = null,
      refreshed_at = case when kept.condition = excluded.condition and kept.removed_at is null then kept.refreshed_at end`.execute(
    transaction,
  );
}

async function removeOthers(
  transaction: Transaction<Tables>,
  segments: readonly Segment[],
  now: Date,
): Promise<void> {
  await sql`
    with removed as (
      update segments set removed_at = ${now}, size = 0, failure = null
      where removed_at is null and name <> all(${segments.map(({ name }) => name)}::text[])
      returning id
    )
    update segment_members set left_at = ${now}
    where left_at is null and segment_id in (select id from removed)`.execute(transaction);
}
