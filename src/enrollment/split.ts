import { sql } from "kysely";
import { boundsOf, shareOf } from "./share.ts";
import type { Move, Stage, StepOf } from "./stage.ts";

/** The same customer takes the same arm in every passage through the journey. */
export async function split(
  { transaction, journey }: Stage,
  step: StepOf<"split">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const share = shareOf(sql`customer_id`, journey.name, step.id);
  const { rows } = await sql<{ id: string; share: string }>`
    select id, ${share} as share from enrollments where id = any(${ids}::bigint[])`.execute(
    transaction,
  );
  const bounds = boundsOf(step.arms);
  const byArm = Map.groupBy(rows, (row) => bounds.findIndex((bound) => Number(row.share) < bound));
  return step.arms.map((arm, index) => ({
    ids: (byArm.get(index) ?? []).map((row) => row.id),
    to: arm.next,
  }));
}
