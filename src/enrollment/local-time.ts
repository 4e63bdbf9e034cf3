/**
 * Time as clocks on the wall show it. A local time that clocks skip (spring) is the first instant after the gap; one that
 * they show twice (autumn) is the first of the two. So each local time happens once.
 */
export interface LocalDay {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The day in "2026-01-31". */
export function readDay(written: string): LocalDay {
  const [year = 0, month = 1, day = 1] = written.split("-").map(Number);
  return { year, month, day };
}

/** The day it is at an instant in a zone. */
export function localDayAt(instant: Date, zone: string): LocalDay {
  return dayOf(instant.getTime() + offsetAt(instant.getTime(), zone));
}

/** Calendar arithmetic: months first (the 31st becomes a shorter month's last day), then days. */
export function addDays(day: LocalDay, days: number, months = 0): LocalDay {
  const first = new Date(Date.UTC(day.year, day.month - 1 + months, 1));
  const length = daysInMonth(first.getUTCFullYear(), first.getUTCMonth() + 1);
  first.setUTCDate(Math.min(day.day, length) + days);
  return dayOf(first.getTime());
}

export function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** 1 is Monday, 7 is Sunday. */
export function weekdayOf(day: LocalDay): number {
  return new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay() || 7;
}

/** Minutes after midnight in "10:30". */
export function minutesOf(time: string): number {
  const [hours = "0", minutes = "0"] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}

/** The instant at which clocks in `zone` show the day and so many milliseconds after midnight. */
export function instantAt(day: LocalDay, afterMidnight: number, zone: string): Date {
  const wall = Date.UTC(day.year, day.month - 1, day.day) + afterMidnight;
  const before = offsetAt(wall - DAY_MS, zone);
  const after = offsetAt(wall + DAY_MS, zone);
  // The larger offset gives the earlier instant: of a time shown twice, the first.
  for (const offset of [Math.max(before, after), Math.min(before, after)]) {
    if (offsetAt(wall - offset, zone) === offset) return new Date(wall - offset);
  }
  return endOfGap(wall - DAY_MS, wall + DAY_MS, zone);
}

/** Milliseconds after local midnight, as the clock on the wall shows it. */
export function afterMidnight(instant: Date, zone: string): number {
  const wall = instant.getTime() + offsetAt(instant.getTime(), zone);
  return wall - Math.floor(wall / DAY_MS) * DAY_MS;
}

/** The instant between two at which the offset changes. */
function endOfGap(from: number, until: number, zone: string): Date {
  const old = offsetAt(from, zone);
  let [low, high] = [from, until];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle, zone) === old) low = middle;
    else high = middle;
  }
  return new Date(high);
}

function dayOf(wall: number): LocalDay {
  const date = new Date(wall);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** How far clocks in the zone are ahead of UTC, in milliseconds. */
function offsetAt(instant: number, zone: string): number {
  const whole = Math.floor(instant / 1000) * 1000;
  const parts = formatOf(zone).formatToParts(whole);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(
    read("year"),
    read("month") - 1,
    read("day"),
    read("hour"),
    read("minute"),
    read("second"),
  );
  return wall - whole;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
}
