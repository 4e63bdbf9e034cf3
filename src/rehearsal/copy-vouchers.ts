import { sql } from "kysely";
import { shareOf } from "../enrollment/share.ts";
import { type Session, copy } from "./copy-table.ts";

/**
 * The pools with their free codes, those that have spoiled since included: they were good at the time that is played. Of a
 * share of the customers the same share of the codes, so that a pool lasts as long as it would. Codes that were handed out
 * come along with the passages they belong to.
 */
export async function copyVouchers(
  session: Session,
  real: string,
  { sample }: { readonly sample: number | null },
): Promise<number> {
  await copy(session, real, "voucher_pools", sql`true`);
  const isIn =
    sample === null ? sql`true` : sql`${shareOf(sql`source.id`, "sample")} < ${sample}::float8`;
  const isFree = sql`source.handed_out_at is null and source.redeemed_at is null and ${isIn}`;
  return copy(
    session,
    real,
    "vouchers",
    sql`(${isFree}) or source.enrollment_id in (select id from enrollments)`,
  );
}
