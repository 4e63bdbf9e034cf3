/**
 * A length of time as an operator writes it ("3 days", "90 minutes", "1 month"). Months and days are calendar units,
 * so they stay apart from seconds: a day is 23 to 25 hours long where clocks change. Same split as a Postgres interval.
 */
export interface Duration {
  readonly months: number;
  readonly days: number;
  readonly seconds: number;
}

const units: Readonly<Record<string, Duration>> = {
  second: { months: 0, days: 0, seconds: 1 },
  minute: { months: 0, days: 0, seconds: 60 },
  hour: { months: 0, days: 0, seconds: 3600 },
  day: { months: 0, days: 1, seconds: 0 },
  week: { months: 0, days: 7, seconds: 0 },
  month: { months: 1, days: 0, seconds: 0 },
  year: { months: 12, days: 0, seconds: 0 },
};

/** Reads "3 days", "90 minutes", "1 month", "1 week 2 days"; undefined when the text is not a positive duration. */
export function readDuration(text: string): Duration | undefined {
  const parts = [...text.trim().matchAll(/\s*(\d{1,6})\s*([a-z]+?)s?(?=\s|,|$),?/gy)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("").length !== text.trim().length)
    return undefined;
  let sum: Duration = { months: 0, days: 0, seconds: 0 };
  for (const [, count, name] of parts) {
    const unit = units[name ?? ""];
    if (unit === undefined) return undefined;
    const times = Number(count);
    sum = {
      months: sum.months + times * unit.months,
      days: sum.days + times * unit.days,
      seconds: sum.seconds + times * unit.seconds,
    };
  }
  return sum.months + sum.days + sum.seconds > 0 ? sum : undefined;
}

/** "1 month 3 days 90 minutes": the text that `readDuration` reads back. */
export function writeDuration(duration: Duration): string {
  const count = (times: number, unit: string) =>
    times === 0 ? [] : [`${times} ${unit}${times === 1 ? "" : "s"}`];
  const { months, days, seconds } = duration;
  const clock =
    seconds % 3600 === 0
      ? count(seconds / 3600, "hour")
      : seconds % 60 === 0
        ? count(seconds / 60, "minute")
        : count(seconds, "second");
  return [...count(months, "month"), ...count(days, "day"), ...clock].join(" ");
}

/** Length in seconds, a month counted as 30 days; for comparisons and defaults, never for due times. */
export function roughSeconds(duration: Duration): number {
  return (duration.months * 30 + duration.days) * 86_400 + duration.seconds;
}

/** The text Postgres casts to the same `interval`. */
export function interval(duration: Duration): string {
  return `${duration.months} months ${duration.days} days ${duration.seconds} seconds`;
}
