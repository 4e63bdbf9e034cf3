import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Person } from "./person.ts";

/** What others have of a person that they got from us, or we from them: no erasing here reaches it. */
export interface Elsewhere {
  /** Messages that a provider was handed, with its own ids for them. Here they are erased, too: note them before. */
  readonly providers: readonly {
    readonly provider: string;
    readonly channel: string;
    readonly messages: number;
    readonly ids: readonly string[];
  }[];
  /** Calls to services that were made about the person. */
  readonly calls: readonly {
    readonly journey: string;
    readonly step: string;
    readonly callId: string;
    readonly plannedAt: Date;
  }[];
  /** Files that customers, orders or events came from; the newest first. */
  readonly files: readonly string[];
}

const shownFiles = 20;

export async function findElsewhere(
  database: Database,
  { messages, enrollments }: Person,
): Promise<Elsewhere> {
  const [providers, calls, files] = await Promise.all([
    sql<Elsewhere["providers"][number]>`
      select a.provider, m.channel, count(distinct m.id)::int as messages,
        coalesce(array_agg(a.receipt order by m.id) filter (where a.receipt is not null), '{}') as ids
      from messages m join attempts a on a.message_id = m.id
      where m.id = any(${messages}::bigint[]) group by 1, 2 order by 1, 2`.execute(database),
    sql<Elsewhere["calls"][number]>`
      select journeys.name as journey, calls.step, calls.call_id as "callId", calls.planned_at as "plannedAt"
      from calls join journeys on journeys.id = calls.journey_id
      where calls.enrollment_id = any(${enrollments}::bigint[]) and calls.attempts > 0 order by calls.id`.execute(
      database,
    ),
    sql<{ file: string }>`
      select file from imports where kind <> 'products' group by file order by max(finished_at) desc limit ${shownFiles}`.execute(
      database,
    ),
  ]);
  return {
    providers: providers.rows,
    calls: calls.rows,
    files: files.rows.map(({ file }) => file),
  };
}
