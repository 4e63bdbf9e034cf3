import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { NewRow, SuppressionsReason } from "../database/tables.ts";
import { type ErasureKey, type Secrets, findErasureKey } from "./erasure-key.ts";
import type { Relation } from "./people.ts";

/** An address that was a person's; `id` stands for the company's own id of them. */
export interface PersonalAddress {
  readonly channel: string;
  readonly address: string;
  readonly reason: SuppressionsReason;
}

/** What is left of addresses: that they must not get marketing, or what else stood against them. */
export async function rememberErased(
  transaction: Database,
  key: ErasureKey,
  addresses: readonly PersonalAddress[],
  now: Date,
): Promise<void> {
  await sql`
    insert into erased_addresses (hash, channel, reason, erased_at)
    select distinct on (1, 2) ${hashOf(sql`given.address`, key)}, given.channel, given.reason, ${now}::timestamptz
    from ${given(addresses)} order by 1, 2, given.reason = 'erased'
    on conflict (hash, channel) do update set erased_at = excluded.erased_at,
      reason = case when excluded.reason = 'erased' then erased_addresses.reason else excluded.reason end`.execute(
    transaction,
  );
}

/**
 * To be called for people who were just written, in the same transaction: an address of theirs that was erased is theirs to
 * see again, and is suppressed as it was, for marketing at least. Returns how many addresses that were.
 */
export async function suppressReturned(
  transaction: Database,
  secrets: Secrets | undefined,
  people: Relation,
): Promise<number> {
  const key = await findErasureKey(transaction, secrets);
  if (key === undefined) return 0;
  const { rows } = await sql<{ count: number }>`
    with people as materialized (${people}),
    other as (select distinct channel from erased_addresses where channel not in ('id', 'email', 'sms', 'whatsapp', 'phone')),
    given as (
      select array['email'] as channels, email as address from people where email is not null
      union select array['sms', 'whatsapp', 'phone'], phone from people where phone is not null
      union select array[channel], attributes ->> channel from people, other where attributes ->> channel is not null
    ), back as (
      delete from erased_addresses erased
      using (select channels, address, ${hashOf(sql`address`, key)} as hash from given) as given
      where erased.hash = given.hash and erased.channel = any(given.channels)
      returning erased.channel, given.address, erased.reason, erased.erased_at
    ), suppressed as (
      insert into suppressions (channel, address, reason, created_at) select * from back on conflict do nothing
    )
    select count(distinct address)::int as count from back`.execute(transaction);
  return rows[0]?.count ?? 0;
}

/** The suppressions that are not of erased addresses. Of those the reason is kept beside the hash, and the address nowhere. */
export async function withoutErased(
  transaction: Database,
  secrets: Secrets | undefined,
  suppressions: readonly NewRow<"suppressions">[],
): Promise<readonly NewRow<"suppressions">[]> {
  if (suppressions.length === 0) return suppressions;
  // To stop a text to a number is worth more than to hide the number.
  const key = await findErasureKey(transaction, secrets).catch(() => undefined);
  if (key === undefined) return suppressions;
  const { rows } = await sql<{ place: string }>`
    update erased_addresses erased set reason = case when erased.reason = 'erased' then given.reason else erased.reason end from ${given(suppressions)}
    where erased.hash = ${hashOf(sql`given.address`, key)} and erased.channel = given.channel
    returning given.place`.execute(transaction);
  const erased = new Set(rows.map(({ place }) => Number(place)));
  return suppressions.filter((_, index) => !erased.has(index + 1));
}

/** When whoever had this id, e-mail address or telephone number was erased. */
export async function findErasure(
  database: Database,
  secrets: Secrets,
  meant: string,
): Promise<Date | undefined> {
  const ownId = /^#?(\d{1,18})$/.exec(meant)?.[1] ?? null;
  const key = await findErasureKey(database, secrets);
  const byHash =
    key === undefined
      ? sql``
      : sql`union all select erased_at from erased_addresses where hash = ${hashOf(sql`${meant}::text`, key)}`;
  const { rows } = await sql<{ at: Date | null }>`
    select max(erased_at) as at from (
      select erased_at from erasures where customer_id = ${ownId}::bigint ${byHash}) found`.execute(
    database,
  );
  return rows[0]?.at ?? undefined;
}

/** Marketing may go to the address again, since its holder asked for it. Returns whether it had been erased. */
export async function letBack(
  database: Database,
  secrets: Secrets,
  address: string,
): Promise<boolean> {
  const key = await findErasureKey(database, secrets);
  if (key === undefined) return false;
  const { rows } = await sql`
    with kept as (
      delete from erased_addresses where hash = ${hashOf(sql`${address}::text`, key)} and channel <> 'id' and reason = 'erased' returning 1
    ), standing as (
      delete from suppressions where address = ${address} and reason = 'erased' returning 1
    )
    select from kept union all select from standing`.execute(database);
  return rows.length > 0;
}

function hashOf(text: RawBuilder<unknown>, { inner, outer }: ErasureKey): RawBuilder<Buffer> {
  return sql<Buffer>`keyed_hash(${text}, ${inner}::bytea, ${outer}::bytea)`;
}

function given(
  addresses: readonly Pick<NewRow<"suppressions">, "channel" | "address" | "reason">[],
): RawBuilder<unknown> {
  return sql`unnest(${addresses.map(({ channel }) => channel)}::text[], ${addresses.map(({ address }) => address)}::text[],
    ${addresses.map(({ reason }) => reason)}::text[]) with ordinality as given (channel, address, reason, place)`;
}
