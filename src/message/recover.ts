import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { isOpen } from "./claim.ts";

export interface Recovered {
  /** Claims of workers that died: what they had not opened others can claim. */
  readonly ended: number;
  /** Rows of workers that died during a call: the provider may or may not have them. */
  readonly unknown: number;
  /** Transactional messages whose outcome stayed unknown: tried again. */
  readonly retried: number;
}

/** How long a report may take before a transactional message of unknown outcome goes out again. */
const reportPatience = "15 minutes";
/** How often it does so: a provider that takes every message and answers none would have it sent all day. */
const repetitions = 3;

/**
 * What the sweeper does for the ledger. A lease is over by the database's clock. Marketing messages stay unknown (at
 * most once) until a report, a look-up or an operator resolves them. A row that somebody holds is left for the next time:
 * one process that hangs in a transaction must not keep every sweeper waiting.
 */
export async function recoverMessages(database: Database, now: Date): Promise<Recovered> {
  const unknown = await sql<{ count: number }>`
    with abandoned as (
      update messages set state = 'unknown', reason = 'the worker stopped during the call'
      where id in (select m.id from claims join messages m on ${isOpen}
        where claims.lease_until < clock_timestamp() for update of m skip locked)
      returning id, attempts
    ), noted as (
      update attempts a set finished_at = ${now}, outcome = 'unknown', code = 'worker_stopped'
      from abandoned where a.message_id = abandoned.id and a.number = abandoned.attempts and a.outcome is null
    )
    select count(*)::int as count from abandoned`.execute(database);
  const ended = await sql`
    delete from claims where id in (select id from claims where lease_until < clock_timestamp()
      and not exists (select from messages m where ${isOpen})
      for update skip locked)`.execute(database);
  const retried = await sql`
    update messages set state = 'retry', due_at = ${now}, strikes = strikes + 1
    where id in (select id from messages
      where needs = 'resolution' and class = 'transactional' and customer_id is not null and expires_at > ${now} and strikes < ${repetitions}
        and sent_at < ${now}::timestamptz - ${reportPatience}::interval
      for update skip locked)`.execute(database);
  const count = (result: { numAffectedRows?: bigint | undefined }) =>
    Number(result.numAffectedRows ?? 0n);
  return { ended: count(ended), unknown: unknown.rows[0]?.count ?? 0, retried: count(retried) };
}

/** Channels that have something due, for the sweeper to wake. */
export async function dueChannels(database: Database, now: Date): Promise<string[]> {
  const { rows } = await sql<{ channel: string }>`
    with recursive due as (
      (select channel from messages where needs = 'delivery' order by channel limit 1)
      union all
      select (select m.channel from messages m where m.needs = 'delivery' and m.channel > due.channel order by m.channel limit 1)
      from due where due.channel is not null
    )
    select channel from due
    where channel is not null
      and exists (select from journeys cross join lateral (
          select from messages m where m.channel = due.channel and m.class in ('transactional', 'marketing')
            and m.needs = 'delivery' and m.journey_id = journeys.id and m.due_at <= ${now} limit 1) as first
        where journeys.state <> 'paused')
      and not exists (select from channels where name = due.channel and (paused_at is not null or throttled_until > least(${now}, statement_timestamp())))`.execute(
    database,
  );
  return rows.map(({ channel }) => channel);
}
