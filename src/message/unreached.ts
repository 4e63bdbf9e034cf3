import { type RawBuilder, sql } from "kysely";
import { isHeldOff } from "./permission.ts";

/**
 * Why none of the channels reaches the alias `customer`, in words that are the same for all whom the same keeps away: "no consent to
 * offers by email; no phone number". Of each channel what has to be mended first: that there is an address, that it may be used, and
 * then, since nothing else keeps a message from being planned, consent.
 */
export function whyUnreached(
  channels: readonly string[],
  topic: RawBuilder<string | null>,
  messageClass: RawBuilder<unknown>,
): RawBuilder<string> {
  return sql<string>`(
    select string_agg(cause, '; ' order by rank) from (
      select found.cause || coalesce(' ' || string_agg(found.on_channel, ' or ' order by lost.rank), '') as cause, min(lost.rank) as rank
      from unnest(${channels}::text[]) with ordinality as lost (channel, rank)
      cross join lateral address_on(lost.channel, customer.email, customer.phone, customer.attributes) as meant (address)
      left join suppressions stop on stop.channel = lost.channel and stop.address = meant.address and ${isHeldOff("stop", messageClass)}
      cross join lateral (select
        case
          when meant.address is null and lost.channel = 'email' then 'no e-mail address'
          when meant.address is null and lost.channel in ('sms', 'whatsapp', 'phone') then 'no phone number'
          when meant.address is null then 'no address for'
          when stop.reason is not null
            then lost.channel || ' address ' || case stop.reason when 'operator' then 'blocked' else stop.reason end
          else 'no consent to ' || coalesce(${topic}, 'anything') || ' by' end as cause,
        case when stop.reason is null and (meant.address is not null or lost.channel not in ('email', 'sms', 'whatsapp', 'phone'))
          then lost.channel end as on_channel
      ) as found
      group by found.cause
    ) as causes)`;
}
