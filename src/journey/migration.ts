import type { Journey, Step, StepId } from "./journey.ts";

/**
 * What `migrate:` in a workflow file says: which customers of earlier versions move to this one, and to which step. It is
 * no part of the journey itself: a version is the same with and without it.
 */
export interface Migration {
  /** Numbers of the versions that are left. */
  readonly from: "all" | readonly number[];
  /** By the id that the step has in the old version: the one customers are before, or the wait they rest at. */
  readonly steps: Readonly<Record<StepId, Destination>>;
}

/** `due: now` ends the wait they are in; `kept` lets them wait it out. */
export type Destination =
  | { readonly kind: "step"; readonly to: StepId; readonly due: "kept" | "now" }
  | { readonly kind: "exit" }
  | { readonly kind: "stay" };

/**
 * Where customers go who stand at a step of an old version: as the file says, else to the step of the same id and kind.
 * Undefined where neither holds, and then nobody may be there.
 */
export function destinationOf(
  { steps }: Migration,
  old: Step | undefined,
  id: StepId,
  to: Journey,
): Destination | undefined {
  if (Object.hasOwn(steps, id)) return steps[id];
  const same = to.steps[id];
  if (old === undefined || same === undefined || same.kind !== old.kind) return undefined;
  return { kind: "step", to: id, due: "kept" };
}

export function movesFrom({ from }: Migration, version: number): boolean {
  return from === "all" || from.includes(version);
}
