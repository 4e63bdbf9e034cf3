import { planMessages } from "../message/plan.ts";
import { occurrenceOf } from "./occurrence.ts";
import type { Move, Stage, StepOf } from "./stage.ts";

/** Plans the step's message for each enrollment, and goes on. */
export async function send(
  { transaction, journey, turn }: Stage,
  step: StepOf<"send">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const { class: messageClass, topic, maxLateness } = journey;
  await planMessages(transaction, {
    enrollments: ids,
    step,
    class: messageClass,
    topic,
    maxLateness,
    occurrence: occurrenceOf(journey, step.id),
    now: turn.now,
  });
  return [{ ids, to: step.next }];
}
