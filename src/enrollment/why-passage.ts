import { sql } from "kysely";
import { type Trace, type TraceRow, readTrace, traceSql } from "../audience/trace.ts";
import type { EnrollmentsState } from "../database/tables.ts";
import type { Condition } from "../journey/condition.ts";
import { describeStep } from "../journey/describe-step.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import { placeSql } from "./resting.ts";
import { armOf, sharesSql } from "./split.ts";
import { type Case, instant } from "./why-case.ts";
import { type Left, leftBy } from "./why-left.ts";
import { aheadOf, pathOf } from "./why-path.ts";

const passagesShown = 5;

/** One passage: where the customer stands, what each step did for them, and what is to come. */
export interface Passage {
  readonly id: string;
  readonly version: number;
  readonly state: EnrollmentsState;
  /** Of an exit, a hold. */
  readonly reason: string | null;
  readonly enteredAt: Date;
  readonly finishedAt: Date | null;
  readonly convertedAt: Date | null;
  /** What is waited for now, and until when. */
  readonly waiting: string | null;
  readonly steps: readonly WhyStep[];
  /** The conditions that would end it at once. */
  readonly stops: readonly { readonly as: string; readonly trace: Trace }[];
}

export interface WhyStep {
  readonly id: StepId;
  readonly line: string;
  readonly place: "passed" | "here" | "ahead";
  /** Which way the customer left it. */
  readonly way: string | null;
  /** What it asks, as it stands at the moment of the trace. */
  readonly asks: readonly { readonly of: string; readonly trace: Trace }[];
  /** What came of it: messages, calls, tasks, vouchers. */
  readonly left: readonly Left[];
}

interface Row {
  readonly id: string;
  readonly version: number;
  readonly definition: Journey;
  readonly state: EnrollmentsState;
  readonly step: StepId | null;
  readonly reason: string | null;
  readonly due_at: Date | null;
  readonly awaiting: string | null;
  readonly holdout: boolean;
  readonly entered_at: Date;
  readonly finished_at: Date | null;
  readonly converted_at: Date | null;
}

/** The newest passages of the customer through the journey, those after the moment asked about left out. */
export async function passagesOf(one: Case): Promise<readonly Passage[]> {
  const { session, customerId, version, at } = one;
  const { rows } = await sql<Row>`
    select enrollments.id, version.number as version, version.definition, enrollments.state, ${placeSql("enrollments", "version")} as step,
           enrollments.reason, enrollments.due_at, enrollments.awaiting, enrollments.holdout, enrollments.entered_at,
           enrollments.finished_at, enrollments.converted_at
    from enrollments join journey_versions version on version.id = enrollments.version_id
    where enrollments.customer_id = ${customerId} and enrollments.journey_id = ${version.journeyId}
      and enrollments.entered_at <= ${at}
    order by enrollments.entered_at desc, enrollments.id desc limit ${passagesShown}`.execute(
    session,
  );
  const passages: Passage[] = [];
  for (const row of rows) passages.push(await passageOf(one, row));
  return passages;
}

async function passageOf(one: Case, row: Row): Promise<Passage> {
  const isOpen = row.state === "entered" || row.state === "waiting" || row.state === "held";
  return {
    id: row.id,
    version: row.version,
    state: row.state,
    reason: row.reason,
    enteredAt: row.entered_at,
    finishedAt: row.finished_at,
    convertedAt: row.converted_at,
    waiting: waitingFor(row),
    steps: row.holdout ? [] : await stepsOf(one, row, isOpen),
    stops: isOpen ? await stopsOf(one, row) : [],
  };
}

function waitingFor({ state, step, awaiting, due_at: due, definition }: Row): string | null {
  if (state !== "waiting" || due === null) return null;
  if (awaiting !== null) return `awaits ${awaiting} until ${instant(due)}`;
  const here = definition.steps[step ?? ""];
  return here?.kind === "wait" ? `waits until ${instant(due)}` : `due ${instant(due)}`;
}

async function stepsOf(one: Case, row: Row, isOpen: boolean): Promise<readonly WhyStep[]> {
  const journey = row.definition;
  const left = await leftBy(one, row.id);
  const steps = Object.values(journey.steps);
  const asked = steps.flatMap((step) =>
    questionsOf(step).map((question) => ({ step, ...question })),
  );
  const traces = await tracesFor(
    one,
    row.id,
    asked.map(({ condition }) => condition),
  );
  const asks = Map.groupBy(
    asked.map(({ step, of }, index) => ({ step, of, trace: traces[index] })),
    ({ step }) => step.id,
  );
  const ways = new Map([...waysToday(steps, asks), ...(await armsTaken(one, row, steps))]);
  const path = pathOf(journey, { at: row.step, marks: new Set(left.keys()), ways });
  const last = path.at(-1)?.step;
  const ahead = isOpen && last !== undefined ? aheadOf(journey, last) : [];
  const written = (id: StepId, place: WhyStep["place"], way: string | null): readonly WhyStep[] => {
    const step = journey.steps[id];
    if (step === undefined) return [];
    const those = (asks.get(id) ?? []).flatMap(({ of, trace }) =>
      trace === undefined ? [] : [{ of, trace }],
    );
    return [{ id, line: describeStep(step), place, way, asks: those, left: left.get(id) ?? [] }];
  };
  return [
    ...path.flatMap(({ step, way }) =>
      written(step, isOpen && step === row.step ? "here" : "passed", way),
    ),
    ...ahead
      .filter((id) => !path.some(({ step }) => step === id))
      .flatMap((id) => written(id, "ahead", null)),
  ];
}

/** What a step asks, each with the label of the way it opens. */
function questionsOf(
  step: Step,
): readonly { readonly of: string; readonly condition: Condition }[] {
  switch (step.kind) {
    case "if":
      return [{ of: "then", condition: step.if }];
    case "switch":
      return step.arms.map(({ name, if: condition }) => ({ of: name, condition }));
    case "repeat":
      return step.until === null ? [] : [{ of: "done", condition: step.until }];
    default:
      return [];
  }
}

/** The ways that the conditions would lead at the moment of the trace. */
function waysToday(
  steps: readonly Step[],
  asks: ReadonlyMap<StepId, readonly { readonly of: string; readonly trace: Trace | undefined }[]>,
): ReadonlyMap<StepId, string> {
  return new Map(
    steps.flatMap(({ id, kind }) => {
      const those = asks.get(id) ?? [];
      if (those.length === 0) return [];
      const held = those.find(({ trace }) => trace?.holds === true)?.of;
      return [[id, held ?? (kind === "repeat" ? "again" : "else")] as const];
    }),
  );
}

/** The arm of each split: the one written down where a winner is looked for, else that of the customer's share. */
async function armsTaken(
  { session, customerId, version }: Case,
  row: Row,
  steps: readonly Step[],
): Promise<ReadonlyMap<StepId, string>> {
  const arms = new Map<StepId, string>();
  for (const step of steps) {
    if (step.kind !== "split") continue;
    const { rows } = await sql<{ share: string; arm: string | null }>`
      select ${sharesSql(row.definition.name, step.id)} as share,
             (select arm from split_customers taken where taken.journey_id = ${version.journeyId}
                and taken.step = ${step.id} and taken.customer_id = ${customerId}) as arm
      from enrollments where id = ${row.id}`.execute(session);
    const [found] = rows;
    if (found !== undefined) arms.set(step.id, found.arm ?? armOf(step.arms, found));
  }
  return arms;
}

async function stopsOf(one: Case, row: Row): Promise<Passage["stops"]> {
  const stops = row.definition.stop.flatMap((stop) => (stop.kind === "condition" ? [stop] : []));
  const traces = await tracesFor(
    one,
    row.id,
    stops.map((stop) => stop.if),
  );
  return stops.flatMap(({ as }, index) => {
    const trace = traces[index];
    return trace === undefined ? [] : [{ as, trace }];
  });
}

/** All conditions of a passage in one statement. */
async function tracesFor(
  { session, at: now, rewound }: Case,
  enrollmentId: string,
  conditions: readonly Condition[],
): Promise<readonly Trace[]> {
  if (conditions.length === 0) return [];
  const all: Condition = { kind: "all", of: conditions };
  const scope = { now, rewound, customer: "customer", enrollment: "enrollment" };
  const { rows } = await sql<TraceRow>`
    select ${traceSql(all, scope)}
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = ${enrollmentId}`.execute(session);
  return readTrace(all, rows[0] ?? { holds: [], seen: [] }).parts;
}
