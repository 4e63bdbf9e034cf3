import fc from "fast-check";
import { expect, test } from "vitest";
import { readDuration } from "../../src/duration.ts";
import { dueAfter, dueIn, zoneFor } from "../../src/enrollment/due.ts";
import { localDayAt, weekdayOf } from "../../src/enrollment/local-time.ts";
import type { Wait } from "../../src/journey/journey.ts";

type Until = Extract<Wait, { kind: "until" }>;

const until = (time: string, rule: Partial<Until> = {}): Until => ({
  kind: "until",
  time,
  days: 0,
  weekdays: [],
  zone: "customer",
  ...rule,
});

const at = (wait: Parameters<typeof dueAfter>[0], now: string, zone: string) =>
  dueAfter(wait, new Date(now), zone).toISOString();

test("until ten is later today before ten, and tomorrow from ten on", () => {
  expect(at(until("10:00"), "2026-01-12T09:59:59Z", "UTC")).toBe("2026-01-12T10:00:00.000Z");
  expect(at(until("10:00"), "2026-01-12T10:00:00Z", "UTC")).toBe("2026-01-13T10:00:00.000Z");
  expect(at(until("10:00"), "2026-01-12T10:00:01Z", "UTC")).toBe("2026-01-13T10:00:00.000Z");
});

test("days are calendar days of the customer, not of the server", () => {
  // Half past midnight on the 13th in Auckland, still the 12th in London.
  const wait = until("10:00", { days: 3 });
  expect(at(wait, "2026-01-12T11:30:00Z", "Pacific/Auckland")).toBe("2026-01-15T21:00:00.000Z");
  expect(at(wait, "2026-01-12T11:30:00Z", "Europe/London")).toBe("2026-01-15T10:00:00.000Z");
});

test("weekdays are looked for from the day that was asked", () => {
  const weekend = until("10:00", { weekdays: [6, 7] });
  expect(at(weekend, "2026-01-12T12:00:00Z", "UTC")).toBe("2026-01-17T10:00:00.000Z");
  expect(at(weekend, "2026-01-17T12:00:00Z", "UTC")).toBe("2026-01-18T10:00:00.000Z");
  expect(at({ ...weekend, days: 1 }, "2026-01-18T09:00:00Z", "UTC")).toBe(
    "2026-01-24T10:00:00.000Z",
  );
});

test("a time that clocks skip in spring is the end of the gap", () => {
  const berlin = until("02:30");
  expect(at(berlin, "2026-03-28T20:00:00Z", "Europe/Berlin")).toBe("2026-03-29T01:00:00.000Z");
  expect(at(until("02:15"), "2026-10-03T12:00:00Z", "Australia/Lord_Howe")).toBe(
    "2026-10-03T15:30:00.000Z",
  );
});

test("a time that clocks show twice in autumn is the first of the two, and the second is no other", () => {
  const berlin = until("02:30");
  expect(at(berlin, "2026-10-24T22:00:00Z", "Europe/Berlin")).toBe("2026-10-25T00:30:00.000Z");
  expect(at(berlin, "2026-10-25T00:45:00Z", "Europe/Berlin")).toBe("2026-10-26T01:30:00.000Z");
});

test("a day that a zone left out is passed over to its end", () => {
  expect(at(until("12:00"), "2011-12-30T05:00:00Z", "Pacific/Apia")).toBe(
    "2011-12-30T10:00:00.000Z",
  );
});

test("months end with the month, and keep the time of day", () => {
  const month = { months: 1, days: 0, seconds: 0 };
  const due = dueIn(month, new Date("2026-01-31T09:30:00Z"), "Europe/London");
  expect(due.toISOString()).toBe("2026-02-28T09:30:00.000Z");
  const spring = dueIn(month, new Date("2026-03-10T09:30:00Z"), "Europe/London");
  expect(spring.toISOString()).toBe("2026-04-10T08:30:00.000Z");
});

test("hours are elapsed time, whatever clocks show", () => {
  const wait: Wait = { kind: "for", duration: readDuration("24 hours") ?? never() };
  expect(at(wait, "2026-03-28T12:00:00Z", "Europe/Berlin")).toBe("2026-03-29T12:00:00.000Z");
});

test("a zone that is unknown or wrong gives way to the shop's", () => {
  expect(zoneFor("customer", null, "Europe/Paris")).toBe("Europe/Paris");
  expect(zoneFor("customer", "Mars/Olympus", "Europe/Paris")).toBe("Europe/Paris");
  expect(zoneFor("customer", "Asia/Tokyo", "Europe/Paris")).toBe("Asia/Tokyo");
  expect(zoneFor("Asia/Seoul", "Asia/Tokyo", "Europe/Paris")).toBe("Asia/Seoul");
});

const zones = Intl.supportedValuesOf("timeZone");
const aMoment = fc.date({
  min: new Date("2020-01-01T00:00:00Z"),
  max: new Date("2032-01-01T00:00:00Z"),
  noInvalidDate: true,
});
const aTime = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));

const dated = (day: ReturnType<typeof localDayAt>) =>
  new Date(asUtc(day)).toISOString().slice(0, 10);
const shownAt = (at: Date, zone: string) => `${dated(localDayAt(at, zone))} ${clock(at, zone)}`;

test("in every zone a wait ends later, at the time it names or right behind the gap that swallowed it", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      aMoment,
      aTime,
      fc.integer({ min: 0, max: 400 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 7 })),
      (zone, now, time, days, weekdays) => {
        const due = dueAfter(until(time, { days, weekdays }), now, zone);
        expect(due.getTime()).toBeGreaterThan(now.getTime());
        const day = localDayAt(due, zone);
        const justBefore = new Date(due.getTime() - 1);
        const [wanted, shown] = [`${dated(day)} ${time}`, shownAt(due, zone)];
        const shownBefore = shownAt(justBefore, zone);
        // Either clocks show it, or they jumped over it in this very instant, which may be the midnight of that day.
        expect(shown === wanted || (shownBefore < wanted && wanted < shown)).toBe(true);
        expect(weekdays.length === 0 || weekdays.includes(weekdayOf(day))).toBe(true);
        const ahead = (asUtc(day) - asUtc(localDayAt(now, zone))) / 86_400_000;
        expect(ahead).toBeGreaterThanOrEqual(days);
        expect(ahead).toBeLessThanOrEqual(days + (weekdays.length > 0 ? 8 : 1));
      },
    ),
    {
      numRuns: 3000,
      // Asuncion's clocks jumped over a midnight.
      examples: [["America/Asuncion", new Date("2020-01-01T00:00:00Z"), "00:00", 278, []]],
    },
  );
});

test("on the days clocks change, each local time is due once", () => {
  const changes: readonly (readonly [string, string, string])[] = [
    ["Europe/London", "2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z"],
    ["America/New_York", "2026-03-07T12:00:00Z", "2026-10-31T12:00:00Z"],
    ["America/Santiago", "2026-09-05T12:00:00Z", "2026-04-04T12:00:00Z"],
    ["Australia/Lord_Howe", "2026-10-03T02:00:00Z", "2026-04-04T02:00:00Z"],
    ["Africa/Casablanca", "2026-03-21T12:00:00Z", "2026-02-14T12:00:00Z"],
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...changes),
      aTime,
      fc.boolean(),
      ([zone, spring, autumn], time, s) => {
        const from = new Date(s ? spring : autumn);
        const end = from.getTime() + 3 * 86_400_000;
        const days: number[] = [];
        for (let due = dueAfter(until(time), from, zone); due.getTime() < end;) {
          days.push(asUtc(localDayAt(due, zone)) / 86_400_000);
          due = dueAfter(until(time), due, zone);
        }
        const first = days[0] ?? 0;
        expect(days).toEqual(days.map((_, index) => first + index));
        expect(days.length).toBeGreaterThan(1);
      },
    ),
    { numRuns: 500 },
  );
});

function clock(instant: Date, zone: string): string {
  return instant.toLocaleTimeString("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
  });
}

function asUtc(day: { year: number; month: number; day: number }): number {
  return Date.UTC(day.year, day.month - 1, day.day);
}

function never(): never {
  throw new Error("no duration");
}
