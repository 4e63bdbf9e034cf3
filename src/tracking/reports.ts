import { sql } from "kysely";
import { recordStatements, suppress } from "../customer/consent.ts";
import { withoutErased } from "../customer/erased-addresses.ts";
import type { Secrets } from "../customer/erasure-key.ts";
import type { Database } from "../database/database.ts";
import { faultPoint } from "../fault.ts";
import { recountVisits } from "./hasty.ts";
import { keepNew, keepReceipts } from "./keep-reports.ts";
import { suppressPlanned } from "./leaving.ts";
import { type GivenReport, matchReports, type ToldReport } from "./matching.ts";
import { liftAnswered, liftStops } from "./returning.ts";
import { recordReportedVisits } from "./reported-visits.ts";
import { effectsOf, type InboundText, type ReportEffects } from "./report-effects.ts";
import { type InboxEntry, endRequests, takeInbox } from "./report-inbox.ts";
import { restChannels } from "./rest-channels.ts";
import { type FreshReport, raiseStates, resolveAttempts } from "./report-state.ts";

export interface AppliedReports {
  /** Requests taken out of the inbox. */
  readonly requests: number;
  /** Reports in them that had not been seen before. */
  readonly reports: number;
  /** Texts from customers, each once: somebody may have to answer. */
  readonly texts: readonly InboundText[];
  /** Requests that could not be applied; they stay in the inbox. */
  readonly failed: readonly { readonly inboxId: string; readonly reason: unknown }[];
}

/**
 * Applies what lies in the inbox: every report once, in any order, whoever else does the same at the same time. Goes on
 * until `limit` requests are done or none is left. When a set cannot be applied, each request is tried by itself, so
 * that a strange one holds up no other.
 */
export async function applyReports(
  database: Database,
  now: Date,
  limit: number,
  secrets?: Secrets,
): Promise<AppliedReports> {
  let sum: AppliedReports = nothing;
  while (sum.requests < limit) {
    const from = { limit: limit - sum.requests, secrets };
    const some = await applySome(database, now, from).catch(() =>
      applyOneByOne(database, now, from),
    );
    sum = together(sum, some);
    if (some.requests === 0 || some.failed.length > 0) break;
  }
  return sum;
}

const nothing: AppliedReports = { requests: 0, reports: 0, texts: [], failed: [] };

function together(one: AppliedReports, other: AppliedReports): AppliedReports {
  return {
    requests: one.requests + other.requests,
    reports: one.reports + other.reports,
    texts: [...one.texts, ...other.texts],
    failed: [...one.failed, ...other.failed],
  };
}

interface Taking {
  readonly limit: number;
  readonly only?: readonly string[];
  readonly secrets: Secrets | undefined;
}

async function applyOneByOne(
  database: Database,
  now: Date,
  { limit, secrets }: Taking,
): Promise<AppliedReports> {
  const open = await database
    .selectFrom("report_inbox")
    .select("id")
    .where("applied_at", "is", null)
    .orderBy("id")
    .limit(limit)
    .execute();
  let sum = nothing;
  for (const { id } of open) {
    const one = await applySome(database, now, { limit: 1, only: [id], secrets }).catch(
      (reason: unknown): AppliedReports => ({ ...nothing, failed: [{ inboxId: id, reason }] }),
    );
    sum = together(sum, one);
  }
  return sum;
}

async function applySome(database: Database, now: Date, from: Taking): Promise<AppliedReports> {
  return database.transaction().execute(async (transaction) => {
    const entries = await takeInbox(transaction, from);
    const told = await matchReports(transaction, distinctReports(entries));
    await lockMessages(transaction, idsIn(told));
    const fresh = await keepNew(transaction, told);
    const effects = effectsOf(fresh);
    if (fresh.length > 0) {
      await raiseStates(transaction, fresh.flatMap(aboutMessage), now);
      await resolveAttempts(transaction, idsIn(fresh), now);
      await keepReceipts(transaction, fresh);
      await restChannels(transaction, fresh, now);
      await recordReportedVisits(transaction, fresh);
      await recountVisits(
        transaction,
        idsIn(fresh.filter(({ report }) => report.kind === "delivered")),
      );
      await carryOut(transaction, effects, now, from.secrets);
    }
    await faultPoint("report-apply");
    const done = entries.map(({ id }) => id);
    await endRequests(transaction, done, now);
    return { requests: entries.length, reports: fresh.length, texts: effects.texts, failed: [] };
  });
}

function distinctReports(entries: readonly InboxEntry[]): GivenReport[] {
  const distinct = new Map<string, GivenReport>();
  for (const { provider, receivedAt, reports } of entries) {
    for (const report of reports) {
      const key = `${provider} ${report.eventId}`;
      if (!distinct.has(key)) distinct.set(key, { provider, receivedAt, report });
    }
  }
  return [...distinct.values()];
}

function idsIn(told: readonly ToldReport[]): string[] {
  return [...new Set(told.flatMap(({ message }) => (message === null ? [] : [message.id])))];
}

function aboutMessage({ provider, report, message }: ToldReport): FreshReport[] {
  return message === null ? [] : [{ provider, eventId: report.eventId, messageId: message.id }];
}

/** Always in the order of their ids, and before anything else is written: two workers with the same reports queue up here. */
async function lockMessages(transaction: Database, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`select from messages where id = any(${ids}::bigint[]) order by id for no key update`.execute(
    transaction,
  );
}

async function carryOut(
  transaction: Database,
  effects: ReportEffects,
  now: Date,
  secrets: Secrets | undefined,
): Promise<void> {
  await suppress(transaction, await withoutErased(transaction, secrets, effects.suppressions));
  await recordStatements(transaction, effects.consents, now);
  await suppressPlanned(transaction, effects.leaving, now);
  await liftStops(transaction, effects.returning);
  await liftAnswered(transaction, effects.suppressions);
}
