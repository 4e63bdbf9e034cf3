import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Report, ReportsRead } from "../channel/channel.ts";
import { deliveryIdOf } from "../channel/delivery-id.ts";
import { untrustedTextOrNull } from "../channel/untrusted-text.ts";
import type { Database } from "../database/database.ts";
import type { Forgettable } from "../database/forget.ts";

/** A report as it lies in the inbox: bounded, and fit for every column it will reach. */
export interface KeptReport extends Omit<Report, "at"> {
  readonly at: string;
}

/** What one request of a provider brought. */
export interface InboxEntry {
  readonly id: string;
  readonly provider: string;
  readonly reports: readonly KeptReport[];
  readonly receivedAt: Date;
}

/**
 * Puts what a provider reported into the inbox; once this has returned it is committed, and the provider may be told
 * so. Whatever a provider's plugin made of the request, what is kept can be applied.
 */
export async function receiveReports(
  database: Database,
  provider: string,
  read: Pick<ReportsRead & { kind: "read" }, "reports" | "unread">,
  now: Date,
): Promise<string> {
  const reports = read.reports.map((report) => keep(report, now));
  const unread = read.unread.slice(0, 100).map((why) => untrustedTextOrNull(why) ?? "");
  const { id } = await database
    .insertInto("report_inbox")
    .values({
      provider,
      received_at: now,
      reports: JSON.stringify(reports),
      unread: JSON.stringify(unread),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * Takes requests that are still to be applied, oldest first; those another worker has in hand are passed over. How many fit
 * is counted first, along the index: no more are locked than are taken, however many wait.
 */
export async function takeInbox(
  transaction: Database,
  from: { readonly limit: number; readonly only?: readonly string[] },
): Promise<InboxEntry[]> {
  const only = from.only === undefined ? sql`` : sql`and id = any(${from.only}::bigint[])`;
  const open = sql`select id, size from report_inbox where applied_at is null ${only}`;
  const { rows } = await sql<InboxEntry>`
    with recursive fitting as (
      select id, size as total, 1 as place from (${open} order by id limit 1) first
      union all
      select next.id, total + next.size, place + 1
      from fitting cross join lateral (${open} and id > fitting.id order by id limit 1) next
      where place < ${from.limit} and total + next.size <= ${mostReports}
    ), taken as materialized (
      select id, provider, reports, received_at, size from report_inbox
      where applied_at is null ${only} order by id limit (select count(*) from fitting) for update skip locked
    )
    select id, provider, reports, received_at as "receivedAt" from (
      select taken.*, row_number() over in_order as place, sum(size) over in_order as total
      from taken window in_order as (order by id)) counted
    where place = 1 or total <= ${mostReports}
    order by id`.execute(transaction);
  return rows;
}

/** Ends requests as applied. What they told is where it belongs, and what of a person can be erased there: here it is no more. */
export async function endRequests(
  transaction: Database,
  ids: readonly string[],
  now: Date,
): Promise<void> {
  await sql`
    update report_inbox set applied_at = ${now}, reports = '[]' where id = any(${ids}::bigint[])`.execute(
    transaction,
  );
}

/** Requests that were applied. */
export const appliedRequests: Forgettable = {
  table: "report_inbox",
  key: "id",
  at: "applied_at",
  only: () => sql`applied_at is not null`,
};

/** A request may bring thousands of reports, and a transaction should be short. The first request is always taken. */
const mostReports = 2_000;

function keep(report: Report, now: Date): KeptReport {
  const { at, from } = report;
  return {
    eventId: eventIdOf(report),
    deliveryId: deliveryIdOf(report.deliveryId),
    receipt: untrustedTextOrNull(report.receipt, [], 200),
    kind: report.kind,
    because: report.because,
    at: (Number.isNaN(at.getTime()) ? now : at).toISOString(),
    from: untrustedTextOrNull(from, [], 100),
    code: untrustedTextOrNull(report.code, [], 100),
    detail: untrustedTextOrNull(report.detail, [], 1600),
    url: untrustedTextOrNull(report.url, [], 8000),
    machine: report.machine,
  };
}

/** An id too long or too strange for an index becomes its digest, the same every time it comes. */
function eventIdOf(report: Report): string {
  if (/^[\x21-\x7e]{1,300}$/.test(report.eventId)) return report.eventId;
  const said = report.eventId === "" ? JSON.stringify(report) : report.eventId;
  return `sha256:${createHash("sha256").update(said).digest("base64url")}`;
}
