import { join } from "node:path";
import type { Duration } from "../duration.ts";
import type { Mistake } from "../errors.ts";
import type { Condition } from "./condition.ts";
import type { Draft } from "./draft.ts";
import type { Journey } from "./journey.ts";
import type { Migration } from "./migration.ts";
import { type JourneyPlaces, readJourney } from "./read-journey.ts";
import { type Segment, readSegment } from "./read-segment.ts";
import type { Position, Reference } from "./reference.ts";
import { type WorkflowFile, whole, workflowFiles } from "./workflow-files.ts";

/** Everything in a workflows folder. */
export interface Project {
  /** Those without mistakes, which alone are applied, planned, rehearsed and drawn. */
  readonly journeys: readonly JourneyFile[];
  readonly segments: readonly SegmentFile[];
  readonly mistakes: readonly Mistake[];
  /** Every file as far as it could be read, for `check` alone. */
  readonly drafts: {
    readonly journeys: readonly JourneyDraft[];
    readonly segments: readonly SegmentDraft[];
  };
}

export interface JourneyFile {
  readonly journey: Journey;
  readonly migration: Migration | null;
  readonly file: string;
  /** The text of the file, as it is kept with each version. */
  readonly source: string;
  readonly references: readonly Reference[];
}

export interface SegmentFile extends Segment {
  readonly references: readonly Reference[];
}

interface DraftFile {
  readonly file: string;
  /** The name of the file without its ending: what it defines is probably called so, where it cannot be read. */
  readonly stem: string;
  /** What it says it is called. */
  readonly name: string | undefined;
  readonly references: readonly Reference[];
}

export interface JourneyDraft extends DraftFile {
  readonly draft: Draft;
  readonly places: JourneyPlaces;
}

export interface SegmentDraft extends DraftFile {
  readonly condition: Condition | undefined;
  readonly position: Position;
}

/**
 * Reads `workflows/*.yaml` and `workflows/segments/*.yaml`, in the order of their names. Mistakes and versions call the
 * folder `called`: where a project lies on a machine is not their business.
 */
export function readProject(folder: string, maxLateness?: Duration, called = folder): Project {
  const files = workflowFiles(folder, called);
  const journeys = (files ?? []).map((file) => journeyOf(file, maxLateness));
  const inFolder = workflowFiles(join(folder, "segments"), join(called, "segments"));
  const segments = (inFolder ?? []).map(segmentOf);
  const missing = files === undefined ? [whole(folder, "expected a folder of workflow files")] : [];
  return {
    journeys: journeys.flatMap(({ read }) => read ?? []),
    segments: segments.flatMap(({ read }) => read ?? []),
    mistakes: [...missing, ...[...journeys, ...segments].flatMap(({ mistakes }) => mistakes)],
    drafts: {
      journeys: journeys.map(({ draft }) => draft),
      segments: segments.map(({ draft }) => draft),
    },
  };
}

/** Every name of a kind that the files speak of. */
export function namesIn({ drafts }: Project, of: Reference["kind"]): readonly string[] {
  return [...drafts.journeys, ...drafts.segments]
    .flatMap(({ references }) => references)
    .filter(({ kind }) => kind === of)
    .map(({ name }) => name);
}

interface Outcome<T, D> {
  readonly read: T | undefined;
  readonly draft: D;
  readonly mistakes: readonly Mistake[];
}

function journeyOf(
  opened: WorkflowFile,
  maxLateness: Duration | undefined,
): Outcome<JourneyFile, JourneyDraft> {
  const { file, stem } = opened;
  const source = textOf(opened);
  const { journey, migration, mistakes, ...rest } = readJourney(source, file, maxLateness);
  return {
    read: journey && { journey, migration, file, source, references: rest.references },
    draft: { file, stem, name: rest.draft.name, ...rest },
    mistakes: mistakesOf(opened, mistakes),
  };
}

function segmentOf(opened: WorkflowFile): Outcome<SegmentFile, SegmentDraft> {
  const { file, stem } = opened;
  const { segment, mistakes, ...rest } = readSegment(textOf(opened), file);
  return {
    read: segment && { ...segment, references: rest.references },
    draft: { file, stem, ...rest },
    mistakes: mistakesOf(opened, mistakes),
  };
}

/** A file that cannot be opened is read like an empty one, but for what is said of it. */
function textOf(opened: WorkflowFile): string {
  return "text" in opened ? opened.text : "";
}

function mistakesOf(opened: WorkflowFile, read: readonly Mistake[]): readonly Mistake[] {
  return "text" in opened ? read : [opened.mistake];
}
