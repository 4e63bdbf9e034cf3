import type { Mistake } from "../errors.ts";
import type { Condition } from "./condition.ts";
import { readPlaces } from "./place.ts";
import { conditionIn } from "./read-condition.ts";
import { nullable, parts, required } from "./reader.ts";
import type { Position, Reference } from "./reference.ts";
import { type Schema, anything } from "./schema.ts";
import { name, text } from "./scalar.ts";
import { whole } from "./workflow-files.ts";

/** A named condition whose members are kept. */
export interface Segment {
  readonly name: string;
  readonly describe: string | null;
  readonly condition: Condition;
  readonly file: string;
}

export interface SegmentRead {
  /** Undefined when there is any mistake. */
  readonly segment: Segment | undefined;
  /** As far as they could be read, for `check` alone. */
  readonly name: string | undefined;
  readonly condition: Condition | undefined;
  readonly mistakes: readonly Mistake[];
  readonly references: readonly Reference[];
  /** Where its condition stands. */
  readonly position: Position;
}

const segmentFile = parts('a segment: a mapping that begins with "segment: <name>"', {
  segment: required(name("the name of the segment")),
  describe: nullable(text("a sentence")),
  if: required(conditionIn({ entry: false, journey: false, steps: false })),
});

/** What editors are told of a file of `workflows/segments/`. */
export function segmentSchema(): Schema {
  return segmentFile.schema ?? anything;
}

/** Reads a file of `workflows/segments/`. */
export function readSegment(text: string, file: string): SegmentRead {
  const { found, mistakes, references } = readPlaces(text, file, (root) => {
    const read = segmentFile(root);
    return read && { ...read, position: root.at("if").position };
  });
  const { segment: named, describe, if: condition, position = whole(file, "") } = found ?? {};
  const isWhole = mistakes.length === 0 && named !== undefined && condition !== undefined;
  const segment = isWhole
    ? { name: named, describe: describe ?? null, condition, file }
    : undefined;
  return { segment, name: named, condition, mistakes, references, position };
}
