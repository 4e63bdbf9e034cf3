import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { JourneysState, MessagesState } from "../database/tables.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import { stepsInOrder } from "../journey/step.ts";
import { type MessageCount, countMessages, estimateMessages } from "../message/count.ts";
import { type EnrollmentRow, countEnrollments, estimateEnrollments } from "./enrollment-rows.ts";
import { withNewKeys } from "./older-version.ts";
import { type SplitDecision, decisionsIn, splitDecisions } from "./split-decision.ts";

export interface JourneyCounts {
  readonly id: number;
  readonly name: string;
  readonly state: JourneysState;
  /** The number of the version that enrols. */
  readonly version: number;
  readonly journey: Journey;
  /** Without the holdout. */
  readonly entered: number;
  readonly holdout: number;
  readonly inside: number;
  readonly held: number;
  readonly completed: number;
  /** How many exited, by reason; among these the shop's own holdout, who never entered. */
  readonly exited: Readonly<Record<string, number>>;
  readonly converted: number;
  readonly convertedHoldout: number;
  /** Sum of what the conversions of those enrolled were worth. */
  readonly value: number;
  /** Steps of the current version, in the order of the flowchart. */
  readonly steps: readonly StepCounts[];
  /** Inside at steps that only earlier versions have. */
  readonly atGoneSteps: readonly GoneStep[];
  readonly messages: Readonly<Partial<Record<MessagesState, number>>>;
  /** Its splits that have found their winner. */
  readonly decisions: readonly SplitDecision[];
  /** Which of these numbers are estimated; none where all was counted. */
  readonly estimated: readonly Estimable[];
}

type Estimable =
  | "entered"
  | "holdout"
  | "inside"
  | "held"
  | "completed"
  | "exited"
  | "converted"
  | "value"
  | "messages";

export interface GoneStep {
  readonly id: StepId;
  readonly at: number;
  readonly held: number;
}

export interface StepCounts {
  readonly id: StepId;
  readonly kind: Step["kind"];
  /** At it, those who wait at a wait included. */
  readonly at: number;
  readonly held: number;
  readonly passed: number;
  /** Which of `at` and `held` are estimated. */
  readonly estimated: readonly ("at" | "held")[];
  /** How many went on to which step from here; '' is the end. */
  readonly to: Readonly<Record<StepId, number>>;
  /** Of a send step. */
  readonly messages: Readonly<Partial<Record<MessagesState, number>>>;
}

/** What is counted over whole tables. */
export interface JourneyFigures {
  readonly enrollments: readonly EnrollmentRow[];
  readonly passages: readonly PassageRow[];
  readonly messages: readonly MessageCount[];
}

export async function readJourneyFigures(database: Database): Promise<JourneyFigures> {
  const [enrollments, passages, messages] = await Promise.all([
    countEnrollments(database),
    passageCounts(database),
    countMessages(database),
  ]);
  return { enrollments, passages, messages };
}

/** The same at a bounded cost: of large tables most is estimated. */
export async function estimateJourneyFigures(database: Database): Promise<JourneyFigures> {
  const [enrollments, passages, messages] = await Promise.all([
    estimateEnrollments(database),
    passageCounts(database),
    estimateMessages(database),
  ]);
  return { enrollments, passages, messages };
}

/**
 * Every journey as it is now with its counts, over all its versions; for the terminal and the dashboard. The counts may
 * have been read a moment before.
 */
export async function journeyCounts(
  database: Database,
  given?: JourneyFigures,
): Promise<readonly JourneyCounts[]> {
  const [journeys, figures, decisions] = await Promise.all([
    journeysOf(database),
    given ?? readJourneyFigures(database),
    splitDecisions(database),
  ]);
  return journeys.map((journey) => {
    const mine = <Row extends { journey_id: number }>(rows: readonly Row[]) =>
      rows.filter((row) => row.journey_id === journey.id);
    const { enrollments, passages, messages } = figures;
    const decided = decisionsIn(journey.journey, decisions.get(journey.id) ?? []);
    return {
      ...counted(journey, mine(enrollments), mine(passages), mine(messages)),
      decisions: decided,
    };
  });
}

async function journeysOf(database: Database) {
  const { rows } = await sql<JourneyRow>`
    select journeys.id, journeys.id as journey_id, journeys.name, journeys.state, version.number as version,
           version.definition as journey
    from journeys join journey_versions version on version.id = journeys.version_id
    order by journeys.name`.execute(database);
  return rows.map((row) => ({ ...row, journey: withNewKeys(row.journey) }));
}

interface JourneyRow {
  readonly id: number;
  readonly journey_id: number;
  readonly name: string;
  readonly state: JourneysState;
  readonly version: number;
  /** As `apply` stored it. */
  readonly journey: Journey;
}

interface PassageRow {
  readonly journey_id: number;
  readonly step: StepId;
  readonly next: StepId;
  readonly customers: string;
}

async function passageCounts(database: Database) {
  const { rows } = await sql<PassageRow>`
    select version.journey_id, step, next, sum(customers) as customers
    from passages join journey_versions version on version.id = passages.version_id
    group by 1, 2, 3`.execute(database);
  return rows;
}

function counted(
  row: JourneyRow,
  enrollments: readonly EnrollmentRow[],
  passages: readonly PassageRow[],
  messages: readonly MessageCount[],
): Omit<JourneyCounts, "decisions"> {
  const { id, name, state, version, journey } = row;
  const treated = enrollments.filter((one) => !one.holdout);
  // Left alone by all journeys: no measure for this one alone.
  const ofAll = enrollments.filter((one) => one.reason === "global holdout" && one.holdout);
  const heldOut = enrollments.filter((one) => one.holdout && !ofAll.includes(one));
  const completed = treated.filter((one) => one.state === "completed");
  const exited = [...treated.filter((one) => one.state === "exited"), ...ofAll];
  const converted = treated.filter((one) => Number(one.converted) > 0);
  return {
    id,
    name,
    state,
    version,
    journey,
    entered: total(treated),
    holdout: total(heldOut),
    inside: total(inside(treated)),
    held: total(held(treated)),
    completed: total(completed),
    exited: added(
      exited,
      (one) => one.reason ?? "",
      (one) => one.customers,
    ),
    converted: sumOf(converted, (one) => one.converted),
    convertedHoldout: sumOf(heldOut, (one) => one.converted),
    // Sums of binary fractions end in dust, as 3063.2000000000003.
    value: Math.round(sumOf(treated, (one) => one.value) * 100) / 100,
    steps: stepsInOrder(journey).map((step) => stepCounts(step, treated, passages, messages)),
    atGoneSteps: goneSteps(journey, treated),
    messages: added(
      messages,
      (one) => one.state,
      (one) => one.messages,
    ),
    estimated: estimatedOf({
      entered: treated,
      holdout: heldOut,
      inside: inside(treated),
      held: held(treated),
      completed,
      exited,
      converted,
      value: converted,
      messages,
    }),
  };
}

function estimatedOf<Name extends string>(
  numbers: Readonly<Record<Name, readonly { readonly isEstimated: boolean }[]>>,
): readonly Name[] {
  return (Object.keys(numbers) as Name[]).filter((name) =>
    numbers[name].some(({ isEstimated }) => isEstimated),
  );
}

function stepCounts(
  step: Step,
  enrollments: readonly EnrollmentRow[],
  passages: readonly PassageRow[],
  messages: readonly MessageCount[],
): StepCounts {
  const { id, kind } = step;
  const here = enrollments.filter((one) => one.step === id);
  // Those who wait here and those who are at the step after it are counted, or estimated, together.
  const near = enrollments.filter(({ ahead }) => ahead === id || (ahead ?? "") === nextOf(step));
  const left = passages.filter((one) => one.step === id);
  return {
    id,
    kind,
    at: total(inside(here)),
    held: total(held(here)),
    estimated: estimatedOf({ at: inside(near), held: held(near) }),
    passed: sumOf(left, (one) => one.customers),
    to: added(
      left,
      (one) => one.next,
      (one) => one.customers,
    ),
    messages: added(
      messages.filter((one) => one.step === id),
      (one) => one.state,
      (one) => one.messages,
    ),
  };
}

function nextOf(step: Step): StepId | null {
  return "next" in step ? step.next : null;
}

function inside(rows: readonly EnrollmentRow[]): readonly EnrollmentRow[] {
  return rows.filter(({ state }) => state === "entered" || state === "waiting");
}

function held(rows: readonly EnrollmentRow[]): readonly EnrollmentRow[] {
  return rows.filter(({ state }) => state === "held");
}

/** Who entered by an earlier version drains by its steps, and some of these the version in force may not have. */
function goneSteps({ steps }: Journey, enrollments: readonly EnrollmentRow[]): readonly GoneStep[] {
  const there = [...inside(enrollments), ...held(enrollments)].filter(
    ({ step }) => step !== null && steps[step] === undefined,
  );
  const ids = [...new Set(there.flatMap(({ step }) => step ?? []))].toSorted();
  return ids.map((id) => {
    const here = there.filter(({ step }) => step === id);
    return { id, at: total(inside(here)), held: total(held(here)) };
  });
}

function total(rows: readonly EnrollmentRow[]): number {
  return sumOf(rows, (row) => row.customers);
}

function sumOf<Row>(rows: readonly Row[], read: (row: Row) => string | null): number {
  return rows.reduce((sum, row) => sum + Number(read(row) ?? 0), 0);
}

function added<Row, Key extends string>(
  rows: readonly Row[],
  key: (row: Row) => Key,
  count: (row: Row) => string,
): Partial<Record<Key, number>> & Record<string, number> {
  const sums: Record<string, number> = {};
  for (const row of rows) sums[key(row)] = (sums[key(row)] ?? 0) + Number(count(row));
  return sums as Partial<Record<Key, number>> & Record<string, number>;
}
