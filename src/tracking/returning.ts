import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { NewRow } from "../database/tables.ts";

/** A number whose holder wants texts again: START. */
export interface Returning {
  readonly channel: string;
  readonly address: string;
  readonly at: string;
}

/** START lifts what STOP did before it, and that the number's holder had been erased: no bounce, no complaint. */
export async function liftStops(
  transaction: Database,
  returning: readonly Returning[],
): Promise<void> {
  if (returning.length === 0) return;
  await sql`
    delete from suppressions stop
    using unnest(${returning.map((one) => one.channel)}::text[], ${returning.map((one) => one.address)}::text[],
      ${returning.map((one) => one.at)}::timestamptz[]) as start (channel, address, at)
    where stop.channel = start.channel and stop.address = start.address and stop.reason in ('unsubscribed', 'erased')
      and stop.created_at <= start.at`.execute(transaction);
}

/** A STOP that comes in after the START that followed it holds no more: the ledger of consent knows that START. */
export async function liftAnswered(
  transaction: Database,
  suppressions: readonly NewRow<"suppressions">[],
): Promise<void> {
  const stops = suppressions.filter(({ reason }) => reason === "unsubscribed");
  if (stops.length === 0) return;
  await sql`
    delete from suppressions stop
    using unnest(${stops.map((one) => one.channel)}::text[], ${stops.map((one) => one.address)}::text[]) as given (channel, address)
    where stop.channel = given.channel and stop.address = given.address and stop.reason = 'unsubscribed'
      and exists (select from customers customer join consents consent on consent.customer_id = customer.id
        where customer.phone = stop.address and consent.channel = stop.channel and consent.state = 'granted'
          and consent.method = 'sms_keyword' and consent.occurred_at > stop.created_at)`.execute(
    transaction,
  );
}
