import type { StepId } from "../journey/journey.ts";
import { dueAfter, dueIn } from "./due.ts";
import type { Place } from "./place.ts";
import type { Move, Stage, StepOf } from "./stage.ts";
import { byZones } from "./zone.ts";

/** Rests until a time; a wait at the end of a journey is none. */
export async function wait(
  stage: Stage,
  { wait: rule, next }: StepOf<"wait">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  if (next === null) return [{ ids, to: null }];
  const { now, zone: shops } = stage.turn;
  if (rule.kind === "for" && rule.duration.months + rule.duration.days === 0)
    return [{ ids, at: rest(next, dueAfter(rule, now, shops)) }];
  const named = rule.kind === "until" ? rule.zone : "customer";
  const byZone = await byZones(stage, named, ids);
  return byZone.map(([zone, inZone]) => ({
    ids: inZone,
    at: rest(next, dueAfter(rule, now, zone)),
  }));
}

/** Rests until the event comes (wake.ts) or the time is up. */
export async function awaitEvent(
  stage: Stage,
  { id, event, within }: StepOf<"await">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const byZone = await byZones(stage, "customer", ids);
  return byZone.map(([zone, inZone]) => ({
    ids: inZone,
    at: {
      state: "waiting",
      step: id,
      dueAt: dueIn(within, stage.turn.now, zone),
      awaiting: event,
    },
  }));
}

function rest(step: StepId, dueAt: Date): Place {
  return { state: "waiting", step, dueAt, awaiting: null };
}
