import { type RawBuilder, type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { interval } from "../duration.ts";
import { occurrenceOf } from "./occurrence.ts";
import type { Move, Stage, StepOf } from "./stage.ts";

/** A code that another worker has in hand may come back; then it is looked at again. */
const againAfterMs = 1000;

/**
 * Hands a code of the pool to each enrollment, in one statement for all of them; who comes to the step again (a replay)
 * keeps the code of the first time. Where the pool is empty the step's `else` is taken, or the enrollment is held until
 * `waypost vouchers add` brings more.
 */
export async function voucher(
  stage: Stage,
  step: StepOf<"voucher">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const { transaction, journey, turn } = stage;
  const occurrence = occurrenceOf(journey, step.id);
  await handOut(stage, step, ids, occurrence);
  const { rows } = await sql<{ id: string }>`
    select enrollment.id from enrollments enrollment
    join vouchers on vouchers.enrollment_id = enrollment.id and vouchers.step = ${step.id} and vouchers.occurrence = ${occurrence}
    where enrollment.id = any(${ids}::bigint[])`.execute(transaction);
  const served = new Set(rows.map(({ id }) => id));
  const others = ids.filter((id) => !served.has(id));
  const moves: Move[] = [{ ids: [...served], to: step.next }];
  if (others.length === 0) return moves;
  if (await hasFree(transaction, step.pool, turn.now)) {
    const dueAt = new Date(turn.now.getTime() + againAfterMs);
    const at = { state: "waiting", step: step.id, dueAt, awaiting: null } as const;
    return [...moves, { ids: others, at }];
  }
  if (step.empty !== null) return [...moves, { ids: others, to: step.empty.next }];
  const at = { state: "held", step: step.id, reason: emptyPool(step.pool) } as const;
  return [...moves, { ids: others, at }];
}

/** Why enrollments are held; who adds codes lets those go on that are held for this very reason. */
export function emptyPool(pool: string): string {
  return `the voucher pool "${pool}" is empty; add codes with waypost vouchers add ${pool} FILE`;
}

async function handOut(
  { transaction, turn: { now } }: Stage,
  { id, pool, expires }: StepOf<"voucher">,
  ids: readonly string[],
  occurrence: RawBuilder<number>,
): Promise<void> {
  const good =
    expires === null
      ? sql`voucher.expires_at`
      : sql`least(voucher.expires_at, ${now}::timestamptz + ${interval(expires)}::interval)`;
  await sql`
    with wanting as (
      select asked.*, row_number() over (order by asked.id) as place
      from (select enrollment.id, ${occurrence} as occurrence from enrollments enrollment
            where enrollment.id = any(${ids}::bigint[])) as asked
      where not exists (select from vouchers had
        where had.enrollment_id = asked.id and had.step = ${id} and had.occurrence = asked.occurrence)
    ), free as (
      select id, expires_at from vouchers
      where pool = ${pool} and handed_out_at is null and redeemed_at is null and expires_at > ${now}
      order by expires_at, id
      limit (select count(*) from wanting)
      for update skip locked
    ), numbered as (
      select id, row_number() over (order by expires_at, id) as place from free
    )
    update vouchers voucher
    set handed_out_at = ${now}, enrollment_id = wanting.id, step = ${id}, occurrence = wanting.occurrence, expires_at = ${good}
    from numbered join wanting using (place)
    where voucher.id = numbered.id`.execute(transaction);
}

async function hasFree(
  transaction: Transaction<Tables>,
  pool: string,
  now: Date,
): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    select exists (select from vouchers where pool = ${pool} and handed_out_at is null
      and redeemed_at is null and expires_at > ${now}) as free`.execute(transaction);
  return rows[0]?.free === true;
}
