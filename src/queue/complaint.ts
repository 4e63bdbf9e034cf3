import type { Log } from "../log.ts";

const everyMs = 10_000;
/** Words that differ by a number say the same. */
const mostRemembered = 100;

interface Told {
  at: number;
  since: number;
}

const complaints = new WeakMap<Log, Map<string, Told>>();

/**
 * Warns of the same thing once in ten seconds, with how often it happened since: while a server is gone, or its disk is
 * full, each of a worker's queues complains several times a second.
 */
export function complain(log: Log, error: string, message: string, now = performance.now()): void {
  const told = complaints.get(log) ?? new Map<string, Told>();
  complaints.set(log, told);
  const what = `${message} ${error.replaceAll(/\d+/g, "…")}`;
  const before = told.get(what);
  if (before !== undefined && now - before.at < everyMs) {
    before.since += 1;
    return;
  }
  if (told.size >= mostRemembered) told.clear();
  told.set(what, { at: now, since: 0 });
  const times = (before?.since ?? 0) + 1;
  log.warn(times === 1 ? { error } : { error, times }, message);
}
