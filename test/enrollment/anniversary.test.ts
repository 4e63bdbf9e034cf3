import { expect, test } from "vitest";
import {
  type MonthDay,
  anniversariesBetween,
  daysAround,
} from "../../src/enrollment/anniversary.ts";

const between = (after: string, until: string, zone = "UTC", offsetDays = 0) =>
  anniversariesBetween(
    { offsetDays, at: "09:00", repeat: "yearly" },
    new Date(after),
    new Date(until),
    zone,
  ).map(({ year, month, day, at }) => `${year}-${month}-${day} at ${at.toISOString()}`);

test("the day comes round when clocks of the zone show the time, not before", () => {
  expect(between("2026-05-01T00:00:00Z", "2026-05-01T08:59:59Z")).toEqual([]);
  expect(between("2026-05-01T08:59:59Z", "2026-05-01T09:00:00Z")).toEqual([
    "2026-5-1 at 2026-05-01T09:00:00.000Z",
  ]);
  expect(between("2026-05-01T09:00:00Z", "2026-05-02T08:00:00Z")).toEqual([]);
});

test("each zone has its own morning", () => {
  const day = ["2026-05-01T00:00:00Z", "2026-05-01T12:00:00Z"] as const;
  expect(between(...day, "Asia/Tokyo")).toEqual([]);
  expect(between("2026-04-30T23:59:59Z", "2026-05-01T12:00:00Z", "Asia/Tokyo")).toEqual([
    "2026-5-1 at 2026-05-01T00:00:00.000Z",
  ]);
  expect(between(...day, "Pacific/Kiritimati")).toEqual([]);
});

test("an offset is days from the date, over the year's end too", () => {
  expect(between("2026-12-30T12:00:00Z", "2026-12-31T12:00:00Z", "UTC", -3)).toEqual([
    "2027-1-3 at 2026-12-31T09:00:00.000Z",
  ]);
  expect(between("2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z", "UTC", 2)).toEqual([
    "2025-12-30 at 2026-01-01T09:00:00.000Z",
  ]);
});

test("who was born on February 29 has the 28th in common years, and the 29th in leap years", () => {
  expect(between("2027-02-28T00:00:00Z", "2027-02-28T12:00:00Z")).toEqual([
    "2027-2-28 at 2027-02-28T09:00:00.000Z",
    "2027-2-29 at 2027-02-28T09:00:00.000Z",
  ]);
  expect(between("2028-02-28T00:00:00Z", "2028-02-29T12:00:00Z")).toEqual([
    "2028-2-28 at 2028-02-28T09:00:00.000Z",
    "2028-2-29 at 2028-02-29T09:00:00.000Z",
  ]);
});

test("whatever day clocks anywhere reached is among those that can have come", () => {
  for (const offsetDays of [-3, 0, 10])
    for (const zone of ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/London"])
      for (const day of ["2026-02-27", "2026-12-31", "2028-02-28"]) {
        const [after, until] = [new Date(`${day}T00:00:00Z`), new Date(`${day}T23:59:59Z`)];
        const date = { offsetDays, at: "00:30", repeat: "yearly" } as const;
        const around = daysAround(date, after, until).map(monthAndDay);
        const reached = anniversariesBetween(date, after, until, zone).map(monthAndDay);
        expect(around).toEqual(expect.arrayContaining(reached));
        expect(around.length).toBeLessThan(6);
      }
});

function monthAndDay({ month, day }: MonthDay): string {
  return `${month}-${day}`;
}
