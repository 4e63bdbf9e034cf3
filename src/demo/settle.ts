import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { listDue } from "../enrollment/list-due.ts";
import { WaypostError } from "../errors.ts";
import { dueChannels } from "../message/recover.ts";
import type { Working } from "../queue/engine.ts";
import type { PlayedClock } from "../rehearsal/played-clock.ts";

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
  while (!working.stopping.aborted) {
    const isDone = !(await wakeDue(working)) && !(await isBusy(working));
    if (isDone) {
      const soon = await dueSoon(working, clock.now());
      if (soon === undefined) return;
      clock.moveTo(soon);
    }
    const wakeAt = performance.now() + wakeAgainMs;
    while (performance.now() < wakeAt && (await isBusy(working))) await pause(lookAgainMs);
    if (performance.now() - started > patienceMs) throw outOfPatience(clock.now());
  }
}

/** Segments are worked out anew at `now`, and whoever came in is let in by the next settling. */
export async function refresh({ engine, wake, stopping }: Working): Promise<void> {
  const now = engine.clock.now();
  await wake.engine("refresh");
  const isOld = async () => {
    const { rows } = await sql<{ old: boolean }>`
      select exists (select from segments where removed_at is null and failure is null
                     and (refreshed_at is null or refreshed_at < ${now})) as old`.execute(
      engine.database,
    );
    return rows[0]?.old === true;
  };
  while (!stopping.aborted && (await isOld())) await pause(lookAgainMs);
}

/** What the sweeper does every few seconds, at once. Returns whether there was anything to wake. */
async function wakeDue({ engine, wake }: Working): Promise<boolean> {
  const { database, clock, config } = engine;
  const due = await listDue(database, clock.now(), config.zone);
  const channels = await dueChannels(database, clock.now());
  await Promise.all([
    due.events && wake.engine("react"),
    due.enrollments && wake.engine("advance"),
    due.reports && wake.engine("apply-reports"),
    ...due.starts.map((journeyId) => wake.engine("enter", journeyId)),
    ...channels.map((channel) => wake.delivery(channel)),
  ]);
  const { events, enrollments, reports, starts } = due;
  return events || enrollments || reports || starts.length > 0 || channels.length > 0;
}

/**
 * Postgres is the truth: what a job has done is in the tables, whatever became of the job. One statement sees all of
 * them at one moment, so nothing slips through between two looks.
 */
async function isBusy({ engine }: Working): Promise<boolean> {
  const now = engine.clock.now();
  const { rows } = await sql<{ busy: boolean }>`
    select exists (select from pending_events)
        or exists (select from report_inbox where applied_at is null)
        or exists (select from enrollments e join journeys j on j.id = e.journey_id
                   where e.due_at <= ${now} and j.state <> 'paused')
        or exists (select from claims)
        or exists (select from messages m join journeys j on j.id = m.journey_id left join channels c on c.name = m.channel
                   where m.needs = 'delivery' and m.due_at <= ${now} and j.state <> 'paused'
                     and c.paused_at is null and (c.throttled_until is null or c.throttled_until <= ${now})) as busy`.execute(
    engine.database,
  );
  return rows[0]?.busy === true;
}

function outOfPatience(now: Date): WaypostError {
  return new WaypostError(
    "WAYPOST_DATABASE",
    `demo: expected the worker to finish what was due at ${now.toISOString()} within ${patienceMs / 1000} seconds; LOG_LEVEL=debug shows what it does`,
  );
}

/** When a channel that was asked to slow down, or a message to be tried again, has its turn within a few minutes. */
async function dueSoon({ engine }: Working, now: Date): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(greatest(m.due_at, c.throttled_until)) as at
    from messages m left join channels c on c.name = m.channel
    where m.needs = 'delivery' and c.paused_at is null
      and greatest(m.due_at, c.throttled_until) between ${now} and ${now}::timestamptz + interval '5 minutes'`.execute(
    engine.database,
  );
  const at = rows[0]?.at ?? undefined;
  return at === undefined ? undefined : new Date(at.getTime() + 1);
}
