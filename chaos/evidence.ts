import { readFileSync } from "node:fs";
import { sql } from "kysely";
import type { StubLine } from "../src/channel/provider-stub.ts";
import type { Database } from "../src/database/database.ts";
import type { MessageState } from "../src/message/message.ts";

/** A message as the ledger has it, with its calls in their order. */
export interface LedgerRow {
  readonly id: string;
  readonly deliveryId: string;
  readonly enrollmentId: string;
  readonly class: "marketing" | "transactional";
  readonly state: MessageState;
  readonly attempts: number;
  readonly calls: readonly LedgerCall[];
}

export interface LedgerCall {
  readonly outcome: "accepted" | "later" | "refused" | "unknown" | "misconfigured" | null;
  readonly code: string | null;
}

export interface Passage {
  readonly id: string;
  readonly customerId: string;
  readonly journeyId: string;
  readonly state: string;
}

/** What is left after a run: what the provider was asked, and what Waypost says about it. */
export interface Evidence {
  /** How many passages there must be: every customer once in every journey. */
  readonly expected: number;
  readonly lines: readonly StubLine[];
  readonly messages: readonly LedgerRow[];
  readonly passages: readonly Passage[];
}

export async function readEvidence(
  database: Database,
  log: string,
  expected: number,
): Promise<Evidence> {
  const messages = await sql<LedgerRow>`
    select m.id, m.delivery_id as "deliveryId", m.enrollment_id as "enrollmentId", m.class, m.state, m.attempts,
      coalesce(calls.made, '[]') as calls
    from messages m left join (
      select message_id, json_agg(json_build_object('outcome', outcome, 'code', code) order by number) as made
      from attempts group by message_id) as calls on calls.message_id = m.id
    order by m.id`.execute(database);
  const passages = await sql<Passage>`
    select id, customer_id as "customerId", journey_id::text as "journeyId", state from enrollments order by id`.execute(
    database,
  );
  return { expected, lines: readLog(log), messages: messages.rows, passages: passages.rows };
}

/** The last line may be half, where the stub died over it: that request was not answered either. */
export function readLog(file: string): StubLine[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as StubLine);
}
