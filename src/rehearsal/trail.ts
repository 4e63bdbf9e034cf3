import type { Trace } from "../audience/trace.ts";
import type { Database } from "../database/database.ts";
import type { WhyJourney } from "../enrollment/why.ts";
import { why } from "../enrollment/why.ts";
import type { Passage } from "../enrollment/why-passage.ts";
import type { WhyStep } from "../enrollment/why-step.ts";
import type { Players } from "./cast.ts";

/**
 * How the customers of a failed test went through its journeys, step by step with the ways they took, and what kept
 * those out who never came in: what `waypost why` says at the end of the play, a line a passage.
 */
export async function readTrails(
  database: Database,
  players: Players,
  asking: { readonly now: Date; readonly zone: string; readonly holdout: number },
): Promise<ReadonlyMap<string, readonly string[]>> {
  const trails = new Map<string, readonly string[]>();
  for (const [name, { id }] of players) {
    const { journeys } = await why(database, { ...asking, customerId: id });
    trails.set(name, journeys.flatMap(trailsOf));
  }
  return trails;
}

function trailsOf(journey: WhyJourney): readonly string[] {
  const { name, passages } = journey;
  const bars = barsOf(journey);
  if (passages.length === 0 && bars.length === 0)
    return [`nothing keeps out of ${name}; its time had not come`];
  if (passages.length === 0) return [`what kept out of ${name}: ${bars.join("; ")}`];
  return passages
    .toReversed()
    .map((passage) => [passage, passage.steps.filter(({ place }) => place !== "ahead")] as const)
    .filter(([, steps]) => steps.length > 0)
    .map(
      ([passage, steps]) =>
        `the way through ${name}: ${steps.map(said).join(", ")}${rest(passage)}`,
    );
}

/** "score (call answered) -> then" */
function said({ id, place, way, possible, left }: WhyStep): string {
  const came = left
    .filter(({ kind }) => kind !== "message")
    .map(({ what, state }) => `${what} ${state}`);
  const taken = way ?? (possible.length > 0 ? possible.join(" or ") : null);
  return [
    ...(place === "perhaps" ? ["perhaps"] : []),
    id,
    ...(came.length > 0 ? [`(${came.join(", ")})`] : []),
    ...(taken === null ? [] : [`-> ${taken}`]),
  ].join(" ");
}

function rest({ waiting }: Passage): string {
  return waiting === null ? "" : ` (${waiting})`;
}

function barsOf({ entry }: WhyJourney): readonly string[] {
  const { occasion, condition, bars } = entry;
  return [
    ...(occasion.holds ? [] : [occasion.seen]),
    ...(condition === null || !occasion.holds ? [] : failing(condition)),
    ...bars,
  ];
}

/** The tests that do not hold, with what they saw. */
function failing(trace: Trace): readonly string[] {
  if (trace.holds) return [];
  if (trace.joins === null) return [`not ${trace.condition} [${trace.seen ?? ""}]`];
  if (trace.joins === "not")
    return trace.parts.map((part) => `${part.condition} [${part.seen ?? "it holds"}]`);
  return trace.parts.flatMap(failing);
}
