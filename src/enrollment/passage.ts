import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { StepId } from "../journey/journey.ts";

/** So many customers left a step for the next (null: for the end of the journey). */
export interface Passage {
  readonly versionId: number;
  readonly step: StepId;
  readonly next: StepId | null;
  readonly customers: number;
}

/** Adds to the counts of the flowchart. Last in a transaction, since workers that move side by side wait for each other here. */
export async function countPassages(
  transaction: Kysely<Tables>,
  passages: readonly Passage[],
): Promise<void> {
  const counted = counting(passages);
  if (counted !== null) await counted.execute(transaction);
}

/** The statement that adds to them; null where nobody passed. */
export function counting(passages: readonly Passage[]): RawBuilder<unknown> | null {
  const counted = passages.filter(({ customers }) => customers > 0);
  if (counted.length === 0) return null;
  // Sorted, so that two workers take the rows in the same order.
  return sql`
    insert into passages as known (version_id, step, next, customers)
    select version_id, step, next, sum(customers)
    from unnest(${counted.map((one) => one.versionId)}::int[], ${counted.map((one) => one.step)}::text[],
                ${counted.map((one) => one.next ?? "")}::text[], ${counted.map((one) => one.customers)}::bigint[])
      as added (version_id, step, next, customers)
    group by 1, 2, 3 order by 1, 2, 3
    on conflict (version_id, step, next) do update set customers = known.customers + excluded.customers`;
}
