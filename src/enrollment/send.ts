import { planMessages } from "../message/plan.ts";
import { occurrenceOf } from "./occurrence.ts";
import type { Place } from "./place.ts";
import type { Move, Stage, StepOf } from "./stage.ts";

/** Plans the step's message for each enrollment, and goes on. */
export async function send(
  { transaction, journey, turn }: Stage,
  step: StepOf<"send">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const { class: messageClass, topic, maxLateness, priority } = journey;
  const by = step.by === "best" ? (turn.channelsWith?.(step.template) ?? []) : step.by;
  if (by.length === 0) return [{ ids, at: unsendable(step) }];
  await planMessages(transaction, {
    enrollments: ids,
    step: { ...step, by, best: step.by === "best" },
    priority,
    class: messageClass,
    topic,
    maxLateness,
    occurrence: occurrenceOf(journey, step.id),
    now: turn.now,
  });
  return [{ ids, to: step.next }];
}

function unsendable({ id, template }: StepOf<"send">): Place {
  const reason = `no channel of waypost.yaml has a template "${template}"; add templates/${template}.email.hbs and replay`;
  return { state: "held", step: id, reason };
}
