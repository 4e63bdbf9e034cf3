import type { KeptSegment } from "../audience/segment.ts";
import { definitionHash } from "../enrollment/definition-hash.ts";
import type { Condition } from "../journey/condition.ts";
import { describeCondition } from "../journey/describe-condition.ts";
import type { Segment } from "../journey/read-segment.ts";
import type { Difference } from "./audience.ts";

export interface SegmentPlan {
  readonly segment: string;
  readonly outcome: "created" | "changed" | "unchanged" | "removed";
  /** The conditions in words; null where there is none. */
  readonly from: string | null;
  readonly to: string | null;
  /** Null where nothing changes. */
  readonly members: Difference | null;
}

export interface SegmentChange extends Omit<SegmentPlan, "members"> {
  readonly was: Condition | null;
  readonly will: Condition | null;
}

/** Compares the segments that are kept with those of the files, by name. */
export function diffSegments(
  kept: readonly KeptSegment[],
  written: readonly Segment[],
): readonly SegmentChange[] {
  const before = new Map(kept.map((segment) => [segment.name, segment.condition]));
  const after = new Map(written.map((segment) => [segment.name, segment.condition]));
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().map((segment) => {
    const [was, will] = [before.get(segment) ?? null, after.get(segment) ?? null];
    const outcome = outcomeOf(was, will);
    const words = (condition: Condition | null) => condition && describeCondition(condition);
    return { segment, outcome, from: words(was), to: words(will), was, will };
  });
}

function outcomeOf(was: Condition | null, will: Condition | null): SegmentPlan["outcome"] {
  if (was === null) return "created";
  if (will === null) return "removed";
  return definitionHash(was) === definitionHash(will) ? "unchanged" : "changed";
}
