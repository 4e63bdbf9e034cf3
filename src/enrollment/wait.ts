import { sql } from "kysely";
import type { StepId, Wait } from "../journey/journey.ts";
import { type HeldDate, comingOf, heldDate } from "./customer-date.ts";
import { dueAfter, dueIn, zoneFor } from "./due.ts";
import { readDay } from "./local-time.ts";
import type { Place } from "./place.ts";
import type { Move, Stage, StepOf } from "./stage.ts";
import { byZones } from "./zone.ts";

/** Rests until a time; a wait at the end of a journey is none. */
export async function wait(
  stage: Stage,
  { id, wait: rule, next }: StepOf<"wait">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  if (next === null) return [{ ids, to: null }];
  const rest = (dueAt: Date): Place => ({
    state: "waiting",
    step: next,
    dueAt,
    awaiting: null,
    wait: id,
  });
  if (rule.kind === "date") return waitForDate(stage, rule, { next, rest }, ids);
  const { now, zone: shops } = stage.turn;
  if (rule.kind === "for" && rule.duration.months + rule.duration.days === 0)
    return [{ ids, at: rest(dueAfter(rule, now, shops)) }];
  const named = rule.kind === "until" ? rule.zone : "customer";
  const byZone = await byZones(stage, named, ids);
  return byZone.map(([zone, inZone]) => ({
    ids: inZone,
    at: rest(dueAfter(rule, now, zone)),
  }));
}

/** Rests until the event comes (wake.ts) or the time is up. */
export async function awaitEvent(
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

interface Dated {
  readonly zone: string | null;
  readonly day: string | null;
  readonly instant: Date | null;
  readonly ids: readonly string[];
}

/** A date that is missing, no date at all or past is not waited for. Those of one date and zone rest together. */
async function waitForDate(
  { transaction, turn }: Stage,
  rule: Extract<Wait, { kind: "date" }>,
  { next, rest }: { readonly next: StepId; readonly rest: (dueAt: Date) => Place },
  ids: readonly string[],
): Promise<readonly Move[]> {
  const { day, instant } = heldDate(rule.field);
  const zone = rule.zone === "customer" ? sql`customer.zone` : sql`null::text`;
  const { rows } = await sql<Dated>`
    select ${zone} as zone, ${day} as day, ${instant} as instant, array_agg(enrollment.id) as ids
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = any(${ids}::bigint[])
    group by 1, 2, 3`.execute(transaction);
  return rows.map((row): Move => {
    const held = heldIn(row, rule.field);
    const dueAt = held && comingOf(held, rule, turn.now, zoneFor(rule.zone, row.zone, turn.zone));
    return dueAt !== undefined && dueAt > turn.now
      ? { ids: row.ids, at: rest(dueAt) }
      : { ids: row.ids, to: next };
  });
}

function heldIn({ day, instant }: Dated, field: string): HeldDate | undefined {
  if (instant !== null) return { instant };
  return day === null ? undefined : { day: readDay(day), yearly: field === "birthday" };
}
