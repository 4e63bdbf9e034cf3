import { roughSeconds } from "../duration.ts";
import { scheduledStarts } from "../enrollment/list-due.ts";
import type { JobIds, KeptSchedule, OpenQueue } from "./backend.ts";
import type { Engine } from "./engine.ts";
import type { EngineJob } from "./wake.ts";

const sweepEveryMs = 5000;
/** Birthdays are looked at this often, since each customer's morning comes at an hour of its own. */
const datesEveryMs = 15 * 60_000;
const tidyEveryMs = 60 * 60_000;
const options = { removeOnComplete: true, removeOnFail: { count: 100 } } as const;

interface Schedule {
  readonly repeat: { readonly every: number } | { readonly pattern: string; readonly tz: string };
  readonly name: EngineJob;
  readonly ids: JobIds;
}

/**
 * Makes BullMQ's job schedulers match the journeys: one for each journey that starts by cron or by date, one for the
 * segments, one for the sweeper, one that tidies up. Run at start, after every apply and with every heartbeat, so that a lost queue gets
 * its schedules back. One that is right already is left alone: writing it anew would put off its next turn.
 */
export async function keepSchedules(engine: Engine, queue: OpenQueue): Promise<void> {
  const wanted = await wantedSchedules(engine);
  const kept = await queue.getJobSchedulers();
  for (const { key } of kept) if (!wanted.has(key)) await queue.removeJobScheduler(key);
  for (const [id, { repeat, name, ids }] of wanted) {
    if (kept.some((schedule) => schedule.key === id && isSame(schedule, repeat))) continue;
    await queue.upsertJobScheduler(id, repeat, { name, data: ids, opts: options });
  }
}

async function wantedSchedules({
  database,
  config,
}: Engine): Promise<ReadonlyMap<string, Schedule>> {
  const wanted = new Map<string, Schedule>([
    ["sweep", { repeat: { every: sweepEveryMs }, name: "sweep", ids: {} }],
    ["tidy", { repeat: { every: tidyEveryMs }, name: "tidy", ids: {} }],
    [
      "refresh",
      { repeat: { every: roughSeconds(config.refresh_segments) * 1000 }, name: "refresh", ids: {} },
    ],
  ]);
  for (const { journeyId, cron, zone } of await scheduledStarts(database)) {
    const repeat =
      cron === null ? { every: datesEveryMs } : { pattern: cron, tz: zone ?? config.zone };
    wanted.set(`enter-${journeyId}`, { repeat, name: "enter", ids: { journeyId } });
  }
  return wanted;
}

function isSame(kept: KeptSchedule, repeat: Schedule["repeat"]): boolean {
  return "every" in repeat
    ? Number(kept.every) === repeat.every
    : kept.pattern === repeat.pattern && kept.tz === repeat.tz;
}
