import { readDuration } from "../duration.ts";
import {
  addDays,
  afterMidnight,
  instantAt,
  localDayAt,
  minutesOf,
} from "../enrollment/local-time.ts";
import type { Reader } from "../journey/reader.ts";

/** When a test begins, and by which clock on the wall. */
export interface Beginning {
  readonly begins: Date;
  readonly zone: string;
}

/**
 * An instant as a test says it: "2026-03-01 09:00", or counted from the beginning: "+3 days", "-200 days", "+3 days
 * 10:00" (three days on, at ten). Undefined for anything else.
 */
export function readMoment(text: string, { begins, zone }: Beginning): Date | undefined {
  return readDay(text, zone) ?? readDistance(text, { begins, zone });
}

/** "2026-03-01 09:00", or a day alone for its first moment. */
export function readDay(text: string, zone: string): Date | undefined {
  const [, year, month, day, time = "00:00"] =
    /^(\d{4})-(\d\d)-(\d\d)(?:[ T]([01]\d:[0-5]\d|2[0-3]:[0-5]\d))?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const named = { year: Number(year), month: Number(month), day: Number(day) };
  const real = addDays({ ...named, day: 1 }, named.day - 1);
  if (real.month !== named.month || named.day === 0) return undefined;
  return instantAt(named, minutesOf(time) * 60_000, zone);
}

function readDistance(text: string, { begins, zone }: Beginning): Date | undefined {
  const [, sign, length, time] =
    /^([+-]) ?(.+?)(?: ([01]\d:[0-5]\d|2[0-3]:[0-5]\d))?$/.exec(text) ?? [];
  const duration = readDuration(length ?? "");
  if (duration === undefined) return undefined;
  const [months, days, seconds] = [duration.months, duration.days, duration.seconds].map((count) =>
    sign === "-" ? -count : count,
  ) as [number, number, number];
  if (time !== undefined && seconds !== 0) return undefined;
  if (months === 0 && days === 0) return new Date(begins.getTime() + seconds * 1000);
  const day = addDays(localDayAt(begins, zone), days, months);
  const clock = time === undefined ? afterMidnight(begins, zone) : minutesOf(time) * 60_000;
  return new Date(instantAt(day, clock, zone).getTime() + seconds * 1000);
}

/** "2026-03-01 09:00" as clocks in the zone show it. */
export function writeMoment(instant: Date, zone: string): string {
  const day = localDayAt(instant, zone);
  const minutes = Math.floor(afterMidnight(instant, zone) / 60_000);
  const two = (count: number) => String(count).padStart(2, "0");
  return `${day.year}-${two(day.month)}-${two(day.day)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** An instant, absolute or counted from the beginning. */
export function momentOf(beginning: Beginning): Reader<Date> {
  return (place) => {
    const { value } = place;
    const read = typeof value === "string" ? readMoment(value.trim(), beginning) : undefined;
    return (
      read ?? place.expected('a time such as "+3 days 10:00", "-2 hours" or "2026-03-01 09:00"')
    );
  };
}
