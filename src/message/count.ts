import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { isOpen } from "./claim.ts";
import type { MessageState } from "./message.ts";

/** Counting ends here, so that a look costs the same over ten million rows that wait as over a hundred thousand. */
const countedAtMost = 100_000;
/** Up to this size the whole ledger is counted; a larger one is estimated from the planner's statistics. */
const countedBytes = 32 * 1024 * 1024;

export interface Ledger {
  readonly counts: Readonly<Partial<Record<MessageState, number>>>;
  /** The finished states of a large ledger are estimated, as of the last ANALYZE. */
  readonly isEstimated: boolean;
}

/** How many messages are in each state. Those that are open have indexes of their own and are counted. */
export async function countOrEstimate(database: Database): Promise<Ledger> {
  const { rows: sizes } = await sql<{ rows: number; bytes: number }>`
    select reltuples::float8 as rows, pg_relation_size(oid)::float8 as bytes
    from pg_class where oid = to_regclass('messages')`.execute(database);
  const size = sizes[0] ?? { rows: 0, bytes: 0 };
  if (size.bytes <= countedBytes || size.rows < 0)
    return { counts: await countMessages(database), isEstimated: false };
  const { rows } = await sql<{ state: MessageState; count: number }>`
    select state, round(share * ${size.rows})::float8 as count from (
      select unnest(most_common_vals::text::text[]) as state, unnest(most_common_freqs) as share from pg_stats
      where schemaname = current_schema() and tablename = 'messages' and attname = 'state') as known
    where state not in ('planned', 'retry', 'sending', 'unknown')
    union all select state, count(*)::float8 from (
      (select state from messages where needs = 'delivery' limit ${countedAtMost})
      union all select state from claims join messages m on ${isOpen}
      union all (select state from messages where needs = 'resolution' limit ${countedAtMost})) as open group by state`.execute(
    database,
  );
  return {
    counts: Object.fromEntries(rows.map(({ state, count }) => [state, count])),
    isEstimated: true,
  };
}

/** How many messages are in each state, over all or one journey. */
export async function countMessages(
  database: Database,
  journey?: string,
): Promise<Partial<Record<MessageState, number>>> {
  const { rows } = await sql<{ state: MessageState; count: number }>`
    select m.state, count(*)::int as count from messages m
    ${journey === undefined ? sql`` : sql`join journeys j on j.id = m.journey_id and j.name = ${journey}`}
    group by m.state order by m.state`.execute(database);
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}
