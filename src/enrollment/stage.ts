import type { Transaction } from "kysely";
import type { Scope } from "../audience/scope.ts";
import type { Tables } from "../database/tables.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import type { Turn } from "./enrollment.ts";
import type { Place } from "./place.ts";

/** What a step did with some of its enrollments: sent them on to another step (null: the end), or to a place to rest. */
export type Move = { readonly ids: readonly string[] } & (
  | { readonly to: StepId | null }
  | { readonly at: Place }
);

/** What a step is executed with, beside the enrollments that stand at it. */
export interface Stage {
  readonly transaction: Transaction<Tables>;
  readonly journey: Journey;
  readonly turn: Turn;
  /** The zones of the customers of enrollments, as far as they are known already. */
  readonly zones?: ReadonlyMap<string, string | null> | undefined;
}

export type StepOf<Kind extends Step["kind"]> = Extract<Step, { kind: Kind }>;

/** How a step asks a condition: of `enrollments enrollment` joined with `customers customer`. */
export function asking({ turn }: Stage): Scope {
  return { now: turn.now, customer: "customer", enrollment: "enrollment" };
}
