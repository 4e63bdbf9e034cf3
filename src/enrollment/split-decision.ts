import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";

/** A split that has found its winner: all who come to it for the first time take that arm. */
export interface SplitDecision {
  readonly step: StepId;
  readonly arm: string;
  readonly decidedAt: Date;
  /** What each arm was judged by: its customers whose window was over, and how many of them reached the aim. */
  readonly tally: Readonly<
    Record<string, { readonly customers: number; readonly reached: number }>
  >;
}

/** Every decision there is, by the id of the journey. There are few. */
export async function splitDecisions(
  database: Database,
): Promise<ReadonlyMap<number, readonly SplitDecision[]>> {
  const { rows } = await sql<SplitDecision & { readonly journey: number }>`
    select journey_id as journey, step, arm, decided_at as "decidedAt", tally from split_winners order by decided_at, step`.execute(
    database,
  );
  return Map.groupBy(rows, ({ journey }) => journey);
}

/** Those that hold in this form of the journey: the split looks for a winner, and has the arm. */
export function decisionsIn(
  { steps }: Journey,
  decisions: readonly SplitDecision[],
): readonly SplitDecision[] {
  return decisions.filter(({ step, arm }) => armsOf(steps[step]).includes(arm));
}

function armsOf(step: Step | undefined): readonly string[] {
  return step?.kind === "split" && step.winner !== null ? step.arms.map(({ name }) => name) : [];
}

/** The journey as it goes on: whoever comes to a split that is decided takes the arm that has won. */
export function withDecisions(journey: Journey, decisions: readonly SplitDecision[]): Journey {
  const decided = decisionsIn(journey, decisions).flatMap(({ step: id, arm }) => {
    const step = journey.steps[id];
    if (step?.kind !== "split") return [];
    const arms = step.arms.map((one) => ({ ...one, weight: one.name === arm ? 1 : 0 }));
    return [[id, { ...step, arms }] as const];
  });
  return decided.length === 0
    ? journey
    : { ...journey, steps: { ...journey.steps, ...Object.fromEntries(decided) } };
}

/** "long has won: long 12.5% of 40, short 2.5% of 41" */
export function describeDecision({ arm, tally }: SplitDecision): string {
  const share = ({
    customers,
    reached,
  }: {
    readonly customers: number;
    readonly reached: number;
  }) => (customers === 0 ? 0 : reached / customers);
  const arms = Object.entries(tally)
    .toSorted(([, a], [, b]) => share(b) - share(a))
    .map(([name, one]) => `${name} ${Number((100 * share(one)).toFixed(1))}% of ${one.customers}`);
  return `${arm} has won${arms.length === 0 ? "" : `: ${arms.join(", ")}`}`;
}
