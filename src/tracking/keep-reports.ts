import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { ToldReport } from "./matching.ts";

/** Providers count in whole seconds, and their clocks are not ours. */
const clockDifference = "5 seconds";

/**
 * Writes reports down, each with the attempt it is about, and returns those that nobody had written down before. The
 * provider's id of the call decides; where it is not known, the last call before the report whose answer may have been lost,
 * else the last call before the report. What is about no message of a customer's keeps no words: nobody could find them again to
 * erase them.
 */
export async function keepNew(
  transaction: Database,
  told: readonly ToldReport[],
): Promise<ToldReport[]> {
  if (told.length === 0) return [];
  const { rows } = await sql<{ provider: string; eventId: string }>`
    insert into reports (provider, event_id, message_id, kind, at, code, detail, received_at, attempt)
    select told.provider, event_id, told.message_id, kind, at, told.code,
      case when told.message_id is not null then told.detail end, received_at,
      coalesce(about.number, (select nullif(attempts, 0) from messages where id = told.message_id))
    from unnest(${told.map((one) => one.provider)}::text[], ${told.map((one) => one.report.eventId)}::text[],
      ${told.map((one) => one.message?.id ?? null)}::bigint[], ${told.map((one) => one.report.kind)}::text[],
      ${told.map((one) => one.report.at)}::timestamptz[], ${told.map((one) => one.report.code)}::text[],
      ${told.map((one) => one.report.detail)}::text[], ${told.map((one) => one.receivedAt)}::timestamptz[],
      ${told.map((one) => one.report.receipt)}::text[])
      as told (provider, event_id, message_id, kind, at, code, detail, received_at, receipt)
    left join lateral (
      select number, made.receipt = told.receipt is true as named,
        told.receipt is not null and made.receipt is null and coalesce(outcome, 'unknown') = 'unknown' as unanswered
      from attempts made where made.message_id = told.message_id
        and (number = 1 or started_at < told.at + ${clockDifference}::interval or made.receipt = told.receipt)
      order by named desc, unanswered desc, number desc limit 1
    ) about on true
    order by told.provider, event_id
    on conflict do nothing
    returning provider, event_id as "eventId"`.execute(transaction);
  const kept = new Set(rows.map(({ provider, eventId }) => `${provider} ${eventId}`));
  return told.filter(({ provider, report }) => kept.has(`${provider} ${report.eventId}`));
}

/** The provider's own id, where its answer to the call never reached us. */
export async function keepReceipts(
  transaction: Database,
  fresh: readonly ToldReport[],
): Promise<void> {
  const named = fresh.filter(({ message, report }) => message !== null && report.receipt !== null);
  if (named.length === 0) return;
  await sql`
    update attempts set receipt = told.receipt
    from unnest(${named.map((one) => one.provider)}::text[], ${named.map((one) => one.report.eventId)}::text[],
        ${named.map((one) => one.report.receipt)}::text[]) as told (provider, event_id, receipt)
    join reports using (provider, event_id)
    where attempts.message_id = reports.message_id and attempts.number = coalesce(reports.attempt, 1) and attempts.receipt is null`.execute(
    transaction,
  );
}
