import fc from "fast-check";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { anniversariesBetween } from "../../src/enrollment/anniversary.ts";
import { comingOf } from "../../src/enrollment/customer-date.ts";
import { dueAfter, dueIn } from "../../src/enrollment/due.ts";
import {
  addDays,
  afterMidnight,
  instantAt,
  localDayAt,
  minutesOf,
} from "../../src/enrollment/local-time.ts";
import { aDatabase } from "../support/database.ts";

const database = await aDatabase();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const zones = Intl.supportedValuesOf("timeZone");
const from = Date.UTC(2025, 0, 1);
const until = Date.UTC(2029, 0, 1);
const seed = 20_261_125;

/** An instant at which clocks of a zone are put forward or back, and how far ahead of UTC they are on each side of it. */
interface Change {
  readonly zone: string;
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** Worked out from the other end than the engine does it: from what a formatter of whole dates prints. */
const offsets = new Map<string, Intl.DateTimeFormat>();
function offsetAt(instant: number, zone: string): number {
  let format = offsets.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
    offsets.set(zone, format);
  }
  const written = format.formatToParts(instant).find(({ type }) => type === "timeZoneName")?.value;
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(written ?? "") ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE);
}

function changesOf(zone: string): readonly Change[] {
  const found: Change[] = [];
  // Ramadan lasts a month in Morocco: nobody changes twice in ten days.
  for (let day = from; day < until; day += 10 * DAY) {
    const [before, after] = [offsetAt(day, zone), offsetAt(day + 10 * DAY, zone)];
    if (before === after) continue;
    let [low, high] = [day, day + 10 * DAY];
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
      if (offsetAt(middle, zone) === before) low = middle;
      else high = middle;
    }
    found.push({ zone, at: high, before, after });
  }
  return found;
}

const changes = zones.flatMap(changesOf);

/** What clocks show around a change, as if it were UTC. */
const wall = (t: number, { at, before, after }: Change) => t + (t < at ? before : after);

/** The first instant that clocks show it; where they jump over it, the instant of the jump. */
function shownAt(wanted: number, change: Change): number {
  const { at, before, after } = change;
  const shows = [wanted - before, wanted - after].filter((t) => wall(t, change) === wanted);
  return shows.length > 0 ? Math.min(...shows) : at;
}

/** The next time clocks show the time of day that is still ahead, each day's time counted once. */
function nextShown(now: number, time: number, change: Change): number {
  const midnight = startOfDay(wall(now, change));
  const days = [0, 1, 2].map((days) => shownAt(midnight + days * DAY + time, change));
  return days.find((t) => t > now) ?? Number.NaN;
}

const timeOf = (time: number) => new Date(time).toISOString().slice(11, 16);
const waitUntil = (time: number, days = 0) =>
  ({ kind: "until", time: timeOf(time), days, weekdays: [], zone: "customer" }) as const;

test("clocks of every zone are whole quarters of an hour apart, as the look-out for birthdays takes for granted", () => {
  const odd = zones.filter((zone) => offsetAt(from, zone) % (15 * MINUTE) !== 0);
  expect(odd).toEqual([]);
  expect(
    changes.filter(
      ({ before, after, at }) =>
        before % (15 * MINUTE) !== 0 || after % (15 * MINUTE) !== 0 || at % (15 * MINUTE) !== 0,
    ),
  ).toEqual([]);
  expect(changes.length).toBeGreaterThan(500);
});

test("around every change of every zone, `until` is the first time clocks show it, or the end of the gap; a repeated hour counts once", () => {
  const wrong = changes.flatMap((change) => {
    const { zone, at, before, after } = change;
    const [low, high] = [at + Math.min(before, after), at + Math.max(before, after)];
    // Before, at the edges of and within what is skipped or shown twice.
    const times = [low - MINUTE, low, low + 15 * MINUTE, high].map((one) => one - startOfDay(one));
    const moments = [at - DAY, at - 1, at, at + 20 * MINUTE, at + HOUR];
    return times.flatMap((time) =>
      moments.flatMap((now) => {
        const due = dueAfter(waitUntil(time), new Date(now), zone).getTime();
        return due === nextShown(now, time, change) ? [] : [told(zone, timeOf(time), now, due)];
      }),
    );
  });
  expect(wrong).toEqual([]);
});

test("days and months keep the time that clocks show, across every change", () => {
  const wrong = changes.flatMap((change) => {
    const moments = [-DAY, -DAY + 30 * MINUTE, -23 * HOUR - MINUTE, -2 * DAY];
    return moments.flatMap((ahead) =>
      [1, 2].flatMap((days) => {
        const now = change.at + ahead;
        const length = { months: 0, days, seconds: 90 };
        const due = dueIn(length, new Date(now), change.zone).getTime() - 90_000;
        const wanted = shownAt(wall(now, change) + days * DAY, change);
        return due === wanted ? [] : [told(change.zone, `${days} days`, now, due)];
      }),
    );
  });
  expect(wrong).toEqual([]);
});

function startOfDay(instant: number): number {
  return Math.floor(instant / DAY) * DAY;
}

function told(zone: string, wait: string, now: number, due: number): string {
  return `${zone}: ${wait} from ${new Date(now).toISOString()} is ${new Date(due).toISOString()}`;
}

const aZone = fc.constantFrom(...zones);
const anInstant = fc.integer({ min: from / 1000, max: until / 1000 }).map((s) => s * 1000);
const aTime = fc.integer({ min: 0, max: 1439 }).map((minutes) => minutes * MINUTE);
const settings = { seed, numRuns: 1500 };

test("who waits longer or begins later never ends earlier, up to 400 days", () => {
  fc.assert(
    fc.property(
      aZone,
      anInstant,
      fc.integer({ min: 0, max: 3 * 86_400 }),
      aTime,
      fc.integer({ min: 0, max: 400 }),
      (zone, now, seconds, time, days) => {
        const [first, second] = [new Date(now), new Date(now + seconds * 1000)];
        const ends = (at: Date, more = 0) => [
          dueAfter(waitUntil(time, days + more), at, zone).getTime(),
          dueIn({ months: 0, days: days + more, seconds: 1 }, at, zone).getTime(),
        ];
        const [early, late, longer] = [ends(first), ends(second), ends(first, 1)];
        expect(early[0]).toBeGreaterThan(now);
        expect(late[0]).toBeGreaterThanOrEqual(early[0] ?? 0);
        expect(longer[0]).toBeGreaterThanOrEqual(early[0] ?? 0);
        // Clocks show a repeated hour twice, but the end of a wait of days is the first of the two.
        expect(late[1]).toBeGreaterThanOrEqual((early[1] ?? 0) - 2 * HOUR);
        expect(longer[1]).toBeGreaterThan(early[1] ?? 0);
      },
    ),
    settings,
  );
});

const aDateStart = fc.record({
  offsetDays: fc.integer({ min: -365, max: 365 }),
  at: aTime.map(timeOf),
  repeat: fc.constantFrom("yearly" as const, "once" as const),
});
const pauses = fc.array(fc.integer({ min: 1, max: 30 * 60 }), { minLength: 1, maxLength: 30 });

test("a day that comes every year, or once, comes once, however often somebody looks", () => {
  fc.assert(
    fc.property(aZone, anInstant, pauses, aDateStart, (zone, start, minutes, date) => {
      const looks = [new Date(start)];
      for (const pause of minutes)
        looks.push(new Date((looks.at(-1)?.getTime() ?? 0) + pause * MINUTE));
      const between = (after = new Date(0), end = new Date(0)) =>
        anniversariesBetween(date, after, end, zone);
      const found = looks.slice(1).flatMap((end, nth) => between(looks[nth], end));
      expect(found).toEqual(between(looks[0], looks.at(-1)));
      const days = found.map(({ year, month, day }) => `${year}-${month}-${day}`);
      expect(new Set(days).size).toBe(days.length);
      for (const { at, ...day } of date.repeat === "once" ? found : [])
        expect(at).toEqual(
          instantAt(addDays(day, date.offsetDays), minutesOf(date.at) * MINUTE, zone),
        );
    }),
    { seed, numRuns: 200 },
  );
});

test("leap days: a date held is a date met, and a birthday is never more than 366 days away", () => {
  fc.assert(
    fc.property(aZone, anInstant, fc.integer({ min: 0, max: 40_000 }), (zone, now, nth) => {
      const born = new Date(Date.UTC(1920, 0, 1) + nth * DAY);
      const day = {
        year: born.getUTCFullYear(),
        month: born.getUTCMonth() + 1,
        day: born.getUTCDate(),
      };
      const rule = { offsetDays: 0, at: "09:00" };
      const next = comingOf({ day, yearly: true }, rule, new Date(now), zone);
      expect(next.getTime() - now).toBeGreaterThan(0);
      expect(next.getTime() - now).toBeLessThanOrEqual(366 * DAY + 2 * HOUR);
      const shown = localDayAt(next, zone);
      const isMoved = day.month === 2 && day.day === 29 && shown.year % 4 !== 0;
      expect([shown.month, shown.day]).toEqual(isMoved ? [2, 28] : [day.month, day.day]);
    }),
    settings,
  );
});

test("Postgres reads the same clocks: what it shows at the end of a wait is what was waited for", async () => {
  const known = new Set(
    (await sql<{ name: string }>`select name from pg_timezone_names`.execute(database)).rows.map(
      (row) => row.name,
    ),
  );
  const rows = fc
    .sample(fc.tuple(aZone, anInstant, aTime, fc.integer({ min: 0, max: 400 })), {
      seed,
      numRuns: 2000,
    })
    .filter(([zone]) => known.has(zone))
    .map(([zone, now, time, days]) => ({
      zone,
      now,
      time,
      due: dueAfter(waitUntil(time, days), new Date(now), zone),
    }));
  const { rows: shown } = await sql<{
    nth: string;
    due: string;
    before: string;
    day: string;
    now: string;
  }>`
    select nth, (due at time zone zone)::text as due, ((due - interval '1 millisecond') at time zone zone)::text as before,
           as_day(due::text, zone)::text as day, (now at time zone zone)::text as now
    from unnest(${rows.map((row) => row.zone)}::text[], ${rows.map((row) => row.due)}::timestamptz[],
                ${rows.map((row) => new Date(row.now))}::timestamptz[]) with ordinality as given (zone, due, now, nth)
    order by nth`.execute(database);
  // Where the two know different rules for a zone, its newest law has not reached one of them; such zones are few.
  const differing = new Set<string>();
  for (const [nth, row] of rows.entries()) {
    const { zone, time, due } = row;
    const answer = shown[nth];
    if (answer === undefined) throw new Error("as many answers as questions");
    const asWritten = (at: Date) =>
      new Date(at.getTime() + offsetAt(at.getTime(), zone))
        .toISOString()
        .slice(0, 19)
        .replace("T", " ");
    if (answer.due !== asWritten(due) || answer.now !== asWritten(new Date(row.now))) {
      differing.add(zone);
      continue;
    }
    const wanted = timeOf(time);
    const isShown = answer.due.slice(11, 16) === wanted;
    const isBehindGap = answer.before.slice(11, 16) < wanted && answer.due.slice(11, 16) > wanted;
    if (!isShown && !isBehindGap) throw new Error(`${zone}: ${wanted} ended at ${answer.due}`);
    const { year, month, day } = localDayAt(due, zone);
    expect(answer.day).toBe(new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10));
    expect(afterMidnight(due, zone)).toBe(Date.parse(`1970-01-01T${answer.due.slice(11)}Z`));
  }
  expect(differing.size).toBeLessThan(20);
});
