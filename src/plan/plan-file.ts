import { z } from "zod";
import { listSegments } from "../audience/segment.ts";
import type { Config } from "../config.ts";
import type { Database } from "../database/database.ts";
import type { Written } from "../enrollment/apply.ts";
import { definitionHash } from "../enrollment/definition-hash.ts";
import { type Expected, journeysNow, refuseMoved } from "../enrollment/expected.ts";
import { WaypostError } from "../errors.ts";
import type { Segment } from "../journey/read-segment.ts";
import type { TemplateFile } from "../template/template.ts";
import { settingHashes, templateHashes } from "./reckoned-with.ts";

const planFile = z.object({
  waypost_plan: z.literal(2),
  made_at: z.iso.datetime(),
  /** What the database held. */
  expects: z.object({
    journeys: z.array(
      z.object({
        journey: z.string(),
        state: z.enum(["active", "paused", "archived"]),
        version: z.int(),
        hash: z.string(),
      }),
    ),
    segments: z.record(z.string(), z.string()),
  }),
  /** What the files said. */
  files: z.object({
    journeys: z.record(z.string(), z.string()),
    segments: z.record(z.string(), z.string()),
    /** What is sent, and the settings of waypost.yaml that its numbers come of. */
    templates: z.record(z.string(), z.string()),
    settings: z.record(z.string(), z.string()),
  }),
});

/** What a plan was made of: enough to tell whether anything has moved since. */
export type PlanFile = z.output<typeof planFile>;

interface Files {
  readonly journeys: readonly Written[];
  readonly segments: readonly Segment[];
  readonly templates: readonly TemplateFile[];
  readonly config: Config;
}

export async function sealPlan(database: Database, files: Files, now: Date): Promise<PlanFile> {
  return {
    waypost_plan: 2,
    made_at: now.toISOString(),
    expects: {
      journeys: [...(await journeysNow(database))],
      segments: hashesOf(await listSegments(database)),
    },
    files: filesOf(files),
  };
}

/** Throws (WAYPOST_REQUEST) for what is no plan of ours. */
export function readPlanFile(text: string, path: string): PlanFile {
  const parsed = planFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new WaypostError(
    "WAYPOST_REQUEST",
    `${path}: expected a plan that "waypost plan --out ${path}" wrote, found something else. Make it anew`,
  );
}

/** Refuses a plan that anything has moved under since: the files, the segments, the journeys in force (WAYPOST_STALE). */
export async function refuseStale(
  database: Database,
  plan: PlanFile,
  files: Files,
): Promise<readonly Expected[]> {
  const now = filesOf(files);
  const moved = [
    ...moves("the file of journey", plan.files.journeys, now.journeys),
    ...moves("the file of segment", plan.files.segments, now.segments),
    ...moves("template", plan.files.templates, now.templates),
    ...moves("waypost.yaml:", plan.files.settings, now.settings),
    ...moves("the kept segment", plan.expects.segments, hashesOf(await listSegments(database))),
  ];
  if (moved.length > 0)
    throw new WaypostError(
      "WAYPOST_STALE",
      `${moved.join("\n")}\nNothing was applied. Make the plan anew and look at it`,
    );
  await refuseMoved(database, plan.expects.journeys);
  return plan.expects.journeys;
}

function filesOf({ journeys, segments, templates, config }: Files): PlanFile["files"] {
  const written = journeys.map(({ journey, migration = null }): [string, string] => [
    journey.name,
    definitionHash({ journey, migration }),
  ]);
  return {
    journeys: Object.fromEntries(written),
    segments: hashesOf(segments),
    templates: templateHashes(
      templates,
      journeys.map(({ journey }) => journey),
    ),
    settings: settingHashes(config),
  };
}

function hashesOf(segments: readonly Pick<Segment, "name" | "condition">[]) {
  return Object.fromEntries(
    segments.map(({ name, condition }) => [name, definitionHash(condition)]),
  );
}

type Hashes = Readonly<Record<string, string>>;

function moves(what: string, then: Hashes, now: Hashes): readonly string[] {
  return [...new Set([...Object.keys(then), ...Object.keys(now)])].toSorted().flatMap((name) => {
    if (then[name] === now[name]) return [];
    const how =
      then[name] === undefined ? "is new" : now[name] === undefined ? "is gone" : "is another";
    return [`${what} "${name}" ${how} since the plan was made`];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
