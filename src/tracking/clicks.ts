import { sql } from "kysely";
import { untrustedTextOrNull } from "../channel/untrusted-text.ts";
import type { Database } from "../database/database.ts";
import { isHasty } from "./hasty.ts";
import { burstLinks, burstSeconds, isMachineClick, type Visit } from "./machine.ts";
import type { Tokens } from "./tokens.ts";

/** Somebody, or something, followed a link of a message. */
export interface Click {
  readonly deliveryId: string;
  readonly linkId: string;
  readonly at: Date;
  /** What the request alone told. */
  readonly machine: boolean;
  readonly userAgent: string | null;
}

/** One click by its token. Undefined for a token that is not ours, or a URL that no message ever linked to. */
export async function recordClick(
  database: Database,
  tokens: Tokens,
  click: Visit & { readonly token: string; readonly now: Date },
): Promise<{ readonly redirectTo: string } | undefined> {
  const content = tokens.read("click", click.token);
  if (typeof content?.linkId !== "string") return undefined;
  const [url] = await recordClicks(database, [
    {
      deliveryId: content.deliveryId,
      linkId: content.linkId,
      at: click.now,
      machine: isMachineClick(click),
      userAgent: click.userAgent,
    },
  ]);
  return url === undefined ? undefined : { redirectTo: new URL(url).href };
}

/**
 * Records clicks as made by people or by machines, and returns the URL of each (undefined when message or link do not
 * exist). A scanner is often known only by its third link: then its earlier clicks are counted as a machine's too, and
 * the message is no longer clicked.
 */
export async function recordClicks(
  database: Database,
  clicks: readonly Click[],
): Promise<(string | undefined)[]> {
  const deliveryIds = clicks.map((click) => click.deliveryId);
  return database.transaction().execute(async (transaction) => {
    // Scanners follow links in parallel: each must see the clicks of the others.
    await sql`select from messages where delivery_id = any(${deliveryIds}::uuid[]) order by id for no key update`.execute(
      transaction,
    );
    return writeClicks(transaction, clicks);
  });
}

/** The same, for a transaction that has locked the messages already. */
export async function writeClicks(
  transaction: Database,
  clicks: readonly Click[],
): Promise<(string | undefined)[]> {
  const { rows } = await sql<{ place: string; url: string }>`
    with given as (
      select * from unnest(
        ${clicks.map((click) => click.deliveryId)}::uuid[], ${clicks.map((click) => click.linkId)}::bigint[],
        ${clicks.map((click) => click.at)}::timestamptz[], ${clicks.map((click) => click.machine)}::boolean[],
        ${clicks.map((click) => untrustedTextOrNull(click.userAgent, [], 300))}::text[]
      ) with ordinality as given (delivery_id, link_id, at, machine, user_agent, place)
    ), made as (
      select given.place, message.id as message_id, given.link_id, link.url, given.at,
        case when message.customer_id is not null then given.user_agent end as user_agent,
        given.machine or ${isHasty(sql`given.at`, sql`message`)} as machine
      from given join messages message using (delivery_id) join links link on link.id = given.link_id
    ), near as (
      select message_id, link_id, at from made
      union all
      select earlier.message_id, earlier.link_id, earlier.at from clicks earlier
      where exists (select from made where made.message_id = earlier.message_id
        and earlier.at between made.at - ${burst} and made.at + ${burst})
    ), bursts as (
      select last.message_id, last.at
      from (select distinct message_id, at from near) last
      join near on near.message_id = last.message_id and near.at between last.at - ${burst} and last.at
      group by last.message_id, last.at
      having count(distinct near.link_id) >= ${burstLinks}
    ), recorded as (
      insert into clicks (message_id, link_id, at, machine, user_agent)
      select message_id, link_id, at, machine or exists (select from bursts
        where bursts.message_id = made.message_id and made.at between bursts.at - ${burst} and bursts.at), user_agent
      from made order by place
      returning message_id, at, machine
    ), found_out as (
      update clicks set machine = true from bursts
      where clicks.message_id = bursts.message_id and not clicks.machine and clicks.at between bursts.at - ${burst} and bursts.at
      returning clicks.id, clicks.message_id
    ), people as (
      select message_id, min(at) as at from (
        select message_id, at from recorded where not machine
        union all
        select message_id, at from clicks
        where not machine and message_id in (select message_id from found_out) and id not in (select id from found_out)
      ) human group by message_id
    ), corrected as (
      update messages set clicked_at = people.at
      from (select distinct message_id from found_out) found_out left join people using (message_id)
      where messages.id = found_out.message_id
    ), clicked as (
      update messages set clicked_at = people.at from people
      where messages.id = people.message_id and people.message_id not in (select message_id from found_out)
        and people.at < coalesce(messages.clicked_at, 'infinity')
    )
    select place, url from made`.execute(transaction);
  const urls = new Map(rows.map(({ place, url }) => [Number(place), url]));
  return clicks.map((_, index) => urls.get(index + 1));
}

const burst = sql`${burstSeconds} * interval '1 second'`;
