import { type RawBuilder, sql } from "kysely";
import type { Condition, VoucherWas } from "../journey/condition.ts";
import { passageOf } from "./answer-sql.ts";
import { storable } from "./bound-value.ts";
import { sinceSql } from "./moment-sql.ts";
import { customerColumn, existsSql } from "./rows.ts";
import type { Scope } from "./scope.ts";

/** When a voucher came to be so; null if it did not. One that was redeemed does not expire any more. */
function whenItWas(was: VoucherWas, now: Date): RawBuilder<unknown> {
  switch (was) {
    case "handed_out":
      return sql`a_voucher.handed_out_at`;
    case "redeemed":
      return sql`a_voucher.redeemed_at`;
    case "expired":
      return sql`case when a_voucher.redeemed_at is null and a_voucher.expires_at <= ${now} then a_voucher.expires_at end`;
  }
}

/** What became of a voucher: of that step of this enrollment; without a step, of any the customer was ever given. */
export function voucherSql(
  voucher: Extract<Condition, { kind: "voucher" }>,
  scope: Scope,
  wanted: boolean,
): RawBuilder<boolean> {
  const { was, within } = voucher;
  const time = sinceSql(whenItWas(was, scope.now), within, scope.now);
  return existsSql(
    sql`select from vouchers a_voucher where ${vouchersMeant(voucher, scope)} and ${time}`,
    wanted,
  );
}

/** The vouchers it is about, whatever became of them, over the alias `a_voucher`. */
export function vouchersMeant(
  { step }: Extract<Condition, { kind: "voucher" }>,
  scope: Scope,
): RawBuilder<boolean> {
  return step === null
    ? sql`a_voucher.enrollment_id in (select their.id from enrollments their
          where their.customer_id = ${customerColumn(scope, "id")})`
    : sql`a_voucher.enrollment_id = ${sql.ref(`${passageOf(scope, `voucher ${step}`)}.id`)}
          and a_voucher.step = ${storable(step, "voucher step")}::text`;
}
