import { sql } from "kysely";
import type { Trace } from "../audience/trace.ts";
import type { EnrollmentsState } from "../database/tables.ts";
import { withNewKeys } from "./older-version.ts";
import { placeSql } from "./resting.ts";
import { type Case, instant } from "./why-case.ts";
import { tracesFor } from "./why-questions.ts";
import { type WhyStep, stepsOf } from "./why-step.ts";
import { type Standing, type Stretch, stretchesOf } from "./why-stretch.ts";

const passagesShown = 5;

/** One passage: where the customer stands, what each step did for them, and what is to come. */
export interface Passage {
  readonly id: string;
  readonly version: number;
  /** Of an earlier moment it may be known no more than that the customer was inside. */
  readonly state: EnrollmentsState | "inside";
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

interface Row extends Standing {
  readonly state: EnrollmentsState;
  readonly reason: string | null;
  readonly due_at: Date | null;
  readonly awaiting: string | null;
  readonly holdout: boolean;
  readonly converted_at: Date | null;
}

/** The newest passages of the customer through the journey, those after the moment asked about left out. */
export async function passagesOf(one: Case): Promise<readonly Passage[]> {
  const { session, customerId, version, at } = one;
  const { rows } = await sql<Row>`
    select enrollments.id, version.number as version, version.definition, enrollments.state, ${placeSql("enrollments", "version")} as step,
           enrollments.reason, enrollments.due_at, enrollments.awaiting, enrollments.holdout, enrollments.rounds,
           enrollments.entered_at, enrollments.moved_at, enrollments.finished_at, enrollments.converted_at
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
  const all = await stretchesOf(one, row);
  const stretches = all.filter(({ since }, index) => index === 0 || since <= one.at);
  const isAsNow = row.holdout || (row.moved_at <= one.at && stretches.length === all.length);
  const state = isAsNow ? row.state : "inside";
  const isOpen = state !== "completed" && state !== "exited";
  return {
    id: row.id,
    version: stretches.at(-1)?.version ?? row.version,
    state,
    reason: isAsNow ? row.reason : null,
    enteredAt: row.entered_at,
    finishedAt: isAsNow ? row.finished_at : null,
    convertedAt: upTo(one, row.converted_at),
    waiting: isAsNow ? waitingFor(row) : null,
    steps: row.holdout ? [] : await stepsOf(one, row.id, stretches, { isAsNow, isOpen }),
    stops: isOpen ? await stopsOf(one, row.id, stretches.at(-1)) : [],
  };
}

function upTo({ at }: Case, then: Date | null): Date | null {
  return then !== null && then <= at ? then : null;
}

function waitingFor({ state, step, awaiting, due_at: due, definition }: Row): string | null {
  if (state !== "waiting" || due === null) return null;
  if (awaiting !== null) return `awaits ${awaiting} until ${instant(due)}`;
  const here = withNewKeys(definition).steps[step ?? ""];
  return here?.kind === "wait" ? `waits until ${instant(due)}` : `due ${instant(due)}`;
}

async function stopsOf(
  one: Case,
  enrollmentId: string,
  stretch: Stretch | undefined,
): Promise<Passage["stops"]> {
  const stops = (stretch?.course.journey.stop ?? []).flatMap((stop) =>
    stop.kind === "condition" ? [stop] : [],
  );
  const traces = await tracesFor(
    one,
    enrollmentId,
    stops.map((stop) => stop.if),
  );
  return stops.flatMap(({ as }, index) => {
    const trace = traces[index];
    return trace === undefined ? [] : [{ as, trace }];
  });
}
