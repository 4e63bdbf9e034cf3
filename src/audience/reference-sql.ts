import { type RawBuilder, sql } from "kysely";
import type { Reference } from "../journey/journey.ts";
import { storable } from "./bound-value.ts";
import { fieldOperand } from "./field.ts";
import { type JsonOperand, jsonOperand } from "./operand.ts";
import { refusal } from "./refusal.ts";

/** The aliases a reference leans on in the statement around it. */
export interface Within {
  readonly customer: string;
  readonly enrollment: string;
}

/** What a reference leads to, as JSON; SQL null where it leads nowhere. */
export function referenceOperand(reference: Reference, within: Within): JsonOperand {
  const [subject, rest] = divided(reference);
  switch (subject) {
    case "entry":
      return jsonOperand(sql.ref(`${within.enrollment}.entry`), rest, reference);
    case "customer":
      return customerOperand(rest, within, reference);
    case "call": {
      const [step, path] = divided(rest);
      return jsonOperand(answerOf(step, within.enrollment), path, reference);
    }
    case "voucher":
      return voucherOperand(rest, within, reference);
    default:
      throw refusal(
        reference,
        "expected entry.<property>, customer.<field>, call.<step>.<path> or voucher.code",
      );
  }
}

/** What a call step of the enrollment was last answered, as a jsonb expression. */
export function answerOf(step: string, enrollment: string): RawBuilder<unknown> {
  return sql`(select a_call.answer from calls a_call
    where a_call.enrollment_id = ${sql.ref(`${enrollment}.id`)} and a_call.step = ${storable(step, "call")}::text
    order by a_call.occurrence desc limit 1)`;
}

function customerOperand(field: string, { customer }: Within, place: string): JsonOperand {
  const operand = fieldOperand("customer", customer, field, place);
  if (operand.kind === "json") return operand;
  return { kind: "json", sql: sql`to_jsonb(${operand.sql})`, text: sql`${operand.sql}::text` };
}

function voucherOperand(field: string, { enrollment }: Within, place: string): JsonOperand {
  if (field !== "code" && field !== "expires_at")
    throw refusal(place, "expected voucher.code or voucher.expires_at");
  const newest = (column: RawBuilder<unknown>) => sql`(select ${column} from vouchers a_voucher
    where a_voucher.enrollment_id = ${sql.ref(`${enrollment}.id`)}
    order by a_voucher.handed_out_at desc, a_voucher.code limit 1)`;
  // A code that does not expire does so at infinity, which is no date to show.
  const column =
    field === "code" ? sql`a_voucher.code` : sql`nullif(a_voucher.expires_at, 'infinity')`;
  return {
    kind: "json",
    sql: newest(sql`to_jsonb(${column})`),
    text: newest(sql`${column}::text`),
  };
}

function divided(path: string): readonly [string, string] {
  const dot = path.indexOf(".");
  return dot === -1 ? [path, ""] : [path.slice(0, dot), path.slice(dot + 1)];
}
