import { type RawBuilder, sql } from "kysely";
import type { Condition } from "../journey/condition.ts";
import { passageOf } from "./answer-sql.ts";
import { eventsMeant } from "./event-sql.ts";
import { fieldOperand } from "./field.ts";
import { messagesMeant } from "./message-sql.ts";
import { jsonOperand } from "./operand.ts";
import { ordersMeant } from "./order-sql.ts";
import { answerOf } from "./reference-sql.ts";
import { customerColumn } from "./rows.ts";
import type { Scope } from "./scope.ts";
import { vouchersMeant } from "./voucher-sql.ts";

const nothing = sql`null::jsonb`;

/** What a test is made on, as jsonb: a field's value, how many rows there are and from when, the row that decides. */
export function seenSql(condition: Condition, scope: Scope): RawBuilder<unknown> {
  switch (condition.kind) {
    case "all":
    case "any":
    case "not":
    case "sql":
      return nothing;
    case "customer": {
      const { field } = condition;
      return sql`to_jsonb(${fieldOperand("customer", scope.customer ?? "customer", field, field).sql})`;
    }
    case "account": {
      const { sql: value } = fieldOperand(
        "account",
        "its_account",
        condition.field,
        condition.field,
      );
      return sql`(select to_jsonb(${value}) from accounts its_account where its_account.id = ${customerColumn(scope, "account_id")})`;
    }
    case "entry":
      return jsonOperand(entryOf(scope), condition.field, "entry").sql;
    case "answer":
      return jsonOperand(
        answerOf(condition.step, passageOf(scope, "call")),
        condition.field,
        "call",
      ).sql;
    case "event":
      return counted(eventsMeant(condition, scope), scope, sql.ref("an_event.occurred_at"));
    case "orders":
      return counted(
        ordersMeant(condition, scope),
        scope,
        sql.ref("an_order.ordered_at"),
        orderTotal,
      );
    case "segment":
      return membership(condition.name, scope);
    case "consent":
      return consent(condition, scope);
    case "message":
      return newestOf(messagesMeant(condition, scope), sql`messages a_message`, message);
    case "task":
      return newestOf(tasksMeant(condition.step, scope), sql`tasks a_task`, task);
    case "voucher":
      return newestOf(vouchersMeant(condition, scope), sql`vouchers a_voucher`, voucher);
  }
}

function entryOf({ entry, enrollment }: Scope): RawBuilder<unknown> {
  return entry ?? sql.ref(`${enrollment ?? "enrollment"}.entry`);
}

const orderTotal = sql`, 'total', coalesce(sum(an_order.total), 0), 'currencies', array_agg(distinct an_order.currency)`;

function counted(
  { from, customerId, where }: ReturnType<typeof eventsMeant>,
  scope: Scope,
  at: RawBuilder<unknown>,
  more: RawBuilder<unknown> = sql``,
): RawBuilder<unknown> {
  return sql`(select jsonb_build_object('count', count(*), 'first', min(${at}), 'last', max(${at})${more})
    from ${from} where ${customerId} = ${customerColumn(scope, "id")} and ${where})`;
}

/** The newest membership, over or not, and when the members were last worked out. */
function membership(name: string, scope: Scope): RawBuilder<unknown> {
  return sql`(select jsonb_build_object('entered_at', its.entered_at, 'left_at', its.left_at, 'refreshed_at', segments.refreshed_at)
    from segments left join lateral (
      select entered_at, left_at from segment_members a_member
      where a_member.segment_id = segments.id and a_member.customer_id = ${customerColumn(scope, "id")}
        and a_member.entered_at <= ${scope.now}
      order by entered_at desc limit 1) its on true
    where segments.name = ${name}::text)`;
}

/** The row of the consent log that decides. */
function consent(
  { channel, topic }: Extract<Condition, { kind: "consent" }>,
  scope: Scope,
): RawBuilder<unknown> {
  return sql`(select jsonb_build_object('state', state, 'channel', channel, 'topic', topic, 'occurred_at', occurred_at,
      'expires_at', expires_at, 'method', method)
    from consents where customer_id = ${customerColumn(scope, "id")} and occurred_at <= ${scope.now}
      and channel = any(${[channel, "*"]}::text[]) and topic = any(${[topic, "*"]}::text[])
    order by occurred_at desc, state desc, id desc limit 1)`;
}

interface Kind {
  readonly order: RawBuilder<unknown>;
  readonly shown: RawBuilder<unknown>;
}

const message: Kind = {
  order: sql`a_message.id`,
  shown: sql`jsonb_build_object('channel', a_message.channel, 'state', a_message.state, 'reason', a_message.reason,
    'sent_at', a_message.sent_at, 'delivered_at', a_message.delivered_at, 'opened_at', a_message.opened_at,
    'clicked_at', a_message.clicked_at, 'bounced_at', a_message.bounced_at, 'unsubscribed_at', a_message.unsubscribed_at)`,
};

const task: Kind = {
  order: sql`a_task.occurrence`,
  shown: sql`jsonb_build_object('outcome', a_task.outcome)`,
};

/** Never the code itself: who reads a trace need not spend it. */
const voucher: Kind = {
  order: sql`a_voucher.handed_out_at`,
  shown: sql`jsonb_build_object('handed_out_at', a_voucher.handed_out_at, 'redeemed_at', a_voucher.redeemed_at,
    'expires_at', nullif(a_voucher.expires_at, 'infinity'))`,
};

function newestOf(
  whose: RawBuilder<unknown>,
  from: RawBuilder<unknown>,
  { order, shown }: Kind,
): RawBuilder<unknown> {
  return sql`(select ${shown} from ${from} where ${whose} order by ${order} desc limit 1)`;
}

function tasksMeant(step: string, scope: Scope): RawBuilder<unknown> {
  return sql`a_task.enrollment_id = ${sql.ref(`${passageOf(scope, "task")}.id`)} and a_task.step = ${step}::text`;
}
