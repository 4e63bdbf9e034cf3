import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { markOf, type StubLine } from "../src/channel/stub-log.ts";
import type { Database } from "../src/database/database.ts";
import type { MessageState } from "../src/message/message.ts";
import { readCommits } from "./commits.ts";

/** A message as the ledger has it, with its calls in their order. */
export interface LedgerRow {
  readonly id: string;
  readonly deliveryId: string;
  readonly enrollmentId: string;
  readonly class: "marketing" | "transactional";
  readonly state: MessageState;
  readonly attempts: number;
  /** The mark of the address that the ledger has it for; null before its first call. */
  readonly to: string | null;
  /** The mark of what its customer should read first. */
  readonly says: string;
  readonly calls: readonly LedgerCall[];
}

export interface LedgerCall {
  readonly outcome: "accepted" | "later" | "refused" | "unknown" | "misconfigured" | null;
  readonly code: string | null;
  readonly provider: string;
  /** When the transaction that opened it was committed, in milliseconds; null where the database does not tell. */
  readonly committedAt: number | null;
}

export interface Passage {
  readonly id: string;
  readonly customerId: string;
  readonly journeyId: string;
  readonly state: string;
}

/** States that messages of the scenario may end in besides accepted and delivered, and how many of them together. */
export interface Ending {
  readonly states: readonly MessageState[];
  readonly least?: number;
  readonly most: number;
}

/** How a scenario must end. */
export interface Expected {
  /** Each with one message of its own, accepted where nothing else is said. */
  readonly passages: number;
  /** How many messages may be left unknown: the calls in flight of whoever was killed. */
  readonly unknown: number;
  /** Reports came in: what the provider has is not unknown any more. */
  readonly isTold: boolean;
  readonly endings: readonly Ending[];
}

/** What is left after a run: what the provider was asked, and what Waypost says about it. */
export interface Evidence {
  readonly expected: Expected;
  readonly lines: readonly StubLine[];
  readonly messages: readonly LedgerRow[];
  readonly passages: readonly Passage[];
}

type Row = Omit<LedgerRow, "to" | "says" | "calls"> & {
  readonly address: string | null;
  readonly words: string;
  readonly calls: readonly (Omit<LedgerCall, "committedAt"> & { readonly number: number })[];
};

/** What every template of the runs says first: to each customer something else. */
const words = sql`'Hello ' || c.external_id`;

export async function readEvidence(
  database: Database,
  log: string,
  expected: Expected,
): Promise<Evidence> {
  const commits = await readCommits(database);
  const { rows } = await sql<Row>`
    select m.id, m.delivery_id as "deliveryId", m.enrollment_id as "enrollmentId", m.class, m.state, m.attempts,
      m.address, ${words} as words, coalesce(calls.made, '[]') as calls
    from messages m join customers c on c.id = m.customer_id left join (
      select message_id, json_agg(json_build_object('number', number, 'outcome', outcome, 'code', code, 'provider', provider) order by number) as made
      from attempts group by message_id) as calls on calls.message_id = m.id
    order by m.id`.execute(database);
  const messages = rows.map(({ address, words: said, calls, ...row }) => ({
    ...row,
    to: address === null ? null : markOf(address),
    says: markOf(said),
    calls: calls.map(({ number, ...call }) => ({
      ...call,
      committedAt: commits.get(`${row.id} ${number}`) ?? null,
    })),
  }));
  const passages = await sql<Passage>`
    select id, customer_id as "customerId", journey_id::text as "journeyId", state from enrollments order by id`.execute(
    database,
  );
  return { expected, lines: readLog(log), messages, passages: passages.rows };
}

/** The last line may be half, where the stub died over it: that request was not answered either. */
export function readLog(file: string): StubLine[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as StubLine);
}
