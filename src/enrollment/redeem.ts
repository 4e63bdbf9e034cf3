import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { blame } from "./blame.ts";
import type { Heard } from "./hear.ts";
import type { PendingEvent } from "./pending-event.ts";
import { nobodysEvent } from "./plain-listener.ts";
import { sparing } from "./spare.ts";

/**
 * Marks the vouchers whose use the events tell of, before any journey reacts to them. Which event that is, and where it
 * holds the code, is the pool's. A code that was used without being handed out is handed out no more. An event for which
 * that fails is dead for the vouchers alone.
 */
export async function redeemByEvents(
  transaction: Kysely<Tables>,
  events: readonly PendingEvent[],
  now: Date,
): Promise<Heard> {
  const [first] = events;
  if (first === undefined) return { effects: [], dead: [], isExhausted: false };
  const trial = {
    own: () => redeem(transaction, [nobodysEvent(first.name, now)]),
    // Nothing of it is what journeys need.
    plain: () => Promise.resolve(),
  };
  const { culprits, untried } = await sparing(
    transaction,
    { name: "vouchers", blame: () => blame(transaction, trial) },
    events,
    (those) => redeem(transaction, those),
  );
  const dead = culprits.map(({ member: event, reason }) => ({ event, version: null, reason }));
  return { effects: [], dead, isExhausted: untried.length > 0 };
}

async function redeem(transaction: Kysely<Tables>, events: readonly PendingEvent[]): Promise<void> {
  await sql`
    update vouchers voucher set redeemed_at = used.occurred_at, redeemed_event_id = used.id
    from (
      select event.id, event.occurred_at, pool.name as pool,
        coalesce(event.properties ->> pool.property, event.properties #>> string_to_array(pool.property, '.')) as code
      from unnest(${events.map((event) => event.event_id)}::bigint[], ${events.map((event) => event.name)}::text[],
        ${events.map((event) => event.occurred_at)}::timestamptz[], ${events.map((event) => event.properties)}::jsonb[])
        as event (id, name, occurred_at, properties)
      join voucher_pools pool on pool.redeemed_by = event.name
    ) as used
    where voucher.pool = used.pool and voucher.code = used.code and voucher.redeemed_at is null`.execute(
    transaction,
  );
}
