import { isIP } from "node:net";
import { sql } from "kysely";
import { recordStatements } from "../customer/consent.ts";
import type { Database } from "../database/database.ts";
import { suppressPlanned } from "./leaving.ts";
import type { Tokens } from "./tokens.ts";

/** How far a customer leaves: the topic of the message on its channel, its whole channel, or all there is. */
export type LeavingScope = "topic" | "channel" | "everything";

export interface Unsubscribing {
  readonly token: string;
  /** `one_click` for the mail program's POST (RFC 8058), `preferences` for a button on our page. */
  readonly method: "one_click" | "preferences";
  readonly scope?: LeavingScope;
  readonly ip?: string | null;
  readonly now: Date;
}

export interface Unsubscribed {
  /** What was left; `*` is every one. */
  readonly channel: string;
  readonly topic: string;
  /** Whether the customer had left before, so that nothing was written. */
  readonly already: boolean;
}

/**
 * A customer leaves, by the token in a message. Withdraws consent in the ledger and suppresses what is planned, in one
 * transaction; doing it again changes nothing. Only ever call it for a POST: scanners follow links. Undefined for a
 * token that is not ours.
 */
export async function unsubscribe(
  database: Database,
  tokens: Tokens,
  wish: Unsubscribing,
): Promise<Unsubscribed | undefined> {
  const content = tokens.read("unsubscribe", wish.token);
  if (content === undefined) return undefined;
  return leave(database, { ...wish, deliveryId: content.deliveryId });
}

/**
 * The message a token was sent with, locked, so that two presses of one button wait for one another. It leads to whom its
 * customer was merged into meanwhile.
 */
export interface TokenMessage {
  readonly id: string;
  /** Null for somebody who was erased: nothing is written of them any more. */
  readonly customerId: string | null;
  readonly channel: string;
  readonly topic: string | null;
}

export async function lockMessage(
  transaction: Database,
  deliveryId: string,
): Promise<TokenMessage | undefined> {
  const { rows } = await sql<TokenMessage>`
    select m.id, coalesce(c.merged_into, c.id) as "customerId", m.channel, m.topic
    from messages m left join customers c on c.id = m.customer_id where m.delivery_id = ${deliveryId} for no key update of m`.execute(
    transaction,
  );
  return rows[0];
}

export async function leave(
  database: Database,
  wish: Omit<Unsubscribing, "token"> & { readonly deliveryId: string },
): Promise<Unsubscribed | undefined> {
  return database.transaction().execute(async (transaction) => {
    const message = await lockMessage(transaction, wish.deliveryId);
    if (message === undefined) return undefined;
    const left = leftBy(message, wish.scope ?? "topic");
    if (message.customerId === null) return { ...left, already: true };
    const already = await hasLeft(transaction, message.customerId, left);
    if (!already) {
      const { method, now, deliveryId } = wish;
      const withdrawal = {
        ...left,
        customer_id: message.customerId,
        state: "withdrawn" as const,
        method,
        source: `message ${deliveryId}`,
        ip: addressOf(wish.ip),
        occurred_at: now,
      };
      await recordStatements(transaction, [withdrawal], now);
    }
    await suppressPlanned(transaction, [{ customerId: message.customerId, ...left }], wish.now);
    await sql`update messages set unsubscribed_at = ${wish.now} where id = ${message.id} and unsubscribed_at is null`.execute(
      transaction,
    );
    return { ...left, already };
  });
}

/** What goes into the ledger: an address, or nothing. */
export function addressOf(ip: string | null | undefined): string | null {
  return ip !== null && ip !== undefined && isIP(ip) !== 0 ? ip : null;
}

function leftBy(message: TokenMessage, scope: LeavingScope): { channel: string; topic: string } {
  if (scope === "everything") return { channel: "*", topic: "*" };
  return { channel: message.channel, topic: scope === "topic" ? (message.topic ?? "*") : "*" };
}

/** Whether the ledger has this very withdrawal, and no later grant against it. */
async function hasLeft(
  transaction: Database,
  customerId: string,
  { channel, topic }: { channel: string; topic: string },
): Promise<boolean> {
  const { rows } = await sql`
    select from current_consents withdrawn
    where customer_id = ${customerId} and channel = ${channel} and topic = ${topic} and state = 'withdrawn'
      and not exists (select from current_consents granted
        where granted.customer_id = ${customerId} and granted.state = 'granted' and granted.occurred_at > withdrawn.occurred_at
          and (${channel} = '*' or granted.channel in (${channel}, '*'))
          and (${topic} = '*' or granted.topic in (${topic}, '*')))`.execute(transaction);
  return rows.length > 0;
}
