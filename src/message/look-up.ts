import { sql } from "kysely";
import type { Outcome, Provider, SentMessage } from "../channel/channel.ts";
import type { Database } from "../database/database.ts";

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

interface Asked {
  readonly id: string;
  readonly openedBy: string;
  readonly sent: SentMessage;
}

/**
 * Asks the provider about messages of unknown outcome, when it can tell. What it has becomes accepted; what it surely
 * has not becomes due again, which doubles nothing. They are asked about beside one another, a few chosen by lot: those
 * that nobody can tell anything about keep no other from its turn. Returns how many were resolved.
 */
export async function lookUpUnknown(database: Database, lookUp: LookUp): Promise<number> {
  if (lookUp.carrier.lookUp === undefined) return 0;
  const messages = await unknownMessages(database, lookUp);
  const resolved = await Promise.all(
    messages.map(async (message) => {
      const outcome = await ask(lookUp, message.sent);
      if (outcome?.kind !== "accepted" && outcome?.kind !== "later") return 0;
      await resolve(database, message, outcome, lookUp.now);
      return 1;
    }),
  );
  return resolved.reduce<number>((sum, count) => sum + count, 0);
}

/**
 * What was handed over is known by the hash that the attempt has: rendered once more, the message may read otherwise. The
 * hash stays back until the database's own clock says that the provider's list must be complete.
 */
async function unknownMessages(
  database: Database,
  { channel, carrier, limit, now }: LookUp,
): Promise<readonly Asked[]> {
  const { rows } = await sql<Omit<SentMessage, "to"> & Omit<Asked, "sent"> & { address: string }>`
    select m.id, m.claim_id as "openedBy", m.delivery_id as "deliveryId", m.address, coalesce(a.opened_at, m.sent_at) as "startedAt",
           case when a.opened_at < clock_timestamp() - ${patience}::interval then encode(a.text_sha256, 'hex') end as "textSha256"
    from messages m left join attempts a on a.message_id = m.id and a.number = m.attempts
    where m.needs = 'resolution' and m.class in ('transactional', 'marketing') and m.channel = ${channel} and m.provider = ${carrier.name} and m.address is not null
      and m.sent_at < ${now}::timestamptz - ${patience}::interval and m.sent_at > ${now}::timestamptz - interval '1 day'
    order by random() limit ${limit}`.execute(database);
  return rows.map(({ id, openedBy, address, ...sent }) => ({
    id,
    openedBy,
    sent: { ...sent, to: address },
  }));
}

/** Undefined also where the provider cannot be asked. */
async function ask(
  { carrier, deadlineMs, stopping }: LookUp,
  sent: SentMessage,
): Promise<Outcome | undefined> {
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), stopping]);
    return await carrier.lookUp?.(sent, signal);
  } catch {
    return undefined;
  }
}

async function resolve(
  database: Database,
  message: Pick<Asked, "id" | "openedBy">,
  outcome: Outcome,
  now: Date,
): Promise<void> {
  const accepted = outcome.kind === "accepted";
  await sql`
    with resolved as (
      update messages set state = ${accepted ? "accepted" : "retry"}, due_at = ${now}, reason = null, accepted_at = ${accepted ? now : null}
      where id = ${message.id} and claim_id = ${message.openedBy} and state = 'unknown' returning id, attempts
    )
    update attempts set receipt = coalesce(receipt, ${accepted ? outcome.receipt : null})
    from resolved where message_id = resolved.id and number = resolved.attempts`.execute(database);
}
