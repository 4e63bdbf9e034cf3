import type { Step } from "../journey/journey.ts";
import { branch, choose } from "./branch.ts";
import { call } from "./call.ts";
import { enterAnother } from "./enter-another.ts";
import { repeat } from "./repeat.ts";
import { send } from "./send.ts";
import { set } from "./set.ts";
import { split } from "./split.ts";
import type { Move, Stage } from "./stage.ts";
import { task } from "./task.ts";
import { voucher } from "./voucher.ts";
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
    case "switch":
      return choose(stage, step, ids);
    case "split":
      return split(stage, step, ids);
    case "repeat":
      return repeat(stage, step, ids);
    case "set":
      return set(stage, step, ids);
    case "enter":
      return enterAnother(stage, step, ids);
    case "voucher":
      return voucher(stage, step, ids);
    case "call":
      return call(stage, step, ids);
    case "task":
      return task(stage, step, ids);
    case "exit":
      return [{ ids, at: { state: "exited", step: step.id, reason: step.reason } }];
  }
}
