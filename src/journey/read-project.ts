import { join } from "node:path";
import type { Duration } from "../duration.ts";
import type { Mistake } from "../errors.ts";
import type { Journey } from "./journey.ts";
import type { Migration } from "./migration.ts";
import { type JourneyPlaces, readJourney } from "./read-journey.ts";
import { type Segment, readSegment } from "./read-segment.ts";
import type { Position, Reference } from "./reference.ts";
import { type WorkflowFile, whole, workflowFiles } from "./workflow-files.ts";

/** Everything in a workflows folder. A file with a mistake is missing here and costs nothing else. */
export interface Project {
  readonly journeys: readonly JourneyFile[];
  readonly segments: readonly SegmentFile[];
  readonly mistakes: readonly Mistake[];
  /** Names of the files that could not be read, without ending: what they define is not to be called unknown. */
  readonly unread: readonly string[];
}

export interface JourneyFile {
  readonly journey: Journey;
  readonly migration: Migration | null;
  readonly file: string;
  /** The text of the file, as it is kept with each version. */
  readonly source: string;
  readonly references: readonly Reference[];
  readonly places: JourneyPlaces;
}

export interface SegmentFile extends Segment {
  readonly references: readonly Reference[];
  readonly position: Position;
}

/**
 * Reads `workflows/*.yaml` and `workflows/segments/*.yaml`, in the order of their names. Mistakes and versions call the
 * folder `called`: where a project lies on a machine is not their business.
 */
export function readProject(folder: string, maxLateness?: Duration, called = folder): Project {
  const files = workflowFiles(folder, called);
  const journeys = readAll(files ?? [], (text, file): Outcome<JourneyFile> => {
    const { journey, mistakes, ...rest } = readJourney(text, file, maxLateness);
    return { read: journey && { journey, file, source: text, ...rest }, mistakes };
  });
  const segments = readAll(
    workflowFiles(join(folder, "segments"), join(called, "segments")) ?? [],
    (text, file) => {
      const { segment, mistakes, ...rest } = readSegment(text, file);
      return { read: segment && { ...segment, ...rest }, mistakes };
    },
  );
  const missing = files === undefined ? [whole(folder, "expected a folder of workflow files")] : [];
  return {
    journeys: journeys.read,
    segments: segments.read,
    mistakes: [...missing, ...journeys.mistakes, ...segments.mistakes],
    unread: [...journeys.unread, ...segments.unread],
  };
}

interface Outcome<T> {
  readonly read: T | undefined;
  readonly mistakes: readonly Mistake[];
}

function readAll<T>(
  files: readonly WorkflowFile[],
  reader: (text: string, file: string) => Outcome<T>,
): { read: readonly T[]; mistakes: readonly Mistake[]; unread: readonly string[] } {
  const outcomes = files.map((file) => ({
    stem: file.stem,
    ...("text" in file
      ? reader(file.text, file.file)
      : { read: undefined, mistakes: [file.mistake] }),
  }));
  return {
    read: outcomes.map(({ read }) => read).filter((read) => read !== undefined),
    mistakes: outcomes.flatMap(({ mistakes }) => mistakes),
    unread: outcomes.filter(({ read }) => read === undefined).map(({ stem }) => stem),
  };
}
