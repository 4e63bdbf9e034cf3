import { expect, test } from "vitest";
import { readMoment, writeMoment } from "../../src/rehearsal/moment.ts";

const zone = "Europe/London";
const begins = new Date("2026-03-02T12:00:00Z");

test.each([
  ["2026-03-05 10:00", "2026-03-05T10:00:00.000Z"],
  ["2026-07-05 10:00", "2026-07-05T09:00:00.000Z"],
  ["2026-03-05", "2026-03-05T00:00:00.000Z"],
  ["+3 days 10:00", "2026-03-05T10:00:00.000Z"],
  ["+90 minutes", "2026-03-02T13:30:00.000Z"],
  ["-1 month", "2026-02-02T12:00:00.000Z"],
  // Noon stays noon when clocks change in between.
  ["+30 days", "2026-04-01T11:00:00.000Z"],
  ["-200 days 09:15", "2025-08-14T08:15:00.000Z"],
])("%s is %s", (text, instant) => {
  expect(readMoment(text, { begins, zone })?.toISOString()).toBe(instant);
});

test.each([
  "3 days",
  "2026-02-30 10:00",
  "2026-13-01",
  "+2 hours 10:00",
  "+soon",
  "tomorrow",
  "+3 days 25:00",
])("%s is no moment", (text) => {
  expect(readMoment(text, { begins, zone })).toBeUndefined();
});

test("a moment is written as clocks show it", () => {
  expect(writeMoment(new Date("2026-07-05T09:00:00Z"), zone)).toBe("2026-07-05 10:00");
});
