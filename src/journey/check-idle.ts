import type { Mistake } from "../errors.ts";
import type { DraftStep } from "./draft.ts";
import type { JourneyDraft, Project } from "./read-project.ts";
import type { Reference } from "./reference.ts";

/** What is spoken or printed: nobody sees that it was read, and there is nothing to click. */
const mute: ReadonlySet<string> = new Set(["phone", "call", "voice", "post", "letter"]);

/**
 * What can never come about, though it may stand for now: arms that nobody takes, waits at an end, and opens and clicks of what shows none.
 * Warnings: an arm is closed before it is taken away, and an address in a letter can be typed.
 */
export function idleParts({ drafts: { journeys, segments } }: Project): readonly Mistake[] {
  const ofJourney = journeys.flatMap((file) => [
    ...idleArms(file),
    ...idleWaits(file),
    ...file.references.flatMap((one) => unheard(one, file, journeys)),
  ]);
  const ofSegments = segments.flatMap(({ references }) =>
    references.flatMap((one) => unheard(one, undefined, journeys)),
  );
  return [...ofJourney, ...ofSegments];
}

function idleArms({ draft, places }: JourneyDraft): readonly Mistake[] {
  return Object.values(draft.steps).flatMap((step) => {
    const position = places.steps.get(step.id);
    if (step.kind !== "split" || position === undefined) return [];
    return step.arms
      .filter(({ weight }) => weight === 0)
      .map(({ name }) => ({
        ...position,
        message: `nobody takes the arm "${name}", whose weight is 0; leave it out once no customer is inside it`,
      }));
  });
}

/** Who waits stands before the next step, and behind the last there is nothing to stand before. */
function idleWaits({ draft, places }: JourneyDraft): readonly Mistake[] {
  return Object.values(draft.steps).flatMap((step) => {
    const position = places.steps.get(step.id);
    if (step.kind !== "wait" || step.next !== null || position === undefined) return [];
    const message =
      'nothing comes after this wait, so it is skipped and the journey ends at once; leave it out, or put a step such as "exit: done" after it';
    return [{ ...position, message }];
  });
}

/** `own` is the journey that the reference stands in. */
function unheard(
  reference: Reference,
  own: JourneyDraft | undefined,
  journeys: readonly JourneyDraft[],
): readonly Mistake[] {
  if (reference.kind !== "step" || (reference.was !== "opened" && reference.was !== "clicked"))
    return [];
  const { journey, name, was, position } = reference;
  const of =
    journey === null
      ? own
      : journeys.find((other) => other.name !== undefined && other.name === journey);
  const step = Object.values(of?.draft.steps ?? {}).find(({ id }) => id === name);
  if (step === undefined || !isMute(step)) return [];
  return [
    {
      ...position,
      message: `"${name}" is sent by ${step.by.join(" and ")} alone, and nobody sees that such a message was ${was}`,
    },
  ];
}

function isMute(
  step: DraftStep,
): step is Extract<DraftStep, { kind: "send" }> & { readonly by: readonly string[] } {
  return (
    step.kind === "send" && step.by !== "best" && step.by.every((channel) => mute.has(channel))
  );
}
