import { sql } from "kysely";
import { untrustedTextOrNull } from "../channel/untrusted-text.ts";
import type { Database } from "../database/database.ts";
import { isHasty } from "./hasty.ts";
import { isMachineOpen, type Visit } from "./machine.ts";
import type { Tokens } from "./tokens.ts";

export interface Open {
  readonly deliveryId: string;
  readonly at: Date;
  /** What the request alone told. */
  readonly machine: boolean;
  readonly userAgent: string | null;
}

/** The image in a message was loaded. False for a token that is not ours. */
export async function recordOpen(
  database: Database,
  tokens: Tokens,
  open: Visit & { readonly token: string; readonly now: Date },
): Promise<boolean> {
  const content = tokens.read("open", open.token);
  if (content === undefined) return false;
  const { deliveryId } = content;
  const machine = isMachineOpen(open);
  return (
    (await recordOpens(database, [
      { deliveryId, at: open.now, machine, userAgent: open.userAgent },
    ])) > 0
  );
}

/**
 * Records opens as made by people or by machines; returns how many belong to a message. Opens are no evidence that
 * somebody read (Apple loads every image of every message): they are counted, and nothing should be decided by them.
 */
export async function recordOpens(database: Database, opens: readonly Open[]): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    with given as (
      select * from unnest(
        ${opens.map((open) => open.deliveryId)}::uuid[], ${opens.map((open) => open.at)}::timestamptz[],
        ${opens.map((open) => open.machine)}::boolean[],
        ${opens.map((open) => untrustedTextOrNull(open.userAgent, [], 300))}::text[]
      ) as given (delivery_id, at, machine, user_agent)
    ), recorded as (
      insert into opens (message_id, at, machine, user_agent)
      select message.id, given.at, given.machine or ${isHasty(sql`given.at`, sql`message`)}, case when message.customer_id is not null then given.user_agent end
      from given join messages message using (delivery_id)
      returning message_id, at, machine
    ), opened as (
      update messages set opened_at = people.at
      from (select message_id, min(at) as at from recorded where not machine group by message_id) people
      where messages.id = people.message_id and people.at < coalesce(messages.opened_at, 'infinity')
    )
    select count(*) from recorded`.execute(database);
  return Number(rows[0]?.count ?? 0);
}
