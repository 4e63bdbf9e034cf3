import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { EnrollmentsState } from "../database/tables.ts";
import { type Held, listHeld } from "../enrollment/hold.ts";
import { type JourneyCounts, journeyCounts } from "../enrollment/journey-counts.ts";
import { getJourney } from "../enrollment/journey-state.ts";
import { placeSql } from "../enrollment/resting.ts";
import { WaypostError } from "../errors.ts";
import { describeDecision } from "../enrollment/split-decision.ts";
import {
  describeAgain,
  describeGoal,
  describeStart,
  describeStop,
} from "../journey/describe-journey.ts";
import type { Engagement } from "../tracking/engagement.ts";
import type { Figures } from "./figures.ts";
import { drawFlow } from "./flow.ts";
import { createFormats } from "./formats.ts";
import { drawJourney } from "./journey-chart.ts";
import { oldestOf } from "./kept-figure.ts";
import type { Page } from "./page.ts";
import { customersByIds } from "./search-customers.ts";
import { shareOut } from "./share.ts";
import type { Site } from "./site.ts";

const recentOnes = 20;
const versionsShown = 20;

/** One journey: its steps with who is where, what it earns, and how its file came to be what it is. */
export async function journeyPage({ engine }: Site, figures: Figures, name: string): Promise<Page> {
  const { database, config } = engine;
  const { id } = await getJourney(database, name);
  const [counted, came, versions, held] = await Promise.all([
    figures.journeys.read(),
    figures.engagement.read(),
    versionsOf(database, id),
    listHeld(database, { journey: name, limit: recentOnes }),
  ]);
  const all = await journeyCounts(database, counted.value);
  const counts = all.find((journey) => journey.id === id);
  if (counts === undefined)
    throw new WaypostError("WAYPOST_NOT_FOUND", `journey "${name}": it is just being applied`);
  const { journey, state, version, entered, inside, completed } = counts;
  const recent = await recentEnrollments(database, id, entered + counts.holdout);
  const model = {
    name,
    state,
    version,
    isActive: state === "active",
    isPaused: state === "paused",
    describe: journey.describe,
    topic: journey.topic,
    start: describeStart(journey.start),
    again: describeAgain(journey.start),
    stops: journey.stop.map(describeStop),
    entered,
    inside,
    completed,
    held: counts.held,
    hasEntered: entered > 0,
    exits: Object.entries(counts.exited).map(([reason, count]) => ({ reason, count })),
    result: resultOf(counts),
    goal: describeGoal(journey),
    messages: shareOut(counts.messages),
    chart: drawJourney(counts, createFormats(config)),
    flow: drawFlow(journey, counts.steps, inJourney(came.value, id)),
    gone: counts.atGoneSteps,
    decisions: counts.decisions.map((one) => `${one.step}: ${describeDecision(one)}`),
    asOf: oldestOf(counted, came),
    versions: versions.map((one) => ({ ...one, file: below(config.folder, one.file) })),
    recent,
    heldOnes: await withNames(database, held),
  };
  return { view: "journey", title: name, model };
}

function inJourney(came: readonly Engagement[], id: number): readonly Engagement[] {
  return came.filter(({ journeyId }) => journeyId === id);
}

/** What came of it, beside those left alone. A difference between rates is shown once both sides have somebody. */
function resultOf({
  entered,
  converted,
  holdout,
  convertedHoldout,
  value,
  journey,
}: JourneyCounts) {
  const rate = entered === 0 ? null : converted / entered;
  const holdoutRate = holdout === 0 ? null : convertedHoldout / holdout;
  return {
    converted,
    value,
    rate,
    target: journey.objective?.target ?? null,
    holdout,
    convertedHoldout,
    holdoutRate,
    difference: rate === null || holdoutRate === null ? null : rate - holdoutRate,
  };
}

async function withNames(database: Database, held: readonly Held[]) {
  const ids = held.map(({ customer_id }) => customer_id);
  const names = new Map((await customersByIds(database, ids)).map(({ id, name }) => [id, name]));
  return held.map(({ customer_id: customerId, step, reason, since }) => ({
    customerId,
    customerName: names.get(customerId) ?? null,
    step,
    reason,
    since,
  }));
}

async function versionsOf(database: Database, journeyId: number) {
  return database
    .selectFrom("journey_versions")
    .select(["number", "applied_at as appliedAt", "file", "source"])
    .where("journey_id", "=", journeyId)
    .orderBy("number", "desc")
    .limit(versionsShown)
    .execute();
}

interface RecentEnrollment {
  readonly id: string;
  readonly customerId: string;
  readonly customerName: string | null;
  readonly state: EnrollmentsState;
  readonly holdout: boolean;
  readonly step: string | null;
  readonly reason: string | null;
  readonly dueAt: Date | null;
  readonly enteredAt: Date;
  readonly convertedAt: Date | null;
}

/** Who entered last, of a large journey among so many that entered any. */
const lookedAt = 50_000;
const few = 5000;

async function recentEnrollments(
  database: Database,
  journeyId: number,
  entered: number,
): Promise<readonly RecentEnrollment[]> {
  const newest =
    entered < few
      ? sql`(select * from enrollments where journey_id = ${journeyId} limit ${2 * few})`
      : sql`(select * from enrollments order by id desc limit ${lookedAt})`;
  const { rows } = await sql<RecentEnrollment>`
    select e.id, e.customer_id as "customerId", coalesce(nullif(concat_ws(' ', c.first_name, c.last_name), ''), c.email, c.external_id) as "customerName",
      e.state, e.holdout, ${placeSql("e", "version")} as step, e.reason, e.due_at as "dueAt", e.entered_at as "enteredAt", e.converted_at as "convertedAt"
    from ${newest} e join customers c on c.id = e.customer_id join journey_versions version on version.id = e.version_id
    where e.journey_id = ${journeyId} order by e.id desc limit ${recentOnes}`.execute(database);
  return rows;
}

/** Files are named as the operator sees them: from the project's folder. */
function below(folder: string, file: string): string {
  return file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file;
}
