import type { Step } from "../journey/journey.ts";
import { branch } from "./branch.ts";
import { send } from "./send.ts";
import { split } from "./split.ts";
import type { Move, Stage } from "./stage.ts";
import { awaitEvent, wait } from "./wait.ts";

/**
 * Executes a step for a set of enrollments, in a few statements however large the set is. Each kind of step has its own
 * file; what it returns says where the enrollments go, and every one of them is in exactly one of the moves.
 */
export async function execute(
  stage: Stage,
  step: Step,
  ids: readonly string[],
): Promise<readonly Move[]> {
  switch (step.kind) {
    case "send":
      return send(stage, step, ids);
    case "wait":
      return wait(stage, step, ids);
    case "await":
      return awaitEvent(stage, step, ids);
    case "if":
      return branch(stage, step, ids);
    case "split":
      return split(stage, step, ids);
    case "exit":
      return [{ ids, at: { state: "exited", step: step.id, reason: step.reason } }];
  }
}
