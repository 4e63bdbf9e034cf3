import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** What became of the codes of a pool. */
export interface PoolFindings {
  readonly pool: string;
  readonly handedOut: number;
  /** Left at the end. */
  readonly free: number;
  /** Not handed out before their time was up. */
  readonly spoiled: number;
}

/** Steps whose outside world is not there: a service that is not called, an agent who does nothing. */
export interface Unplayed {
  readonly journey: string;
  readonly step: string;
  readonly kind: "call" | "task";
  readonly times: number;
}

/** The pools that steps hand out of, those without a single code too. */
export async function findPools(
  database: Database,
  { from, until }: { readonly from: Date; readonly until: Date },
): Promise<readonly PoolFindings[]> {
  const isFree = sql`v.handed_out_at is null and v.redeemed_at is null`;
  const { rows } = await sql<PoolFindings>`
    select pools.name as pool, count(*) filter (where v.handed_out_at >= ${from})::int as "handedOut",
      count(*) filter (where ${isFree} and v.expires_at > ${until})::int as free,
      count(*) filter (where ${isFree} and v.expires_at > ${from} and v.expires_at <= ${until})::int as spoiled
    from (select distinct step.value ->> 'pool' as name
          from journey_versions version, jsonb_each(version.definition -> 'steps') step
          where step.value ->> 'kind' = 'voucher') as pools
    left join vouchers v on v.pool = pools.name
    group by 1 order by 1`.execute(database);
  return rows;
}

export async function findUnplayed(
  database: Database,
  { from }: { readonly from: Date },
): Promise<readonly Unplayed[]> {
  const { rows } = await sql<Unplayed>`
    select j.name as journey, beside.step, beside.kind, count(*)::int as times
    from (select journey_id, step, 'call' as kind from calls where finished_at >= ${from} and state = 'answered'
          union all select journey_id, step, 'task' from tasks where made_at >= ${from}) as beside
    join journeys j on j.id = beside.journey_id
    group by 1, 2, 3 order by 1, 2`.execute(database);
  return rows;
}

/** What the report says of it, for people. */
export function besideLines(
  pools: readonly PoolFindings[],
  unplayed: readonly Unplayed[],
): readonly string[] {
  return [
    ...pools.map(({ pool, handedOut, free, spoiled }) => {
      const rest = spoiled > 0 ? `, ${spoiled} spoiled before` : "";
      return `pool ${pool}: ${handedOut} vouchers handed out, ${free} left${rest}`;
    }),
    ...unplayed.map(({ journey, step, kind, times }) =>
      kind === "call"
        ? `${journey} ${step}: ${times} calls not made; taken as answered, with nothing in the answer`
        : `${journey} ${step}: ${times} tasks nobody did; each waits until its time is up`,
    ),
  ];
}
