import { type Transaction, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Tables } from "../database/tables.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import { planMessages } from "../message/plan.ts";
import { dueAfter, dueIn, zoneFor } from "./due.ts";
import type { Turn } from "./enrollment.ts";
import type { Place } from "./place.ts";
import { boundsOf, shareOf } from "./share.ts";

/** What a step did with some of its enrollments: sent them on to another step (null: the end), or to a place to rest. */
export type Move = { readonly ids: readonly string[] } & (
  | { readonly to: StepId | null }
  | { readonly at: Place }
);

export interface Stage {
  readonly transaction: Transaction<Tables>;
  readonly journey: Journey;
  readonly turn: Turn;
}

/** Executes a step for a set of enrollments, in a few statements however large the set is. */
export async function execute(
  stage: Stage,
  step: Step,
  ids: readonly string[],
): Promise<readonly Move[]> {
  switch (step.kind) {
    case "send":
      await send(stage, step, ids);
      return [{ ids, to: step.next }];
    case "wait":
      return step.next === null ? [{ ids, to: null }] : wait(stage, step, step.next, ids);
    case "await":
      return awaitEvent(stage, step, ids);
    case "if":
      return branch(stage, step, ids);
    case "split":
      return split(stage, step, ids);
    case "exit":
      return [{ ids, at: { state: "exited", step: step.id, reason: step.reason } }];
  }
}

type StepOf<Kind extends Step["kind"]> = Extract<Step, { kind: Kind }>;

function send(
  { transaction, journey, turn }: Stage,
  step: StepOf<"send">,
  enrollments: readonly string[],
): Promise<void> {
  const { class: messageClass, topic, maxLateness } = journey;
  return planMessages(transaction, {
    enrollments,
    step,
    class: messageClass,
    topic,
    maxLateness,
    now: turn.now,
  });
}

async function wait(
  stage: Stage,
  { wait: rule }: StepOf<"wait">,
  next: StepId,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const rest = (dueAt: Date): Place => ({ state: "waiting", step: next, dueAt, awaiting: null });
  const { now, zone: shops } = stage.turn;
  if (rule.kind === "for" && rule.duration.months + rule.duration.days === 0)
    return [{ ids, at: rest(dueAfter(rule, now, shops)) }];
  const named = rule.kind === "until" ? rule.zone : "customer";
  const byZone = await byZones(stage, named, ids);
  return byZone.map(([zone, inZone]) => ({ ids: inZone, at: rest(dueAfter(rule, now, zone)) }));
}

async function awaitEvent(
  stage: Stage,
  { id, event, within }: StepOf<"await">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const byZone = await byZones(stage, "customer", ids);
  return byZone.map(([zone, inZone]) => ({
    ids: inZone,
    at: {
      state: "waiting",
      step: id,
      dueAt: dueIn(within, stage.turn.now, zone),
      awaiting: event,
    },
  }));
}

async function branch(
  { transaction, turn }: Stage,
  step: StepOf<"if">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const holds = conditionSql(step.if, {
    now: turn.now,
    customer: "customer",
    enrollment: "enrollment",
  });
  const { rows } = await sql<{ id: string }>`
    select enrollment.id
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = any(${ids}::bigint[]) and ${holds}`.execute(transaction);
  const yes = new Set(rows.map(({ id }) => id));
  return [
    { ids: [...yes], to: step.then },
    { ids: ids.filter((id) => !yes.has(id)), to: step.else },
  ];
}

/** The same customer takes the same arm in every passage through the journey. */
async function split(
  { transaction, journey }: Stage,
  step: StepOf<"split">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const share = shareOf(sql`customer_id`, journey.name, step.id);
  const { rows } = await sql<{ id: string; share: string }>`
    select id, ${share} as share from enrollments where id = any(${ids}::bigint[])`.execute(
    transaction,
  );
  const bounds = boundsOf(step.arms);
  const byArm = Map.groupBy(rows, (row) => bounds.findIndex((bound) => Number(row.share) < bound));
  return step.arms.map((arm, index) => ({
    ids: (byArm.get(index) ?? []).map((row) => row.id),
    to: arm.next,
  }));
}

/** The enrollments by the zone to reckon in. Few zones, however many customers: due times are worked out once for each. */
async function byZones(
  { transaction, turn }: Stage,
  named: string,
  ids: readonly string[],
): Promise<readonly (readonly [string, readonly string[]])[]> {
  if (named !== "customer") return [[named, ids]];
  const { rows } = await sql<{ zone: string | null; ids: string[] }>`
    select customer.zone, array_agg(enrollment.id) as ids
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = any(${ids}::bigint[])
    group by customer.zone`.execute(transaction);
  return rows.map((row) => [zoneFor(named, row.zone, turn.zone), row.ids]);
}
