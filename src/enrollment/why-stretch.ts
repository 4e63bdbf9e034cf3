import { sql } from "kysely";
import type { Journey, StepId } from "../journey/journey.ts";
import { withNewKeys } from "./older-version.ts";
import type { Case } from "./why-case.ts";
import type { Course, Mark, Round } from "./why-course.ts";
import { armsOf, heardIn, marksOf } from "./why-record.ts";

/** A passage's way through one version. A migration begins another. */
export interface Stretch {
  readonly version: number;
  readonly since: Date;
  readonly course: Course;
}

/** Of the passage's row: how it stands now. */
export interface Standing {
  readonly id: string;
  readonly version: number;
  readonly definition: Journey;
  readonly step: StepId | null;
  readonly rounds: Readonly<Record<StepId, Round>> | null;
  readonly entered_at: Date;
  readonly moved_at: Date;
  readonly finished_at: Date | null;
}

interface Moving {
  readonly at: Date;
  readonly from_step: StepId;
  readonly to_step: StepId;
  readonly version: number;
  readonly definition: Journey;
}

/** The stretches of a passage in their order, the last of them in the version that it is in. */
export async function stretchesOf(one: Case, row: Standing): Promise<readonly Stretch[]> {
  const moves = await movesOf(one, row.id);
  const marks = await marksOf(one, row.id);
  const stretches: Stretch[] = [];
  for (const [index, move] of [...moves, null].entries()) {
    const before = moves[index - 1];
    const since = before?.at ?? earliest(row, marks);
    const { version, definition } = move ?? row;
    const journey = withNewKeys(definition);
    const until = move?.at ?? row.finished_at ?? row.moved_at;
    const course: Course = {
      journey,
      from: before?.to_step ?? journey.first,
      since: since.getTime(),
      resumed: before !== undefined,
      ends: move === null ? [row.step] : endsAt(journey, move.from_step),
      until: Math.max(until.getTime(), since.getTime()),
      // What was left before stays in place of what the step would leave now.
      marks: move === null ? marks : marks.filter(({ at }) => at < until.getTime()),
      rounds: moves.length > 0 ? null : (row.rounds ?? {}),
      arms: await armsOf(one, row.id, journey),
      heard: await heardIn(one, row.id, journey),
    };
    stretches.push({ version, since, course });
  }
  return stretches;
}

/** Those that were not taken back by a rollback. */
async function movesOf({ session }: Case, enrollmentId: string): Promise<readonly Moving[]> {
  const { rows } = await sql<Moving>`
    select change.at, moved.from_step, moved.to_step, version.number as version, version.definition
    from moved_enrollments moved
    join version_changes change on change.id = moved.change_id
    join journey_versions version on version.id = moved.from_version_id
    where moved.enrollment_id = ${enrollmentId} and moved.brought_back_at is null and moved.to_state <> 'exited'
    order by change.id`.execute(session);
  return rows;
}

/** An event may come from a clock that is ahead. */
function earliest({ entered_at: entered }: Standing, marks: readonly Mark[]): Date {
  return new Date(Math.min(entered.getTime(), ...marks.map(({ at }) => at)));
}

/** The row of old said no more than the step it came to next, which may be the one after a wait that it rested at. */
function endsAt({ steps }: Journey, step: StepId): Course["ends"] {
  const waits = Object.values(steps).filter(
    ({ kind, ...at }) => kind === "wait" && "next" in at && at.next === step,
  );
  return [step, ...waits.map(({ id }) => id)];
}
