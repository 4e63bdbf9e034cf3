import type { Duration } from "../duration.ts";
import type { Wait } from "../journey/journey.ts";
import {
  addDays,
  afterMidnight,
  instantAt,
  isZone,
  localDayAt,
  minutesOf,
  weekdayOf,
} from "./local-time.ts";

const MINUTE_MS = 60_000;

/** When a wait that begins now is over for a customer in `zone`. Always later than now. */
export function dueAfter(wait: Exclude<Wait, { kind: "date" }>, now: Date, zone: string): Date {
  return wait.kind === "for" ? dueIn(wait.duration, now, zone) : dueAt(wait, now, zone);
}

/** Months and days keep the time of day, through clock changes too; the rest is elapsed time. */
export function dueIn(duration: Duration, now: Date, zone: string): Date {
  const { months, days, seconds } = duration;
  const inSeconds = (from: Date) => new Date(from.getTime() + seconds * 1000);
  if (months === 0 && days === 0) return inSeconds(now);
  const day = addDays(localDayAt(now, zone), days, months);
  return inSeconds(instantAt(day, afterMidnight(now, zone), zone));
}

/** The zone a wait is reckoned in: the one it names, else the customer's if it is known, else the shop's. */
export function zoneFor(named: string, customers: string | null, shops: string): string {
  if (named !== "customer") return named;
  return customers !== null && isZone(customers) ? customers : shops;
}

/** The next such time of day that is still ahead; the very minute counts as passed, so that a wait always waits. */
function dueAt(wait: Extract<Wait, { kind: "until" }>, now: Date, zone: string): Date {
  const today = localDayAt(now, zone);
  for (let days = wait.days; days <= wait.days + 14; days += 1) {
    const day = addDays(today, days);
    if (wait.weekdays.length > 0 && !wait.weekdays.includes(weekdayOf(day))) continue;
    const due = instantAt(day, minutesOf(wait.time) * MINUTE_MS, zone);
    if (due > now) return due;
  }
  throw new RangeError(
    `wait until ${wait.time}: no such time on weekdays ${wait.weekdays.join(", ")}`,
  );
}
