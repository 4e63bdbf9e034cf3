import { type RawBuilder, sql } from "kysely";
import type { CustomerDate } from "../journey/journey.ts";
import {
  type LocalDay,
  addDays,
  afterMidnight,
  daysInMonth,
  instantAt,
  localDayAt,
  minutesOf,
} from "./local-time.ts";

/** A date as a customer's record holds it: a day, or an instant. */
export type HeldDate =
  | { readonly day: LocalDay; readonly yearly: boolean }
  | { readonly instant: Date };

/** The field as two columns over the alias `customer`, of which one at most is not null: `day` and `instant`. */
export function heldDate(field: string): {
  readonly day: RawBuilder<string | null>;
  readonly instant: RawBuilder<Date | null>;
} {
  if (field === "birthday") return { day: sql`customer.birthday`, instant: sql`null::timestamptz` };
  if (field === "created_at") return { day: sql`null::date`, instant: sql`customer.created_at` };
  const text = attributeOf(field);
  return {
    day: sql`case when length(${text}) = 10 then as_day(${text}, 'UTC') end`,
    instant: sql`case when length(${text}) <> 10 then as_instant(${text}) end`,
  };
}

/** The text an attribute holds, over the alias `customer`. */
export function attributeOf(field: string): RawBuilder<string | null> {
  return sql`customer.attributes ->> ${field.slice("attributes.".length)}::text`;
}

/**
 * When the date, moved by its days, has come on the clocks of a zone: at `at`, else at the time of day it holds, which is
 * midnight for a day. Of a birthday, the next that is not past.
 */
export function comingOf(
  date: HeldDate,
  { offsetDays, at }: Pick<CustomerDate, "offsetDays"> & { readonly at: string | null },
  now: Date,
  zone: string,
): Date {
  const given = at === null ? null : minutesOf(at) * 60_000;
  if ("instant" in date) {
    if (given === null && offsetDays === 0) return date.instant;
    const day = addDays(localDayAt(date.instant, zone), offsetDays);
    return instantAt(day, given ?? afterMidnight(date.instant, zone), zone);
  }
  const on = (day: LocalDay) => instantAt(addDays(day, offsetDays), given ?? 0, zone);
  if (!date.yearly) return on(date.day);
  const { year } = localDayAt(now, zone);
  const comings = [-1, 0, 1, 2].map((years) => on(inYear(date.day, year + years)));
  return comings.find((coming) => coming > now) ?? now;
}

/** Whoever was born on February 29 has the 28th in common years. */
function inYear({ month, day }: LocalDay, year: number): LocalDay {
  return { year, month, day: Math.min(day, daysInMonth(year, month)) };
}
