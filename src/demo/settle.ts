import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { listDue } from "../enrollment/list-due.ts";
import { WaypostError } from "../errors.ts";
import { dueChannels } from "../message/recover.ts";
import type { Working } from "../queue/engine.ts";
import { sweep } from "../queue/sweep.ts";
import type { PlayedClock } from "./played-clock.ts";

const lookAgainMs = 4;
/** A wake-up that got lost is given again after this. */
const wakeAgainMs = 400;
const patienceMs = 120_000;

/**
 * Wakes the worker and waits until nothing is due and nothing is on its way. Where a provider asked for a moment's
 * quiet, the moment is let pass.
 */
export async function settle(working: Working, clock: PlayedClock): Promise<void> {
  const started = performance.now();
  const asked = clock.now();
  await working.wake.engine("refresh");
  while (!working.stopping.aborted) {
    await sweep(working);
    const wakeAt = performance.now() + wakeAgainMs;
    let isDone = await isSettled(working, asked);
    while (!isDone && performance.now() < wakeAt) {
      await pause(lookAgainMs);
      isDone = await isSettled(working, asked);
    }
    if (isDone) {
      const soon = await dueSoon(working, clock.now());
      if (soon === undefined) return;
      clock.moveTo(soon);
    }
    if (performance.now() - started > patienceMs)
      throw new WaypostError(
        "WAYPOST_DATABASE",
        `demo: expected the worker to finish what was due at ${clock.now().toISOString()} within two minutes; LOG_LEVEL=debug shows what it does`,
      );
  }
}

/**
 * Postgres is the truth: what a job has done is in the tables, whatever became of the job. Work moves from events to
 * enrollments to messages, so they are asked in this order, and twice, lest something slips through between two looks.
 */
async function isSettled(working: Working, refreshed: Date): Promise<boolean> {
  return (await isQuiet(working, refreshed)) && (await isQuiet(working, refreshed));
}

async function isQuiet({ engine }: Working, refreshed: Date): Promise<boolean> {
  const { database, clock, config } = engine;
  const now = clock.now();
  const due = await listDue(database, now, config.zone);
  if (due.events || due.enrollments || due.reports || due.starts.length > 0) return false;
  if ((await dueChannels(database, now)).length > 0) return false;
  const { rows } = await sql<{ busy: boolean }>`
    select exists (select from messages where state in ('claimed', 'sending'))
        or exists (select from segments where removed_at is null and failure is null
                   and (refreshed_at is null or refreshed_at < ${refreshed})) as busy`.execute(
    database,
  );
  return rows[0]?.busy === false;
}

/** When a channel that was asked to slow down, or a message to be tried again, has its turn within a few minutes. */
async function dueSoon({ engine }: Working, now: Date): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(m.due_at, c.throttled_until)) as at
    from messages m left join channels c on c.name = m.channel
    where m.state in ('planned', 'retry') and c.paused_at is null
      and greatest(m.due_at, c.throttled_until) between ${now} and ${now}::timestamptz + interval '5 minutes'`.execute(
    engine.database,
  );
  const at = rows[0]?.at ?? undefined;
  return at === undefined ? undefined : new Date(at.getTime() + 1);
}
