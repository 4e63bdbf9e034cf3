import { sql } from "kysely";
import { untrustedTextOrNull } from "../channel/untrusted-text.ts";
import type { WebhookOutcome } from "../channel/webhook.ts";
import type { Database } from "../database/database.ts";
import { retryDelayMs } from "../message/retry-delay.ts";

/** A call this worker holds. Its address, method and headers are the step's. */
export interface ClaimedCall {
  readonly id: string;
  readonly callId: string;
  readonly fence: string;
  readonly enrollmentId: string;
  readonly step: {
    readonly url: string;
    readonly method: "POST" | "PUT" | "GET";
    readonly headers: Readonly<Record<string, string>>;
  };
  /** JSON, as it was first sent. */
  readonly body: string | null;
  readonly attempts: number;
  readonly expiresAt: Date;
}

/** Takes up to `limit` due calls, the longest due first. Two workers never get the same. Those of paused journeys stay. */
export async function claimCalls(
  database: Database,
  { now, limit, leaseSeconds }: { now: Date; limit: number; leaseSeconds: number },
): Promise<readonly ClaimedCall[]> {
  const { rows } = await sql<ClaimedCall>`
    with due as (
      select id from calls
      where state in ('planned', 'retry') and due_at <= ${now} and expires_at > ${now}
        and journey_id not in (select id from journeys where state = 'paused')
      order by due_at
      limit ${limit}
      for update skip locked
    )
    update calls set state = 'claimed', fence = fence + 1, attempts = attempts + 1,
      lease_until = clock_timestamp() + ${leaseSeconds} * interval '1 second'
    from due, journey_versions version
    where calls.id = due.id and version.id = calls.version_id
    returning calls.id, calls.call_id as "callId", calls.fence, calls.enrollment_id as "enrollmentId",
      version.definition -> 'steps' -> calls.step as step, calls.body::text as body, calls.attempts,
      calls.expires_at as "expiresAt"`.execute(database);
  return rows;
}

export interface CallSettled {
  readonly call: ClaimedCall;
  readonly outcome: WebhookOutcome;
}

/**
 * Records what came of calls, guarded by the fence, and sends the enrollments on whose call is over. Enrollments are
 * locked first, as the engine does that moves them. Returns how many go on.
 */
export async function recordCalls(
  database: Database,
  settled: readonly CallSettled[],
  { now, random }: { now: Date; random: () => number },
): Promise<number> {
  const lines = settled.map(({ call, outcome }) => ({
    call,
    outcome,
    ...decide(call, outcome, now, random),
  }));
  return database.transaction().execute(async (transaction) => {
    await sql`select id from enrollments where id = any(${lines.map(({ call }) => call.enrollmentId)}::bigint[])
      order by id for no key update`.execute(transaction);
    const { numAffectedRows } = await sql`
      with settled as (
        select * from unnest(${lines.map(({ call }) => call.id)}::bigint[], ${lines.map(({ call }) => call.fence)}::bigint[],
          ${lines.map(({ state }) => state)}::text[], ${lines.map(({ outcome }) => reasonOf(outcome))}::text[],
          ${lines.map(({ dueAt }) => dueAt)}::timestamptz[], ${lines.map(({ outcome }) => outcome.status)}::smallint[],
          ${lines.map(({ outcome }) => outcome.answer)}::jsonb[]) as settled (id, fence, state, reason, due_at, status, answer)
      ), recorded as (
        update calls set state = settled.state, reason = settled.reason, due_at = coalesce(settled.due_at, calls.due_at),
          status = settled.status, answer = settled.answer, lease_until = null,
          finished_at = case when settled.state <> 'retry' then ${now}::timestamptz end
        from settled where calls.id = settled.id and calls.fence = settled.fence and calls.state = 'claimed'
        returning calls.enrollment_id, calls.step, calls.state
      )
      update enrollments enrollment set due_at = ${now}
      from recorded
      where recorded.state <> 'retry' and enrollment.id = recorded.enrollment_id and enrollment.state = 'waiting'
        and enrollment.step = recorded.step and enrollment.awaiting = 'call'`.execute(transaction);
    return Number(numAffectedRows ?? 0n);
  });
}

const shortestMs = 1000;

/** Another try comes at the time the service named, else with backoff; the last one shortly before the time is up. */
function decide(
  { attempts, expiresAt }: ClaimedCall,
  outcome: WebhookOutcome,
  now: Date,
  random: () => number,
): { readonly state: "answered" | "failed" | "retry"; readonly dueAt: Date | null } {
  if (outcome.kind !== "later") return { state: outcome.kind, dueAt: null };
  const left = expiresAt.getTime() - now.getTime() - shortestMs;
  if (left < shortestMs) return { state: "failed", dueAt: null };
  const named = outcome.retryAfterMs ?? retryDelayMs(attempts, random);
  const wait = Math.min(Math.max(named, shortestMs), left);
  return { state: "retry", dueAt: new Date(now.getTime() + wait) };
}

function reasonOf(outcome: WebhookOutcome): string | null {
  return outcome.kind === "answered" ? null : untrustedTextOrNull(outcome.reason);
}

/** Gives back what a dead worker held; true when something is due. A lease is over by the database's clock. */
export async function recoverCalls(database: Database, now: Date): Promise<boolean> {
  await sql`update calls set state = 'retry', lease_until = null where state = 'claimed' and lease_until < clock_timestamp()`.execute(
    database,
  );
  const { rows } = await sql<{ due: boolean }>`
    select exists (select from calls where state in ('planned', 'retry') and due_at <= ${now} and expires_at > ${now}
      and journey_id not in (select id from journeys where state = 'paused')) as due`.execute(
    database,
  );
  return rows[0]?.due === true;
}
