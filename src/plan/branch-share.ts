import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import { edgesOf } from "../journey/step.ts";

/** The share of those who leave a step that takes each of its ways on, in the order of `edgesOf`. */
export interface Shares {
  readonly of: readonly number[];
  /** Seen before, said by the file, or taken for even because nobody knows. */
  readonly by: "history" | "weights" | "even";
}

/** How many went from a step to the next so far, by step; "" is the end. */
export type Passed = ReadonlyMap<StepId, ReadonlyMap<StepId, number>>;

/** Fewer say nothing about a share. */
const enough = 20;

export async function passedIn(database: Database, journeyId: number): Promise<Passed> {
  const { rows } = await sql<{ step: string; next: string; customers: string }>`
    select step, next, sum(customers) as customers
    from passages join journey_versions version on version.id = passages.version_id
    where version.journey_id = ${journeyId} group by 1, 2`.execute(database);
  const byStep = Map.groupBy(rows, ({ step }) => step);
  return new Map(
    [...byStep].map(([step, nexts]) => [
      step,
      new Map(nexts.map(({ next, customers }) => [next, Number(customers)])),
    ]),
  );
}

export function sharesOf(step: Step, passed: Passed): Shares {
  const edges = edgesOf(step);
  if (edges.length < 2) return { of: edges.map(() => 1), by: "even" };
  // A split divides by its weights from the first customer on, whatever an earlier one did.
  if (step.kind === "split") return weighted(step.arms.map(({ weight }) => weight));
  const seen = passed.get(step.id);
  const counts = edges.map(({ to }) => {
    const count = seen?.get(to ?? "") ?? 0;
    return count / edges.filter((other) => other.to === to).length;
  });
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum >= enough) return { of: counts.map((count) => count / sum), by: "history" };
  return { of: assumed(step, edges.length), by: "even" };
}

/** Calls are answered, pools have vouchers, rounds go on; for all else nobody knows. */
function assumed(step: Step, edges: number): readonly number[] {
  if (step.kind === "call" || step.kind === "voucher" || step.kind === "repeat")
    return Array.from({ length: edges }, (_, index) => (index === 0 ? 1 : 0));
  return Array.from({ length: edges }, () => 1 / edges);
}

function weighted(weights: readonly number[]): Shares {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { of: weights.map((weight) => weight / sum), by: "weights" };
}

/** Steps whose shares nobody has seen, to say so. */
export function guessedSteps(journey: Journey, passed: Passed): readonly StepId[] {
  return Object.values(journey.steps)
    .filter((step) => edgesOf(step).length > 1 && sharesOf(step, passed).by === "even")
    .map(({ id }) => id);
}
