import { sql } from "kysely";
import { customerTimeline } from "../customer/timeline.ts";
import type { Database } from "../database/database.ts";
import type { Row, SuppressionsReason } from "../database/tables.ts";
import { enrollmentsOf } from "../enrollment/enrollments-of.ts";
import { WaypostError } from "../errors.ts";
import type { Page } from "./page.ts";
import type { Site } from "./site.ts";
import { timelineLine } from "./timeline-line.ts";

const onePage = 50;

/** One customer: who they are, what they allow, where they are in journeys, and all that happened. */
export async function customerPage(
  { engine }: Site,
  id: string,
  query: Readonly<Record<string, unknown>>,
): Promise<Page> {
  const { database } = engine;
  const customer = await getCustomer(database, id);
  const before = readBefore(query["before"]);
  const [orders, consents, suppressions, enrollments, segments, timeline] = await Promise.all([
    ordersOf(database, customer.id),
    consentsOf(database, customer.id),
    suppressionsOf(database, customer),
    enrollmentsOf(database, customer.id),
    segmentsOf(database, customer.id),
    customerTimeline(database, customer.id, { limit: onePage + 1, before }),
  ]);
  const shown = timeline.slice(0, onePage);
  const last = timeline.length > onePage ? shown.at(-1) : undefined;
  const model = {
    name: nameOf(customer),
    customer,
    profile: profileOf(customer),
    orders,
    consents,
    suppressions,
    enrollments: enrollments.slice(0, onePage),
    segments,
    timeline: shown.map(timelineLine),
    isFirst: before === undefined,
    older: last === undefined ? null : `?before=${encodeURIComponent(last.at.toISOString())}`,
  };
  return { view: "customer", title: model.name.slice(0, 60), model };
}

/** What to call a customer on a screen. */
export function nameOf(customer: Row<"customers">): string {
  const name = [customer.first_name, customer.last_name].filter(Boolean).join(" ");
  return name === "" ? (customer.email ?? customer.external_id ?? `Customer ${customer.id}`) : name;
}

export async function getCustomer(database: Database, id: string): Promise<Row<"customers">> {
  const found = /^\d{1,18}$/.test(id)
    ? await database.selectFrom("customers").selectAll().where("id", "=", id).executeTakeFirst()
    : undefined;
  if (found !== undefined) return found;
  throw new WaypostError(
    "WAYPOST_NOT_FOUND",
    "There is no such customer. They may have been erased, or merged with another, since the link was made.",
  );
}

function readBefore(given: unknown): Date | undefined {
  const instant = typeof given === "string" ? new Date(given) : undefined;
  return instant === undefined || Number.isNaN(instant.getTime()) ? undefined : instant;
}

/** What is known, in the order a person asks; own fields last. */
function profileOf(customer: Row<"customers">) {
  const known = [
    ["E-mail", customer.email],
    ["Telephone", customer.phone],
    ["Your id", customer.external_id],
    ["City", [customer.postcode, customer.city].filter(Boolean).join(" ")],
    ["Country", customer.country],
    ["Language", customer.locale],
    ["Time zone", customer.zone],
    ["Birthday", customer.birthday],
    ...Object.entries(customer.attributes as Record<string, unknown>).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ];
  return known.flatMap(([label, value]) =>
    value === null || value === undefined || value === "" ? [] : [{ label, value }],
  );
}

/** What they bought, in the currency of most of it. */
async function ordersOf(database: Database, customerId: string) {
  const { rows } = await sql<{ count: number; total: string; currency: string; last: Date }>`
    select count(*)::int as count, sum(total) as total, currency, max(ordered_at) as last
    from orders where customer_id = ${customerId} and status = 'completed'
    group by currency order by count(*) desc limit 1`.execute(database);
  return rows[0] ?? null;
}

function consentsOf(database: Database, customerId: string) {
  return database
    .selectFrom("current_consents as current")
    .innerJoin("consents", "consents.id", "current.consent_id")
    .select([
      "current.channel",
      "current.topic",
      "current.state",
      "current.expires_at as expiresAt",
      "current.occurred_at as occurredAt",
      "consents.method",
    ])
    .where("current.customer_id", "=", customerId)
    .orderBy("current.occurred_at", "desc")
    .execute();
}

interface SuppressedAddress {
  readonly channel: string;
  readonly address: string;
  readonly reason: SuppressionsReason;
  readonly detail: string | null;
  readonly createdAt: Date;
}

async function suppressionsOf(
  database: Database,
  { id }: Row<"customers">,
): Promise<readonly SuppressedAddress[]> {
  const { rows } = await sql<SuppressedAddress>`
    select s.channel, s.address, s.reason, s.detail, s.created_at as "createdAt"
    from customers c join suppressions s on s.address = any(array[c.email, c.phone])
      or s.address = c.attributes ->> s.channel
    where c.id = ${id}`.execute(database);
  return rows;
}

async function segmentsOf(database: Database, customerId: string) {
  return database
    .selectFrom("segment_members as member")
    .innerJoin("segments", "segments.id", "member.segment_id")
    .select(["segments.name", "member.entered_at as enteredAt"])
    .where("member.customer_id", "=", customerId)
    .where("member.left_at", "is", null)
    .where("segments.removed_at", "is", null)
    .orderBy("segments.name")
    .execute();
}
