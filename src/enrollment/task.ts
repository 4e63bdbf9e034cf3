import { type RawBuilder, sql } from "kysely";
import { dueIn } from "./due.ts";
import { occurrenceOf } from "./occurrence.ts";
import type { Move, Stage, StepOf } from "./stage.ts";
import { byZones } from "./zone.ts";

/**
 * Puts a line on an agents' list and waits for its outcome. An outcome that is recorded (task-list.ts), or the end of
 * the time, brings the enrollment here again: the line then says which way it goes.
 */
export async function task(
  stage: Stage,
  step: StepOf<"task">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const ways = new Map(step.outcomes.map(({ name, next }) => [name, next]));
  const moves: Move[] = [];
  for (const [zone, inZone] of await byZones(stage, "customer", ids)) {
    const until = dueIn(step.within, stage.turn.now, zone);
    for (const { state, outcome, until: dueAt, ids: those } of await lines(
      stage,
      step,
      inZone,
      until,
    )) {
      const next = outcome === null ? undefined : ways.get(outcome);
      if (state === "open")
        moves.push({
          ids: those,
          at: { state: "waiting", step: step.id, dueAt, awaiting: "task" },
        });
      else moves.push({ ids: those, to: next === undefined ? step.timeout : next });
    }
  }
  return moves;
}

interface Line {
  readonly state: "open" | "done" | "timed_out" | "withdrawn";
  readonly outcome: string | null;
  readonly until: Date;
  readonly ids: readonly string[];
}

/** The lines of the enrollments, written where there was none; those whose time is up are closed. */
async function lines(
  { transaction, journey, turn: { now } }: Stage,
  { id, list, text, outcomes }: StepOf<"task">,
  ids: readonly string[],
  until: Date,
): Promise<readonly Line[]> {
  const occurrence = occurrenceOf(journey, id);
  const { rows } = await sql<Line>`
    with coming as (
      select enrollment.id, enrollment.journey_id, enrollment.version_id, ${occurrence} as occurrence
      from enrollments enrollment where enrollment.id = any(${ids}::bigint[])
    )
    insert into tasks as line (enrollment_id, journey_id, version_id, step, occurrence, list, text, outcomes, made_at, until)
    select id, journey_id, version_id, ${id}, occurrence, ${list}, ${text}, ${outcomes.map(({ name }) => name)}::text[],
           ${now}, ${until}
    from coming
    -- Written anew where it is, so that it is locked and returned, whoever records an outcome meanwhile.
    on conflict on constraint tasks_once do update set
      -- Withdrawn when a migration took the customer off the step, who has come to it again.
      ${sql.join(["version_id", "list", "text", "outcomes", "made_at", "until"].map(anewIfWithdrawn))},
      state = case when line.state = 'withdrawn' then 'open' when line.state = 'open' and line.until <= ${now} then 'timed_out'
              else line.state end,
      finished_at = case when line.state = 'open' and line.until <= ${now} then ${now} else line.finished_at end
    returning state, outcome, until, array[enrollment_id] as ids`.execute(transaction);
  return together(rows);
}

function anewIfWithdrawn(column: string): RawBuilder<unknown> {
  const [name, was, will] = [column, `line.${column}`, `excluded.${column}`].map((one) =>
    sql.ref(one),
  );
  return sql`${name} = case when line.state = 'withdrawn' then ${will} else ${was} end`;
}

function together(rows: readonly Line[]): readonly Line[] {
  const alike = Map.groupBy(rows, (row) => `${row.state} ${row.until.getTime()} ${row.outcome}`);
  return [...alike.values()].flatMap((those) => {
    const [first] = those;
    return first === undefined ? [] : [{ ...first, ids: those.flatMap(({ ids }) => ids) }];
  });
}
