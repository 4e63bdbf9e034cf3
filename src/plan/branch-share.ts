import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { versionsOf } from "../enrollment/version.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import { edgesOf } from "../journey/step.ts";

/** The share of those who leave a step that takes each of its ways on, in the order of `edgesOf`. */
export interface Shares {
  readonly of: readonly number[];
  /** Seen before, said by the file, or taken for even because nobody knows. */
  readonly by: "history" | "weights" | "even";
}

/** How many took which of a step's ways so far, by the kind and id of the step and the way's label. */
export type Passed = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A step whose shares nobody has seen, and how many have passed it: too few to tell. */
export interface Guess {
  readonly step: StepId;
  readonly passed: number;
  /** `even`, or all by the way that is hoped for. */
  readonly taken: "even" | "well";
}

/** Fewer say nothing about a share. */
const enough = 20;

/** A step of another kind that has the id is another step. */
function passedKey({ kind, id }: Pick<Step, "kind" | "id">): string {
  return `${kind} ${id}`;
}

/**
 * By the labels of ways, which stay when the step behind one is another: each version's passages are kept by the steps they
 * led to, so its own definition says which way that was. Of ways that lead to the same step each took as many.
 */
export async function passedIn(database: Database, journeyId: number): Promise<Passed> {
  const { rows } = await sql<{
    version: number;
    step: string;
    next: string;
    customers: string;
  }>`
    select version_id as version, step, next, customers
    from passages join journey_versions version on version.id = passages.version_id
    where version.journey_id = ${journeyId}`.execute(database);
  const versions = await versionsOf(
    database,
    rows.map(({ version }) => version),
  );
  const passed = new Map<string, Map<string, number>>();
  for (const { version, step: id, next, customers } of rows) {
    const step = versions.get(version)?.journey.steps[id];
    if (step === undefined) continue;
    const ways = edgesOf(step).filter(({ to }) => (to ?? "") === next);
    const seen = passed.get(passedKey(step)) ?? new Map<string, number>();
    passed.set(passedKey(step), seen);
    for (const { label } of ways)
      seen.set(label ?? "", (seen.get(label ?? "") ?? 0) + Number(customers) / ways.length);
  }
  return passed;
}

export function sharesOf(step: Step, passed: Passed): Shares {
  const edges = edgesOf(step);
  if (edges.length < 2) return { of: edges.map(() => 1), by: "even" };
  // A split divides by its weights from the first customer on, whatever an earlier one did.
  if (step.kind === "split") return weighted(step.arms.map(({ weight }) => weight));
  const seen = passed.get(passedKey(step));
  const counts = edges.map(({ label }) => seen?.get(label ?? "") ?? 0);
  const all = sum(counts);
  if (all >= enough) return { of: counts.map((count) => count / all), by: "history" };
  return { of: assumed(step, edges.length), by: "even" };
}

/** Calls are answered, pools have vouchers, rounds go on; for all else nobody knows. */
function assumed(step: Step, edges: number): readonly number[] {
  if (step.kind === "call" || step.kind === "voucher" || step.kind === "repeat")
    return Array.from({ length: edges }, (_, index) => (index === 0 ? 1 : 0));
  return Array.from({ length: edges }, () => 1 / edges);
}

function weighted(weights: readonly number[]): Shares {
  const all = sum(weights);
  return { of: weights.map((weight) => weight / all), by: "weights" };
}

/** Steps whose shares nobody has seen, to say so. Rounds are reckoned one by one. */
export function guessedSteps(journey: Journey, passed: Passed): readonly Guess[] {
  return Object.values(journey.steps)
    .filter(
      (step) =>
        step.kind !== "repeat" &&
        new Set(edgesOf(step).map(({ to }) => to)).size > 1 &&
        sharesOf(step, passed).by === "even",
    )
    .map((step) => ({
      step: step.id,
      passed: Math.round(sum(passed.get(passedKey(step))?.values() ?? [])),
      taken: step.kind === "call" || step.kind === "voucher" ? "well" : "even",
    }));
}

function sum(counts: Iterable<number>): number {
  return [...counts].reduce((total, count) => total + count, 0);
}
