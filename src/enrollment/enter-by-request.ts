import { type Transaction, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { JsonObject } from "../customer/storable.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { writeDuration } from "../duration.ts";
import type { Again } from "../journey/journey.ts";
import { enter } from "./enter.ts";
import type { Moment } from "./enrollment.ts";
import { type Enrolling, findEnrolling } from "./version.ts";

/** A program asks to let a customer into a journey. */
export interface EntryRequest {
  readonly journey: string;
  /** The company's own id of the customer. */
  readonly customer: string;
  /** The same key again is the same request again. */
  readonly key: string;
  /** What it is about: the `entry` of conditions and templates. */
  readonly entry: JsonObject;
}

export type Requested =
  | {
      readonly kind: "entered";
      readonly enrollment: string;
      readonly enteredAt: Date;
      /** "holdout" or "global holdout" for a customer who is left alone. */
      readonly leftAlone: string | null;
    }
  | { readonly kind: "unknown journey" }
  | { readonly kind: "unknown customer" }
  /** The journey starts otherwise, is paused or archived, or does not let this customer in. */
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Lets one customer into a journey that starts by request. The key is the entry's own, so the same request is answered
 * the same however often it comes, also when the journey was paused in between.
 */
export function enterByRequest(
  database: Database,
  request: EntryRequest,
  moment: Moment,
): Promise<Requested> {
  return database.transaction().execute(async (transaction) => {
    const version = await findEnrolling(transaction, request.journey);
    if (version === undefined) return { kind: "unknown journey" };
    if (version.journey.start.kind !== "request")
      return refused(`it starts on its own, not by request (${version.journey.start.kind})`);
    const customer = await lockCustomer(transaction, request.customer);
    if (customer === undefined) return { kind: "unknown customer" };
    const earlier = await findEntered(transaction, version, customer, request);
    if (earlier !== undefined) return earlier;
    if (version.state !== "active") return refused(`it is ${version.state}`);
    await enter(transaction, version, entrant(version, customer, request, moment.now), moment);
    return (
      (await findEntered(transaction, version, customer, request)) ??
      refused(await reasonFor(transaction, version, customer, request, moment.now))
    );
  });
}

function refused(reason: string): Requested {
  return { kind: "refused", reason };
}

/** Locked, so that of two requests at once for a customer the second sees the first. */
async function lockCustomer(
  transaction: Transaction<Tables>,
  externalId: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from customers
    where id = coalesce((select id from customers where external_id = ${externalId}),
      (select customer_id from identities where kind = 'external_id' and value = ${externalId}))
    for no key update`.execute(transaction);
  return rows[0]?.id;
}

const keyOf = ({ key }: EntryRequest) => `request:${key}`;

async function findEntered(
  transaction: Transaction<Tables>,
  { journeyId }: Enrolling,
  customer: string,
  request: EntryRequest,
): Promise<Requested | undefined> {
  const row = await transaction
    .selectFrom("enrollments")
    .select(["id", "entered_at", "holdout", "reason"])
    .where("customer_id", "=", customer)
    .where("journey_id", "=", journeyId)
    .where("entry_key", "=", keyOf(request))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const leftAlone = row.holdout ? row.reason : null;
  return { kind: "entered", enrollment: row.id, enteredAt: row.entered_at, leftAlone };
}

function entrant(version: Enrolling, customer: string, request: EntryRequest, now: Date) {
  const entry = sql`${JSON.stringify(request.entry)}::jsonb`;
  return {
    from: sql`customers customer`,
    where: sql`customer.id = ${customer}::bigint and ${isWelcome(version, request, now)}`,
    key: sql<string>`${keyOf(request)}::text`,
    keepsKey: true,
    entry,
    enteredAt: sql<Date>`${now}::timestamptz`,
    owedAt: null,
  };
}

function isWelcome({ journey }: Enrolling, request: EntryRequest, now: Date) {
  if (journey.start.if === null) return sql<boolean>`true`;
  const entry = sql`${JSON.stringify(request.entry)}::jsonb`;
  const scope = { now, entry, journey: journey.name, customers: "few" } as const;
  return conditionSql(journey.start.if, scope);
}

async function reasonFor(
  transaction: Transaction<Tables>,
  version: Enrolling,
  customer: string,
  request: EntryRequest,
  now: Date,
): Promise<string> {
  const { rows } = await sql<{ is_welcome: boolean | null }>`
    select ${isWelcome(version, request, now)} as is_welcome from customers customer where customer.id = ${customer}::bigint`.execute(
    transaction,
  );
  return rows[0]?.is_welcome === true
    ? ruleOf(version.journey.start.again)
    : "the customer does not meet its condition (if)";
}

function ruleOf(again: Again): string {
  return again.kind === "after"
    ? `the customer is inside, or was let in less than ${writeDuration(again.after)} ago (again: after ${writeDuration(again.after)})`
    : "the customer has been let in before (again: never)";
}
