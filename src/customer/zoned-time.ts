const quarterHour = 900_000;

/**
 * Turns local times of an IANA zone into instants. A time that a clock change skips is moved on by the gap, one that it
 * repeats is taken the first time round, as RFC 5545 3.3.5 has it. Offsets are kept per quarter of an hour, the finest
 * at which a zone ever changed since 1970.
 */
export function zonedTime(zone: string): (localMilliseconds: number) => number {
  const wallClock = wallClockOf(zone);
  const offsets = new Map<number, number>();
  const lookUp = (quarter: number): number => {
    const local = quarter * quarterHour;
    const before = wallClock(local - 86_400_000) - (local - 86_400_000);
    const after = wallClock(local + 86_400_000) - (local + 86_400_000);
    // With the offset from before, a repeated time is its first passing and a skipped one moves on by the gap.
    if (before === after || wallClock(local - before) === local) return before;
    return wallClock(local - after) === local ? after : before;
  };
  return (local) => {
    const quarter = Math.floor(local / quarterHour);
    let offset = offsets.get(quarter);
    if (offset === undefined) {
      if (offsets.size > 50_000) offsets.clear();
      offset = lookUp(quarter);
      offsets.set(quarter, offset);
    }
    return local - offset;
  };
}

/** What a clock in the zone shows at an instant, as if it were UTC. */
function wallClockOf(zone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    calendar: "gregory",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (instant) => {
    const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(instant)) shown[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };
}
