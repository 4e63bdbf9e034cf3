import { saveSegments } from "../audience/save-segments.ts";
import { applyJourneys } from "../enrollment/apply.ts";
import type { JourneyFile, SegmentFile } from "../journey/read-project.ts";
import type { Rehearsal } from "./rehearsal.ts";

/**
 * Puts journeys into force as `waypost apply` does, with the segments that they speak of and no others. `onApplied` comes
 * before anybody moves.
 */
export async function openJourneys(
  rehearsal: Rehearsal,
  journeys: readonly JourneyFile[],
  segments: readonly SegmentFile[],
  onApplied: () => Promise<void> = async () => {},
): Promise<void> {
  const { database } = rehearsal.engine;
  await saveSegments(database, segmentsOf(journeys, segments), rehearsal.now);
  await rehearsal.refresh();
  await applyJourneys(database, journeys, rehearsal.now);
  await onApplied();
  await rehearsal.settle();
}

/** The segments that journeys name, and those that these name. */
export function segmentsOf(
  journeys: readonly Pick<JourneyFile, "references">[],
  segments: readonly SegmentFile[],
): readonly SegmentFile[] {
  const wanted = new Set<SegmentFile>();
  const add = ({ references }: Pick<JourneyFile, "references">): void => {
    for (const { kind, name } of references) {
      const segment = kind === "segment" ? segments.find((one) => one.name === name) : undefined;
      if (segment === undefined || wanted.has(segment)) continue;
      wanted.add(segment);
      add(segment);
    }
  };
  for (const journey of journeys) add(journey);
  return segments.filter((segment) => wanted.has(segment));
}
