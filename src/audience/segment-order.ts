import { type Condition, testsIn } from "../journey/condition.ts";
import type { Segment } from "../journey/read-segment.ts";

/** The names of the segments a condition asks for. */
export function segmentsIn(condition: Condition): readonly string[] {
  return testsIn(condition).flatMap((test) => (test.kind === "segment" ? [test.name] : []));
}

/** Segments in an order in which each comes after those it asks for, and the cycles that have no such order. */
export interface SegmentOrder<S> {
  readonly ordered: readonly S[];
  /** Each as names, such as ["a", "b", "a"]. */
  readonly cycles: readonly (readonly string[])[];
}

export function inOrder<S extends Pick<Segment, "name" | "condition">>(
  segments: readonly S[],
): SegmentOrder<S> {
  const byName = new Map(segments.map((segment) => [segment.name, segment]));
  const ordered = new Set<S>();
  const cycles: string[][] = [];
  const visit = (segment: S, path: readonly string[]): void => {
    if (ordered.has(segment)) return;
    const start = path.indexOf(segment.name);
    if (start !== -1) {
      cycles.push([...path.slice(start), segment.name]);
      return;
    }
    for (const name of segmentsIn(segment.condition)) {
      const asked = byName.get(name);
      if (asked !== undefined) visit(asked, [...path, segment.name]);
    }
    ordered.add(segment);
  };
  for (const segment of segments) visit(segment, []);
  return { ordered: [...ordered], cycles };
}
