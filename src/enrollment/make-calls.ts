import { setTimeout as pause } from "node:timers/promises";
import type { WebhookCaller, WebhookOutcome } from "../channel/webhook.ts";
import type { Database } from "../database/database.ts";
import { patiently } from "../database/patience.ts";
import { shownReason } from "../database/shown-reason.ts";
import { type CallSettled, type ClaimedCall, claimCalls, recordCalls } from "./call-ledger.ts";

export interface Calling {
  readonly now: () => Date;
  /** Once aborted no further call is begun; those under way are finished and recorded. */
  readonly stopping: AbortSignal;
  readonly random?: () => number;
  /** Called when enrollments go on. */
  readonly onAnswered?: () => Promise<void>;
}

const inFlight = 64;
/** Seconds for one whole call. */
const deadlineSeconds = 30;
const graceSeconds = 30;
/** A moment for the neighbours of an answer, so that outcomes are written in sets. */
const gatherMs = 2;
/** What becomes due while a slow service is waited for. */
const lookAgainMs = 250;

/**
 * Makes the calls that are due, up to 64 beside one another, until none is: a slow service holds up its own slot only.
 * Returns how many were made.
 */
export async function makeCalls(
  database: Database,
  caller: WebhookCaller,
  { now, stopping, random = Math.random, onAnswered = async () => {} }: Calling,
): Promise<number> {
  const underWay = new Set<Promise<void>>();
  let settled: CallSettled[] = [];
  let made = 0;
  const begin = async (call: ClaimedCall): Promise<void> => {
    made += 1;
    // Awaited before: what is settled meanwhile is another list.
    const outcome = await tryCall(caller, call, now());
    settled.push({ call, outcome });
  };
  const start = (call: ClaimedCall): void => {
    const done = begin(call).finally(() => underWay.delete(done));
    underWay.add(done);
  };
  for (;;) {
    const limit = stopping.aborted ? 0 : inFlight - underWay.size;
    if (limit > 0)
      for (const call of await claimCalls(database, {
        now: now(),
        limit,
        leaseSeconds: deadlineSeconds + graceSeconds,
      }))
        start(call);
    if (underWay.size === 0 && settled.length === 0) return made;
    if (settled.length === 0) await first(underWay);
    const batch = settled;
    settled = [];
    if (batch.length === 0) continue;
    const record = () => recordCalls(database, batch, { now: now(), random });
    if ((await patiently(record, { stopping })) > 0) await onAnswered();
  }
}

async function tryCall(
  caller: WebhookCaller,
  call: ClaimedCall,
  at: Date,
): Promise<WebhookOutcome> {
  const { url, method, headers } = call.step;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineSeconds * 1000);
  try {
    return await caller.call(
      { id: call.callId, url, method, headers, body: call.body, at },
      deadline.signal,
    );
  } catch (thrown) {
    return {
      kind: "later",
      reason: shownReason(thrown),
      status: null,
      answer: null,
      retryAfterMs: null,
    };
  } finally {
    clearTimeout(timer);
  }
}

async function first(underWay: ReadonlySet<Promise<void>>): Promise<void> {
  const late = new AbortController();
  const look = pause(lookAgainMs, undefined, { signal: late.signal }).catch(() => {});
  await Promise.race([look, ...underWay]);
  late.abort();
  await pause(gatherMs);
}
