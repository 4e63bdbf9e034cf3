import { type RawBuilder, sql } from "kysely";
import type { SplitArm, StepId } from "../journey/journey.ts";
import { boundsOf, shareOf } from "./share.ts";
import type { Move, Stage, StepOf } from "./stage.ts";

/**
 * The same customer takes the same arm in every passage through the journey. Where a winner is looked for, the first
 * arm taken is written down until there is one; then who has none yet takes the winner (split-winner.ts).
 */
export async function split(
  stage: Stage,
  step: StepOf<"split">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const rows = await sharesOf(stage, step, ids);
  const taken = step.winner === null ? undefined : await trial(stage, step, rows);
  const byArm = Map.groupBy(rows, (row) => taken?.get(row.id) ?? armOf(step.arms, row));
  return step.arms.map((arm) => ({
    ids: (byArm.get(arm.name) ?? []).map((row) => row.id),
    to: arm.next,
  }));
}

interface Shared {
  readonly id: string;
  readonly share: string;
}

async function sharesOf(
  { transaction, journey }: Stage,
  step: StepOf<"split">,
  ids: readonly string[],
): Promise<readonly Shared[]> {
  const share = sharesSql(journey.name, step.id);
  const { rows } = await sql<Shared>`
    select id, ${share} as share from enrollments where id = any(${ids}::bigint[])`.execute(
    transaction,
  );
  return rows;
}

/** Over enrollments: the number that decides about a customer's arm. */
export function sharesSql(journey: string, step: StepId): RawBuilder<number> {
  return shareOf(sql`customer_id`, journey, step);
}

export function armOf(arms: readonly SplitArm[], { share }: Pick<Shared, "share">): string {
  const bounds = boundsOf(arms);
  return arms[bounds.findIndex((bound) => Number(share) < bound)]?.name ?? "";
}

/** The arm of each enrollment, as far as one was taken before or has won; takes down those that are new to the trial. */
async function trial(
  { transaction, turn }: Stage,
  step: StepOf<"split">,
  rows: readonly Shared[],
): Promise<ReadonlyMap<string, string>> {
  const arms = step.arms.map(({ name }) => name);
  const wanted = rows.map((row) => armOf(step.arms, row));
  const known = await sql<{ id: string; arm: string }>`
    with coming as (
      select enrollment.id, enrollment.customer_id, enrollment.journey_id, given.arm, winner.arm as winner
      from unnest(${rows.map((row) => row.id)}::bigint[], ${wanted}::text[]) as given (id, arm)
      join enrollments enrollment on enrollment.id = given.id
      left join split_winners winner on winner.journey_id = enrollment.journey_id and winner.step = ${step.id}
        and winner.arm = any(${arms}::text[])
    ),
    assigned as (
      insert into split_customers as known (journey_id, step, customer_id, enrollment_id, arm, assigned_at)
      select distinct on (customer_id) journey_id, ${step.id}, customer_id, id, arm, ${turn.now}::timestamptz
      from coming where winner is null
      order by customer_id, id
      on conflict (journey_id, step, customer_id) do nothing
    )
    select coming.id, coalesce(earlier.arm, coming.winner) as arm
    from coming
    left join split_customers earlier on earlier.journey_id = coming.journey_id and earlier.step = ${step.id}
      and earlier.customer_id = coming.customer_id and earlier.arm = any(${arms}::text[])
    where coalesce(earlier.arm, coming.winner) is not null`.execute(transaction);
  return new Map(known.rows.map(({ id, arm }) => [id, arm]));
}
