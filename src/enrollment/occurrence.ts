import { type RawBuilder, sql } from "kysely";
import type { Journey, StepId } from "../journey/journey.ts";
import { edgesOf } from "../journey/step.ts";

/**
 * Which time it is that an enrollment comes by a step, from 0 on, as SQL over the alias `enrollment`: what a step does is
 * done once for each. Steps in a repeat are come by again, and every round of the innermost repeat around one counts,
 * whatever round the repeats further out are in.
 */
export function occurrenceOf(journey: Journey, step: StepId): RawBuilder<number> {
  const repeat = innermostRepeat(journey, step);
  if (repeat === undefined) return sql<number>`0`;
  return sql<number>`greatest((enrollment.rounds -> ${repeat}::text ->> 'pass')::int - 1, 0)`;
}

/** The repeat whose body the step is in; of several, the one with the smallest body. */
export function innermostRepeat(journey: Journey, step: StepId): StepId | undefined {
  const around = Object.values(journey.steps).flatMap((one) => {
    if (one.kind !== "repeat") return [];
    const body = bodyOf(journey, one.id, one.body);
    return body.has(step) ? [{ id: one.id, size: body.size }] : [];
  });
  return around.toSorted((a, b) => a.size - b.size)[0]?.id;
}

/** What can be reached from the body's first step without passing the repeat itself. */
function bodyOf(journey: Journey, repeat: StepId, first: StepId | null): ReadonlySet<StepId> {
  return reachable(journey, first, repeat);
}

/** The steps that can be reached from one, itself included, without passing another. */
export function reachable(
  { steps }: Journey,
  from: StepId | null,
  without: StepId | null = null,
): ReadonlySet<StepId> {
  const seen = new Set<StepId>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const step = id === null || id === without ? undefined : steps[id];
    if (step === undefined || seen.has(step.id)) continue;
    seen.add(step.id);
    for (const { to } of edgesOf(step)) open.push(to);
  }
  return seen;
}
