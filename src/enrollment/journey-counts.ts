import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { EnrollmentsState, JourneysState, MessagesState } from "../database/tables.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import { stepsInOrder } from "../journey/step.ts";
import { withNewKeys } from "./older-version.ts";
import { placeSql } from "./resting.ts";

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
}

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
  /** How many went on to which step from here; '' is the end. */
  readonly to: Readonly<Record<StepId, number>>;
  /** Of a send step. */
  readonly messages: Readonly<Partial<Record<MessagesState, number>>>;
}

/** What is counted over whole tables. */
export interface JourneyFigures {
  readonly enrollments: readonly EnrollmentRow[];
  readonly passages: readonly PassageRow[];
  readonly messages: readonly MessageRow[];
}

export async function readJourneyFigures(database: Database): Promise<JourneyFigures> {
  const [enrollments, passages, messages] = await Promise.all([
    enrollmentCounts(database),
    passageCounts(database),
    messageCounts(database),
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
  const [journeys, figures] = await Promise.all([
    journeysOf(database),
    given ?? readJourneyFigures(database),
  ]);
  return journeys.map((journey) => {
    const mine = <Row extends { journey_id: number }>(rows: readonly Row[]) =>
      rows.filter((row) => row.journey_id === journey.id);
    const { enrollments, passages, messages } = figures;
    return counted(journey, mine(enrollments), mine(passages), mine(messages));
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

interface EnrollmentRow {
  readonly journey_id: number;
  readonly state: EnrollmentsState;
  /** Who waits is at the wait of their own version, though the step to execute next is the one after. */
  readonly step: StepId | null;
  readonly reason: string | null;
  readonly holdout: boolean;
  readonly customers: string;
  readonly converted: string;
  readonly value: string | null;
}

async function enrollmentCounts(database: Database) {
  const { rows } = await sql<EnrollmentRow>`
    with counted as (
      select journey_id, version_id, state, step, resting_at, case when state = 'exited' then reason end as reason, holdout,
             count(*) as customers, count(converted_at) as converted, sum(conversion_value) as value
      from enrollments group by 1, 2, 3, 4, 5, 6, 7)
    select counted.journey_id, state, ${placeSql("counted", "version")} as step, reason, holdout, customers, converted, value
    from counted join journey_versions version on version.id = counted.version_id`.execute(
    database,
  );
  return rows;
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

interface MessageRow {
  readonly journey_id: number;
  readonly step: StepId;
  readonly state: MessagesState;
  readonly messages: string;
}

async function messageCounts(database: Database) {
  const { rows } = await sql<MessageRow>`
    select journey_id, step, state, count(*) as messages from messages group by 1, 2, 3`.execute(
    database,
  );
  return rows;
}

function counted(
  row: JourneyRow,
  enrollments: readonly EnrollmentRow[],
  passages: readonly PassageRow[],
  messages: readonly MessageRow[],
): JourneyCounts {
  const { id, name, state, version, journey } = row;
  const treated = enrollments.filter((one) => !one.holdout);
  // Left alone by all journeys: no measure for this one alone.
  const ofAll = enrollments.filter((one) => one.reason === "global holdout" && one.holdout);
  const heldOut = enrollments.filter((one) => one.holdout && !ofAll.includes(one));
  const inState = (...states: readonly EnrollmentsState[]) =>
    total(treated.filter((one) => states.includes(one.state)));
  return {
    id,
    name,
    state,
    version,
    journey,
    entered: total(treated),
    holdout: total(heldOut),
    inside: inState("entered", "waiting"),
    held: inState("held"),
    completed: inState("completed"),
    exited: added(
      [...treated.filter((one) => one.state === "exited"), ...ofAll],
      (one) => one.reason ?? "",
      (one) => one.customers,
    ),
    converted: sumOf(treated, (one) => one.converted),
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
  };
}

function stepCounts(
  { id, kind }: Step,
  enrollments: readonly EnrollmentRow[],
  passages: readonly PassageRow[],
  messages: readonly MessageRow[],
): StepCounts {
  const here = enrollments.filter((one) => one.step === id);
  const left = passages.filter((one) => one.step === id);
  return {
    id,
    kind,
    at: total(here.filter((one) => one.state === "entered" || one.state === "waiting")),
    held: total(here.filter((one) => one.state === "held")),
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

/** Who entered by an earlier version drains by its steps, and some of these the version in force may not have. */
function goneSteps({ steps }: Journey, enrollments: readonly EnrollmentRow[]): readonly GoneStep[] {
  const inside = enrollments.filter(
    ({ state, step }) =>
      (state === "entered" || state === "waiting" || state === "held") &&
      step !== null &&
      steps[step] === undefined,
  );
  const ids = [...new Set(inside.flatMap(({ step }) => step ?? []))].toSorted();
  return ids.map((id) => {
    const here = inside.filter(({ step }) => step === id);
    const held = total(here.filter(({ state }) => state === "held"));
    return { id, at: total(here) - held, held };
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
