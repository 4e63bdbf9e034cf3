import { sql } from "kysely";
import { recordStatements } from "../customer/consent.ts";
import type { Database } from "../database/database.ts";
import { suppressPlanned } from "./leaving.ts";
import type { Tokens } from "./tokens.ts";
import { addressOf, leave, lockMessage } from "./unsubscribe.ts";

/** What the preference page offers: channels by name, topics with their titles. */
export interface Offer {
  readonly channels: readonly string[];
  readonly topics: Readonly<Record<string, string>>;
}

export interface Preference {
  readonly channel: string;
  readonly topic: string;
  readonly granted: boolean;
}

export interface PreferencePage {
  readonly preferences: readonly (Preference & { readonly title: string })[];
}

/**
 * What the customer allows now, for each topic on each channel of the offer that can reach them. Changes nothing.
 * Undefined for a token that is not ours.
 */
export async function preferencesOf(
  database: Database,
  tokens: Tokens,
  token: string,
  offer: Offer,
  now: Date,
): Promise<PreferencePage | undefined> {
  const content = tokens.read("preferences", token);
  if (content === undefined) return undefined;
  const message = await database
    .selectFrom("messages")
    .leftJoin("customers", "customers.id", "messages.customer_id")
    .select((of) => of.fn.coalesce("customers.merged_into", "customers.id").as("customerId"))
    .where("delivery_id", "=", content.deliveryId)
    .executeTakeFirst();
  if (message === undefined) return undefined;
  const held = await heldPreferences(database, message.customerId, offer, now);
  return {
    preferences: held.map((one) => ({ ...one, title: offer.topics[one.topic] ?? one.topic })),
  };
}

export interface PreferenceWish {
  readonly token: string;
  /** The ticks of the page: what is not among them is not wanted. "nothing" leaves everything, also what is offered later. */
  readonly wanted: readonly Pick<Preference, "channel" | "topic">[] | "nothing";
  readonly ip?: string | null;
  readonly now: Date;
}

/**
 * Saves the preference page: what changed goes into the ledger, and what is planned against it is suppressed. Returns
 * how many preferences changed. Undefined for a token that is not ours.
 */
export async function savePreferences(
  database: Database,
  tokens: Tokens,
  offer: Offer,
  wish: PreferenceWish,
): Promise<{ readonly changed: number } | undefined> {
  const content = tokens.read("preferences", wish.token);
  if (content === undefined) return undefined;
  const { deliveryId } = content;
  if (wish.wanted !== "nothing") return saveTicks(database, deliveryId, offer, wish, wish.wanted);
  const { ip = null, now } = wish;
  const scope = "everything";
  const left = await leave(database, { deliveryId, method: "preferences", scope, ip, now });
  return left === undefined ? undefined : { changed: left.already ? 0 : 1 };
}

async function saveTicks(
  database: Database,
  deliveryId: string,
  offer: Offer,
  { ip, now }: PreferenceWish,
  wanted: readonly Pick<Preference, "channel" | "topic">[],
): Promise<{ readonly changed: number } | undefined> {
  return database.transaction().execute(async (transaction) => {
    const message = await lockMessage(transaction, deliveryId);
    if (message === undefined) return undefined;
    const { customerId } = message;
    if (customerId === null) return { changed: 0 };
    const held = await heldPreferences(transaction, customerId, offer, now);
    const changed = changedBy(held, wanted);
    await recordStatements(
      transaction,
      changed.map(({ channel, topic, granted }) => ({
        customer_id: customerId,
        channel,
        topic,
        state: granted ? ("granted" as const) : ("withdrawn" as const),
        method: "preferences",
        source: `message ${deliveryId}`,
        ip: addressOf(ip),
        occurred_at: now,
      })),
      now,
    );
    await liftErased(transaction, customerId, changed);
    const leaving = changed.filter(({ granted }) => !granted);
    await suppressPlanned(
      transaction,
      leaving.map(({ channel, topic }) => ({ customerId, channel, topic })),
      now,
    );
    return { changed: changed.length };
  });
}

/** Whose address had been erased, and who now wants messages on it, gets them. */
async function liftErased(
  transaction: Database,
  customerId: string,
  changed: readonly Preference[],
): Promise<void> {
  const channels = changed.flatMap(({ channel, granted }) => (granted ? [channel] : []));
  if (channels.length === 0) return;
  await sql`
    delete from suppressions erased using customers customer, unnest(${channels}::text[]) as channels (channel)
    where customer.id = ${customerId} and ${isErased}`.execute(transaction);
}

const isErased = sql`erased.channel = channels.channel and erased.reason = 'erased'
  and erased.address = address_on(channels.channel, customer.email, customer.phone, customer.attributes)`;

function changedBy(
  held: readonly Preference[],
  wanted: readonly Pick<Preference, "channel" | "topic">[],
): Preference[] {
  const ticks = new Set(wanted.map(({ channel, topic }) => JSON.stringify([channel, topic])));
  return held.flatMap(({ channel, topic, granted }) => {
    const wish = ticks.has(JSON.stringify([channel, topic]));
    return wish === granted ? [] : [{ channel, topic, granted: wish }];
  });
}

async function heldPreferences(
  database: Database,
  customerId: string | null,
  offer: Offer,
  now: Date,
): Promise<Preference[]> {
  const { rows } = await sql<Preference>`
    select channel, topic, coalesce(consent.granted, false) and not exists (select from suppressions erased
        where ${isErased}) as granted
    from unnest(${offer.channels}::text[]) with ordinality as channels (channel, channel_place)
    cross join unnest(${Object.keys(offer.topics)}::text[]) with ordinality as topics (topic, topic_place)
    join customers customer on customer.id = ${customerId}
      and address_on(channel, customer.email, customer.phone, customer.attributes) is not null
    left join lateral deciding_consent(customer.id, channel, topic, ${now}) as consent on true
    order by channel_place, topic_place`.execute(database);
  return rows;
}
