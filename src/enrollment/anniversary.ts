import {
  type LocalDay,
  addDays,
  daysInMonth,
  instantAt,
  localDayAt,
  minutesOf,
} from "./local-time.ts";

export interface MonthDay {
  readonly month: number;
  readonly day: number;
}

/** A day that came round: whose it is (month and day of the customer's own date), which year, and when. */
export interface Anniversary extends MonthDay {
  readonly year: number;
  readonly at: Date;
}

/** What a day counts from: days before (negative) or after the date, at a local time such as "09:00". */
export interface ComingDay {
  readonly offsetDays: number;
  readonly at: string;
  readonly repeat: "yearly" | "once";
}

/**
 * The days that a zone's clocks reached in (after, until]. Of what comes every year, February 29 is the 28th in common
 * years.
 */
export function anniversariesBetween(
  date: ComingDay,
  after: Date,
  until: Date,
  zone: string,
): readonly Anniversary[] {
  const found: Anniversary[] = [];
  const last = addDays(localDayAt(until, zone), 1);
  for (
    let day = addDays(localDayAt(after, zone), -1);
    stamp(day) <= stamp(last);
    day = addDays(day, 1)
  ) {
    const at = instantAt(day, minutesOf(date.at) * 60_000, zone);
    if (at > after && at <= until)
      found.push(...meant(addDays(day, -date.offsetDays), date).map((whose) => ({ ...whose, at })));
  }
  return found;
}

/** The days that any clock on earth can have reached in (after, until]: a few more than those that one did. */
export function daysAround(date: ComingDay, after: Date, until: Date): readonly MonthDay[] {
  const found: MonthDay[] = [];
  const last = addDays(localDayAt(until, "UTC"), 1);
  for (
    let day = addDays(localDayAt(after, "UTC"), -1);
    stamp(day) <= stamp(last);
    day = addDays(day, 1)
  )
    found.push(...meant(addDays(day, -date.offsetDays), date));
  return found;
}

function meant(day: LocalDay, { repeat }: ComingDay): readonly LocalDay[] {
  const endsFebruary =
    repeat === "yearly" && day.month === 2 && day.day === 28 && daysInMonth(day.year, 2) === 28;
  return endsFebruary ? [day, { ...day, day: 29 }] : [day];
}

function stamp(day: LocalDay): number {
  return Date.UTC(day.year, day.month - 1, day.day);
}
