import { type RawBuilder, sql } from "kysely";
import type { Outcome } from "../channel/channel.ts";
import { untrustedTextOrNull } from "../channel/untrusted-text.ts";
import { recordStatements, suppress } from "../customer/consent.ts";
import type { Database } from "../database/database.ts";
import { isMistake, isRowFault } from "../database/sql-state.ts";
import type { ClaimedMessage, MessageState } from "./message.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** What came of one call, and for which message. */
export interface Settled {
  readonly message: ClaimedMessage;
  /** The address it was handed over for. */
  readonly address: string;
  readonly outcome: Outcome;
}

export interface RecordRules {
  /** Counted attempts after which a message that keeps being put off has failed. */
  readonly attempts: number;
  readonly now: Date;
  readonly random: () => number;
}

interface Line {
  readonly settled: Settled;
  readonly state: MessageState;
  readonly reason: string | null;
  readonly dueAt: Date | null;
  readonly strikes: number;
}

/**
 * Records the outcomes of a claim's calls in one transaction. Once another claim has opened a message, nothing is written of it.
 * A report that came before the answer is not undone. When an answer cannot be written, each row is tried by itself, so
 * that one strange answer never makes its neighbours be sent again; what still cannot be written is returned. Throws
 * when the fault is not in the answers (a lost connection, a deadlock); writing them once more then does no harm.
 */
export async function recordOutcomes(
  database: Database,
  claim: string,
  batch: readonly Settled[],
  rules: RecordRules,
): Promise<readonly Settled[]> {
  if (batch.length === 0) return [];
  const lines = batch.map((settled) => decide(settled, rules));
  if (await isWritten(database, claim, lines, rules.now)) return [];
  const unwritten: Settled[] = [];
  for (const line of lines) {
    if (!(await isWritten(database, claim, [line], rules.now))) unwritten.push(line.settled);
  }
  return unwritten;
}

/** False when an answer itself is at fault: its data, or a shape the driver cannot send. */
async function isWritten(
  database: Database,
  claim: string,
  lines: readonly Line[],
  now: Date,
): Promise<boolean> {
  try {
    await write(database, claim, lines, now);
    return true;
  } catch (thrown) {
    if (isRowFault(thrown) || isMistake(thrown)) return false;
    throw thrown;
  }
}

/** What an outcome makes of its message. */
function decide(settled: Settled, rules: RecordRules): Line {
  const { message, outcome } = settled;
  const line = { settled, reason: null, dueAt: null, strikes: message.strikes };
  switch (outcome.kind) {
    case "accepted":
      return { ...line, state: "accepted" };
    case "refused":
      return { ...line, state: "failed", reason: `${outcome.code} ${outcome.detail}` };
    case "unknown":
      return { ...line, state: "unknown", reason: `${outcome.code} ${outcome.detail}` };
    case "misconfigured":
      return {
        ...line,
        state: "retry",
        reason: `${outcome.code} ${outcome.detail}`,
        dueAt: rules.now,
      };
    case "later": {
      const strikes = message.strikes + (outcome.counted ? 1 : 0);
      if (strikes >= rules.attempts) {
        return {
          ...line,
          state: "failed",
          reason: `given up after ${strikes} attempts: ${outcome.code} ${outcome.detail}`,
          strikes,
        };
      }
      // "Retry-After: 0" would have it called as fast as we can.
      const named = outcome.retryAfterMs === null ? null : Math.max(outcome.retryAfterMs, 1000);
      const isUnconnected = outcome.unconnected ?? false;
      const delay = named ?? retryDelayMs(message.attempts, rules.random, { isUnconnected });
      return {
        ...line,
        state: "retry",
        reason: `${outcome.code} ${outcome.detail}`,
        dueAt: new Date(rules.now.getTime() + delay),
        strikes,
      };
    }
  }
}

async function write(
  database: Database,
  claim: string,
  lines: readonly Line[],
  now: Date,
): Promise<void> {
  // One statement is one transaction, and two round trips fewer.
  if (lines.every(({ settled }) => settled.outcome.kind !== "refused"))
    return void (await outcomes(claim, lines, now).execute(database));
  await database.transaction().execute(async (transaction) => {
    await outcomes(claim, lines, now).execute(transaction);
    await avoidAddresses(transaction, lines, now);
  });
}

function outcomes(claim: string, lines: readonly Line[], now: Date): RawBuilder<unknown> {
  return sql`/* prepared */
    with settled as (
      select * from unnest(
        ${lines.map((l) => l.settled.message.id)}::bigint[],
        ${lines.map((l) => l.state)}::text[], ${lines.map((l) => untrustedTextOrNull(l.reason))}::text[],
        ${lines.map((l) => l.dueAt)}::timestamptz[], ${lines.map((l) => l.strikes)}::smallint[],
        ${lines.map((l) => untrustedTextOrNull(receiptOf(l.settled.outcome)))}::text[],
        ${lines.map((l) => l.settled.outcome.kind)}::text[], ${lines.map((l) => untrustedTextOrNull(codeOf(l.settled.outcome)))}::text[]
      ) as settled (id, state, reason, due_at, strikes, receipt, outcome, code)
    ), recorded as (
      update messages m set
        state = case when m.state in ('sending', 'unknown') then settled.state else m.state end,
        reason = case when m.state in ('sending', 'unknown') then settled.reason else m.reason end,
        due_at = coalesce(settled.due_at, m.due_at), strikes = settled.strikes,
        accepted_at = case when settled.state = 'accepted' then coalesce(m.accepted_at, ${now}) else m.accepted_at end
      from settled
      where m.id = settled.id and m.claim_id = ${claim} and m.state not in ('planned', 'retry')
      returning m.id, m.attempts
    )
    update attempts a set finished_at = ${now}, outcome = settled.outcome, code = settled.code, detail = settled.reason,
      receipt = coalesce(settled.receipt, a.receipt)
    from recorded join settled using (id)
    where a.message_id = recorded.id and a.number = recorded.attempts`;
}

/** A dead address is suppressed and a person's refusal is a withdrawal, in the transaction that records the outcome. */
async function avoidAddresses(
  transaction: Database,
  lines: readonly Line[],
  now: Date,
): Promise<void> {
  const refusals = lines.flatMap(({ settled }) =>
    settled.outcome.kind === "refused" ? [{ settled, outcome: settled.outcome }] : [],
  );
  const dead = refusals.filter(({ outcome }) => outcome.of === "address");
  const unwilling = refusals.filter(({ outcome }) => outcome.of === "customer");
  if (dead.length > 0) {
    await suppress(
      transaction,
      dead.map(({ settled, outcome }) => ({
        channel: settled.message.channel,
        address: settled.address,
        reason: "invalid",
        detail: untrustedTextOrNull(outcome.code),
        created_at: now,
      })),
    );
  }
  if (unwilling.length > 0) {
    await recordStatements(
      transaction,
      unwilling.map(({ settled, outcome }) => ({
        customer_id: settled.message.customer.id,
        channel: settled.message.channel,
        topic: "*",
        state: "withdrawn",
        method: "provider_report",
        source: untrustedTextOrNull(outcome.code),
        occurred_at: now,
      })),
      now,
    );
  }
}

const receiptOf = (outcome: Outcome) => (outcome.kind === "accepted" ? outcome.receipt : null);
const codeOf = (outcome: Outcome) => (outcome.kind === "accepted" ? null : outcome.code);
