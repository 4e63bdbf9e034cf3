import { sql } from "kysely";
import type { Outcome, Provider } from "../channel/channel.ts";
import type { Database } from "../database/database.ts";
import { type Composer, renderTracked } from "./compose.ts";
import { loadMessages } from "./details.ts";
import type { ClaimedMessage } from "./message.ts";

export interface LookUp {
  readonly channel: string;
  readonly carrier: Provider;
  readonly limit: number;
  readonly deadlineMs: number;
  readonly now: Date;
  readonly stopping: AbortSignal;
}

/** Time a provider needs before its own list can be trusted to be complete. */
const patience = "2 minutes";

/**
 * Asks the provider about messages of unknown outcome, when it can tell. What it has becomes accepted; what it surely
 * has not becomes due again, which doubles nothing. They are asked about beside one another, a few chosen by lot: those
 * that nobody can tell anything about keep no other from its turn. Returns how many were resolved.
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
    order by random() limit ${lookUp.limit}`.execute(database);
  const asked = new Map(rows.map((row) => [row.id, row]));
  const messages = await loadMessages(database, [...asked.keys()]);
  const resolved = await Promise.all(
    messages.map(async (message) => {
      const row = asked.get(message.id);
      const outcome = row && (await ask(composer, lookUp, message, row));
      if (outcome?.kind !== "accepted" && outcome?.kind !== "later") return 0;
      await resolve(database, message, outcome, now);
      return 1;
    }),
  );
  return resolved.reduce<number>((sum, count) => sum + count, 0);
}

/** Undefined also where the message cannot be rendered any more, to be compared with what the provider has. */
async function ask(
  composer: Composer,
  { carrier, deadlineMs, now, stopping }: LookUp,
  message: ClaimedMessage,
  { address, startedAt }: { readonly address: string; readonly startedAt: Date },
): Promise<Outcome | undefined> {
  try {
    const { text } = renderTracked(composer, message, now);
    const sent = { deliveryId: message.deliveryId, to: address, text, startedAt };
    const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), stopping]);
    return await carrier.lookUp?.(sent, signal);
  } catch {
    return undefined;
  }
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
