import { type Kysely, sql } from "kysely";
import { listSegments } from "../audience/segment.ts";
import type { Config } from "../config.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { notedTemplates } from "../enrollment/applied-templates.ts";
import type { Written } from "../enrollment/apply.ts";
import { withNewKeys } from "../enrollment/older-version.ts";
import type { Condition } from "../journey/condition.ts";
import type { Journey } from "../journey/journey.ts";
import type { Segment } from "../journey/read-segment.ts";
import type { Composer } from "../message/compose.ts";
import { type Asked, compareAudiences } from "./audience.ts";
import { type SegmentChange, type SegmentPlan, diffSegments } from "./diff-segments.ts";
import { diffTemplates } from "./diff-templates.ts";
import { type Incoming, callersFirst, withCallers, withEntered } from "./enter-chain.ts";
import { inFlight } from "./in-flight.ts";
import { asksFor, inlineSegments } from "./inline-segments.ts";
import type { JourneyPlan, Plan } from "./plan.ts";
import {
  type Compared,
  type Known,
  type Planning,
  compareJourney,
  foreseeJourney,
} from "./plan-journey.ts";

/** The files of a project, without mistakes. */
export interface Files {
  readonly journeys: readonly Written[];
  readonly segments: readonly Segment[];
}

export interface PlanOptions {
  readonly now: Date;
  /** How many days to look ahead. */
  readonly days: number;
  /** How long all counting may take, about; what does not fit is estimated. */
  readonly budgetMs: number;
  /** Foresees the messages of journeys that do not change, too. */
  readonly all: boolean;
}

/** Works out what applying the files would do. Reads only. */
export async function makePlan(
  database: Database,
  files: Files,
  { config, composer }: { readonly config: Config; readonly composer: Composer },
  options: PlanOptions,
): Promise<Plan> {
  const startedAt = performance.now();
  const changes = diffSegments(await listSegments(database), files.segments);
  const customers = await customersIn(database);
  const asked: Asked = {
    now: options.now,
    customers,
    known: new Map(),
    /** A third of what is left, so that there is some for those that come after. */
    get limitMs() {
      const left = options.budgetMs - (performance.now() - startedAt);
      return Math.round(Math.min(3000, Math.max(300, left / 3)));
    },
  };
  const segments = changedSegments(changes);
  const planning: Planning = {
    database,
    config,
    composer,
    asked,
    horizon: { now: options.now, days: options.days, zone: config.zone },
    segments,
    everySegment: new Map(files.segments.map((one) => [one.name, one.condition])),
    isForeseen: (journey, isChanged) =>
      options.all || isChanged || asksFor(segmentOf(journey), new Set(segments.keys())),
  };
  // First, because the journeys that start with them ask for the same.
  const planned: SegmentPlan[] = [];
  for (const change of changes) planned.push(await planSegment(database, change, segments, asked));
  const known = await journeysIn(database);
  const compared: Compared[] = [];
  for (const written of files.journeys)
    compared.push(await compareJourney(planning, written, known.get(written.journey.name)));
  const journeys = [...(await foreseen(planning, compared))];
  for (const each of known.values())
    if (each.state !== "archived" && !files.journeys.some((one) => one.journey.name === each.name))
      journeys.push(await archived(database, each));
  const inForce = [...known.values()].filter(({ state }) => state !== "archived");
  const templates = diffTemplates(
    await notedTemplates(database),
    composer.templates.list,
    inForce.map(({ definition }) => definition),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return { at: options.now, days: options.days, journeys, segments: planned, templates, seconds };
}

/**
 * The plans, those that matter with what is to come of them: of what changes, and of all that is entered from there. Who lets
 * customers into one of these is reckoned with, and not shown for it.
 */
async function foreseen(
  planning: Planning,
  compared: readonly Compared[],
): Promise<readonly JourneyPlan[]> {
  const all = compared.map(({ journey }) => journey);
  const wanted = compared.filter((one) => one.isForeseen).map(({ journey }) => journey.name);
  const shown = withEntered(new Set(wanted), all);
  const reckoned = withCallers(shown, all);
  const plans = new Map<Compared, JourneyPlan>();
  const incoming = new Map<string, readonly Incoming[]>();
  for (const one of callersFirst(compared)) {
    const { name } = one.journey;
    if (!reckoned.has(name)) continue;
    const { plan, going } = await foreseeJourney(planning, one, incoming.get(name) ?? []);
    if (shown.has(name)) plans.set(one, plan);
    for (const [other, those] of going)
      incoming.set(other, [...(incoming.get(other) ?? []), those]);
  }
  return compared.map((one) => plans.get(one) ?? one.plan);
}

function segmentOf({ start }: Journey): Condition | null {
  const further = start.if === null ? [] : [start.if];
  return start.kind === "segment"
    ? { kind: "all", of: [{ kind: "segment", name: start.segment }, ...further] }
    : start.if;
}

/** Those that will have other members, with what they will be; those that ask for one of them, too. */
function changedSegments(changes: readonly SegmentChange[]): ReadonlyMap<string, Condition> {
  const changed = new Map<string, Condition>();
  for (const { segment, outcome, will } of changes)
    if (will !== null && outcome !== "unchanged") changed.set(segment, will);
  for (let before = -1; before !== changed.size;) {
    before = changed.size;
    const names = new Set(changed.keys());
    for (const { segment, will } of changes)
      if (will !== null && asksFor(will, names)) changed.set(segment, will);
  }
  return changed;
}

async function planSegment(
  database: Database,
  { was, will, ...change }: SegmentChange,
  changed: ReadonlyMap<string, Condition>,
  asked: Asked,
): Promise<SegmentPlan> {
  if (change.outcome === "unchanged" && !changed.has(change.segment))
    return { ...change, members: null };
  const kept: Condition = { kind: "segment", name: change.segment };
  const inlined = will && inlineSegments(will, changed);
  const members = await compareAudiences(database, was && kept, inlined, asked);
  return { ...change, members };
}

async function archived(database: Database, known: Known): Promise<JourneyPlan> {
  const { steps } = await inFlight(database, known.id, null, null, null);
  return {
    journey: known.name,
    file: null,
    outcome: "archived",
    version: known.number,
    before: known.definition,
    after: null,
    change: null,
    audience: null,
    inFlight: steps,
    messages: null,
    objective: null,
    refusals: [],
    warnings: [],
  };
}

async function journeysIn(database: Kysely<Tables>): Promise<ReadonlyMap<string, Known>> {
  const rows = await database
    .selectFrom("journeys")
    .innerJoin("journey_versions as version", "version.id", "journeys.version_id")
    .select([
      "journeys.id",
      "journeys.name",
      "journeys.state",
      "version.id as versionId",
      "version.number",
      "version.hash",
      "version.definition",
    ])
    .orderBy("name")
    .execute();
  return new Map(
    rows.map((row) => [
      row.name,
      // What `apply` stored is what the checked parser returned.
      { ...row, definition: withNewKeys(row.definition as Journey) },
    ]),
  );
}

async function customersIn(database: Database): Promise<number> {
  const { rows } = await sql<{ rows: number }>`
    select reltuples as rows from pg_class where oid = 'customers'::regclass`.execute(database);
  const estimated = rows[0]?.rows ?? -1;
  // Never analysed, or small enough to count.
  if (estimated >= 100_000) return estimated;
  const counted = await sql<{ rows: string }>`select count(*) as rows from customers`.execute(
    database,
  );
  return Number(counted.rows[0]?.rows ?? 0);
}
