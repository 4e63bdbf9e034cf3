import type { StepId } from "../journey/journey.ts";
import type { Due } from "./claim-due.ts";
import { blame } from "./blame.ts";
import { convertByCondition } from "./convert-by-condition.ts";
import { Ground } from "./ground.ts";
import type { Passage } from "./passage.ts";
import type { Arrival } from "./place.ts";
import { nobody, plainJourney } from "./plain-journey.ts";
import { type Owner, sparing } from "./spare.ts";
import type { Move, Stage } from "./stage.ts";
import { execute } from "./step.ts";
import { findStopped } from "./stop-condition.ts";
import { takeBack } from "./take-back.ts";
import type { Version } from "./version.ts";

/** Where a batch of one version came to rest, by which ways, and how many passed a send step. */
export interface Walked {
  readonly arrivals: readonly Arrival[];
  readonly passages: readonly Passage[];
  readonly planned: number;
  /** Whether a step let customers into another journey, where they are due at once. */
  readonly entered: boolean;
}

/**
 * Takes the due enrollments of one version from step to step, all that stand at a step together, until each rests. Only
 * the effects of steps are written on the way; where the enrollments end up is returned.
 */
export async function walk(stage: Stage, version: Version, due: readonly Due[]): Promise<Walked> {
  const ground = new Ground(version);
  for (const enrollment of due) ground.enter(enrollment);
  let planned = 0;
  let entered = false;
  for (let next = ground.next(); next !== undefined; next = ground.next()) {
    const [stepId, ids] = next;
    const step = version.journey.steps[stepId];
    if (step === undefined) {
      ground.hold(stepId, ids, `the version has no step "${stepId}"`);
      continue;
    }
    const spared = await sparing(stage.transaction, ownerOf(stage, stepId), ids, (members) =>
      takeStep(stage, stepId, members),
    );
    for (const move of spared.results.flat()) {
      entered ||= step.kind === "enter";
      if (step.kind === "send" && "to" in move) planned += move.ids.length;
      ground.move(stepId, move);
    }
    for (const { member, reason } of spared.culprits) ground.hold(stepId, [member], reason);
    ground.leave(stepId, spared.untried, stage.turn.now);
  }
  return { arrivals: ground.arrivals, passages: ground.passages, planned, entered };
}

function ownerOf(stage: Stage, stepId: StepId): Owner {
  const plainly = { ...stage, journey: plainJourney("plain") };
  const trial = {
    own: () => takeStep(stage, stepId, [nobody]),
    plain: () => takeStep(plainly, "send", [nobody]),
  };
  return {
    name: `journey ${stage.journey.name}`,
    blame: () => blame(stage.transaction, trial),
  };
}

/** The goal and the stop conditions are asked before the step executes, of those who are about to. */
async function takeStep(
  stage: Stage,
  stepId: StepId,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const { transaction, journey, turn } = stage;
  const step = journey.steps[stepId];
  if (step === undefined) return [];
  await convertByCondition(transaction, journey, ids, turn.now);
  const stopped = await findStopped(transaction, journey, ids, turn.now);
  const gone = new Set(stopped.flatMap((stop) => stop.ids));
  await takeBack(transaction, [...gone]);
  const going = gone.size === 0 ? ids : ids.filter((id) => !gone.has(id));
  const moves = going.length === 0 ? [] : await execute(stage, step, going);
  const exits = stopped.map(({ ids: those, reason }): Move => ({
    ids: those,
    at: { state: "exited", step: stepId, reason },
  }));
  return [...exits, ...moves];
}
