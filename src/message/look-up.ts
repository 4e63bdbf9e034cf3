import { sql } from "kysely";
import type { Outcome, Provider, SentMessage } from "../channel/channel.ts";
import type { Database } from "../database/database.ts";
import { type Composer, renderTracked } from "./compose.ts";
import { loadMessages } from "./details.ts";

export interface LookUp {
  readonly channel: string;
  readonly carrier: Provider;
  readonly limit: number;
  readonly deadlineMs: number;
  readonly now: Date;
}

/** Time a provider needs before its own list can be trusted to be complete. */
const patience = "2 minutes";

/**
 * Asks the provider about messages of unknown outcome, when it can tell. What it has becomes accepted; what it surely
 * has not becomes due again, which doubles nothing. Returns how many were resolved.
 */
export async function lookUpUnknown(
  database: Database,
  composer: Composer,
  lookUp: LookUp,
): Promise<number> {
  const { channel, carrier, now } = lookUp;
  if (carrier.lookUp === undefined) return 0;
  const { rows } = await sql<{ id: string; address: string; startedAt: Date }>`
    select id, address, sent_at as "startedAt" from messages
    where state = 'unknown' and channel = ${channel} and provider = ${carrier.name} and address is not null
      and sent_at < ${now}::timestamptz - ${patience}::interval and sent_at > ${now}::timestamptz - interval '1 day'
    order by sent_at limit ${lookUp.limit}`.execute(database);
  const asked = new Map(rows.map((row) => [row.id, row]));
  let resolved = 0;
  for (const message of await loadMessages(database, [...asked.keys()])) {
    const row = asked.get(message.id);
    if (row === undefined) continue;
    const { text } = renderTracked(composer, message, now);
    const outcome = await ask(lookUp, {
      deliveryId: message.deliveryId,
      to: row.address,
      text,
      startedAt: row.startedAt,
    });
    if (outcome?.kind !== "accepted" && outcome?.kind !== "later") continue;
    await resolve(database, message, outcome, now);
    resolved++;
  }
  return resolved;
}

async function ask(
  { carrier, deadlineMs }: LookUp,
  message: SentMessage,
): Promise<Outcome | undefined> {
  return carrier.lookUp?.(message, AbortSignal.timeout(deadlineMs)).catch(() => undefined);
}

async function resolve(
  database: Database,
  message: { id: string; fence: string },
  outcome: Outcome,
  now: Date,
): Promise<void> {
  const accepted = outcome.kind === "accepted";
  await sql`
    update messages set state = ${accepted ? "accepted" : "retry"}, due_at = ${now}, reason = null,
      receipt = coalesce(receipt, ${accepted ? outcome.receipt : null}), accepted_at = ${accepted ? now : null}
    where id = ${message.id} and fence = ${message.fence} and state = 'unknown'`.execute(database);
}
