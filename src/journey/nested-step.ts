import type { Condition, Test } from "./condition.ts";
import type { Duration } from "../duration.ts";
import type { Wait } from "./journey.ts";
import type { Place } from "./place.ts";

/** A step as the file nests it, before it has an id and knows what comes next. */
export interface NestedStep {
  readonly place: Place;
  /** The id the file gives it; null to have one derived. */
  readonly given: string | null;
  readonly act: Act;
  /** `then` and `else`, or the arms of a split; a branch left out is missing, and goes on after the step. */
  readonly branches: readonly Branch[];
}

export interface Branch {
  readonly label: string;
  readonly steps: readonly NestedStep[];
}

/** What the step does, by itself. */
export type Act =
  | { readonly kind: "send"; readonly template: string; readonly by: readonly string[] }
  | { readonly kind: "wait"; readonly wait: Wait }
  | {
      readonly kind: "await";
      readonly event: string;
      readonly where: Readonly<Record<string, Test>>;
      readonly within: Duration;
    }
  | { readonly kind: "if"; readonly if: Condition }
  | { readonly kind: "split"; readonly weights: Readonly<Record<string, number>> }
  | { readonly kind: "exit"; readonly reason: string };

/** Whether no customer gets past the end of these steps. */
export function alwaysExit(steps: readonly NestedStep[]): boolean {
  return steps.some(({ act, branches }) => {
    if (act.kind === "exit") return true;
    const ways = act.kind === "split" ? branches.length : 2;
    return branches.length === ways && branches.every((branch) => alwaysExit(branch.steps));
  });
}
