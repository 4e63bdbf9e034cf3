import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { KeptReport } from "./report-inbox.ts";

/** A report, and what of ours it is about. */
export interface ToldReport extends GivenReport {
  /** For a text from a customer: the last message that was sent to that number. */
  readonly message: ReportedMessage | null;
  /** For a text from a customer: everybody with that number. */
  readonly writers: readonly string[];
}

export interface ReportedMessage {
  readonly id: string;
  readonly deliveryId: string;
  readonly customerId: string;
  readonly channel: string;
  readonly address: string | null;
}

export interface GivenReport {
  readonly provider: string;
  readonly receivedAt: Date;
  readonly report: KeptReport;
}

const texts: ReadonlySet<string> = new Set(["opt_out", "opt_in", "help", "reply"]);

export function isText(report: KeptReport): boolean {
  return texts.has(report.kind) && report.from !== null;
}

/** The channel and the number a text came from. Twilio writes `whatsapp:+44…`. */
export function originOf(report: KeptReport): { readonly channel: string; readonly phone: string } {
  const from = report.from ?? "";
  return from.startsWith("whatsapp:")
    ? { channel: "whatsapp", phone: from.slice("whatsapp:".length) }
    : { channel: "sms", phone: from };
}

/** Finds the message of each report, by our delivery id or else by the provider's receipt, and the writers of each text. */
export async function matchReports(
  database: Database,
  given: readonly GivenReport[],
): Promise<ToldReport[]> {
  const messages = await findMessages(database, given);
  const inbound = given.filter(({ report }) => isText(report));
  const writers = await findWriters(database, inbound);
  return given.map((one) => {
    const written = writers.get(one.report);
    return {
      ...one,
      message: messages.get(one.report) ?? written?.message ?? null,
      writers: written?.customers ?? [],
    };
  });
}

async function findMessages(
  database: Database,
  given: readonly GivenReport[],
): Promise<Map<KeptReport, ReportedMessage>> {
  const { rows } = await sql<ReportedMessage & { place: string }>`
    select given.place, message.id, message.delivery_id as "deliveryId", coalesce(customer.merged_into, customer.id) as "customerId", message.channel, message.address
    from unnest(${given.map((one) => one.provider)}::text[], ${given.map((one) => one.report.deliveryId)}::uuid[],
      ${given.map((one) => one.report.receipt)}::text[]) with ordinality as given (provider, delivery_id, receipt, place)
    cross join lateral (
      select 1 as preference, * from messages where delivery_id = given.delivery_id
      union all
      select 2, messages.* from attempts made join messages on messages.id = made.message_id
      where made.receipt = given.receipt and made.provider = given.provider
      order by preference limit 1
    ) message
    join customers customer on customer.id = message.customer_id`.execute(database);
  return new Map(rows.flatMap(({ place, ...message }) => paired(given, place, message)));
}

interface Writers {
  readonly customers: readonly string[];
  readonly message: ReportedMessage | null;
}

async function findWriters(
  database: Database,
  inbound: readonly GivenReport[],
): Promise<Map<KeptReport, Writers>> {
  if (inbound.length === 0) return new Map();
  const origins = inbound.map(({ report }) => originOf(report));
  const { rows } = await sql<Writers & { place: string }>`
    select given.place, array_agg(customer.id::text order by customer.id) as customers,
      (array_agg(last.message order by last.sent_at desc) filter (where last.message is not null))[1] as message
    from unnest(${origins.map(({ phone }) => phone)}::text[], ${origins.map(({ channel }) => channel)}::text[],
      ${inbound.map(({ report }) => report.at)}::timestamptz[]) with ordinality as given (phone, channel, at, place)
    join customers customer on customer.phone = given.phone
    left join lateral (
      select sent_at, jsonb_build_object('id', id::text, 'deliveryId', delivery_id, 'customerId', customer_id::text,
        'channel', channel, 'address', address) as message
      from messages
      where customer_id = customer.id and channel = given.channel and sent_at <= given.at
      order by sent_at desc limit 1
    ) last on true
    group by given.place`.execute(database);
  return new Map(rows.flatMap(({ place, ...writers }) => paired(inbound, place, writers)));
}

function paired<T>(given: readonly GivenReport[], place: string, value: T): [KeptReport, T][] {
  const report = given[Number(place) - 1]?.report;
  return report === undefined ? [] : [[report, value]];
}
