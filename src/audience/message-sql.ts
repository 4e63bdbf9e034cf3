import { type RawBuilder, sql } from "kysely";
import type { Condition, MessageWas } from "../journey/condition.ts";
import { storable } from "./bound-value.ts";
import { sinceSql } from "./moment-sql.ts";
import { refusal } from "./refusal.ts";
import { customerColumn, existsSql } from "./rows.ts";
import type { Scope } from "./scope.ts";

type OfMessage = Extract<Condition, { kind: "message" }>;

/**
 * When a message came to be so, null if it did not. opened_at and clicked_at are people's doing, never machines'; who
 * clicked has seen it, pictures blocked or not.
 */
const at: Readonly<Record<MessageWas, RawBuilder<unknown>>> = {
  sent: sql`coalesce(a_message.accepted_at, a_message.delivered_at)`,
  delivered: sql`a_message.delivered_at`,
  opened: sql`least(a_message.opened_at, a_message.clicked_at)`,
  clicked: sql`a_message.clicked_at`,
  bounced: sql`a_message.bounced_at`,
  unsubscribed: sql`a_message.unsubscribed_at`,
  failed: sql`case a_message.state when 'failed' then coalesce(a_message.sent_at, a_message.due_at) end`,
  suppressed: sql`case a_message.state when 'suppressed' then a_message.due_at end`,
};

/** What became of a message: of this enrollment where there is one, else of the journey named, in any passage through it. */
export function messageSql(message: OfMessage, scope: Scope, wanted: boolean): RawBuilder<boolean> {
  const happened = at[message.was];
  const time =
    message.within === null && scope.rewound !== true
      ? sql`${happened} is not null`
      : sinceSql(happened, message.within, scope.now);
  return existsSql(
    sql`select from messages a_message where ${messagesMeant(message, scope)} and ${time}`,
    wanted,
  );
}

/** The messages it is about, whatever became of them, over the alias `a_message`. */
export function messagesMeant(message: OfMessage, scope: Scope): RawBuilder<boolean> {
  const ofStep =
    message.step === null
      ? sql`true`
      : sql`a_message.step = ${storable(message.step, "message step")}::text`;
  return sql`${whose(message, scope)} and ${ofStep}`;
}

function whose(message: OfMessage, scope: Scope): RawBuilder<boolean> {
  if (message.journey === null && scope.enrollment !== undefined)
    return sql`a_message.enrollment_id = ${sql.ref(`${scope.enrollment}.id`)}`;
  const journey = message.journey ?? scope.journey;
  if (journey === undefined)
    throw refusal(
      `message ${message.step ?? message.was}`,
      "expected the journey whose message is meant, found none here. Add journey: <name>",
    );
  return sql`a_message.customer_id = ${customerColumn(scope, "id")}
    and a_message.journey_id = (select id from journeys where name = ${storable(journey, "message journey")}::text)`;
}
