import fc from "fast-check";
import { expect, test } from "vitest";
import { readDuration, writeDuration } from "../src/duration.ts";

test.each([
  ["3 days", { months: 0, days: 3, seconds: 0 }],
  ["1 week", { months: 0, days: 7, seconds: 0 }],
  ["90 minutes", { months: 0, days: 0, seconds: 5400 }],
  ["1 year, 2 months", { months: 14, days: 0, seconds: 0 }],
  ["1 week 2 days 3 hours", { months: 0, days: 9, seconds: 10_800 }],
])("%s is read", (text, duration) => {
  expect(readDuration(text)).toEqual(duration);
});

test.each([
  "",
  "soon",
  "3",
  "days",
  "0 days",
  "-1 day",
  "1.5 days",
  "3 dais",
  "3 days later",
  "1 week and 2 days",
])("%j is no duration", (text) => {
  expect(readDuration(text)).toBeUndefined();
});

test("what is written is read back", () => {
  const part = fc.nat({ max: 99_999 });
  fc.assert(
    fc.property(fc.record({ months: part, days: part, seconds: part }), (duration) => {
      fc.pre(duration.months + duration.days + duration.seconds > 0);
      expect(readDuration(writeDuration(duration))).toEqual(duration);
    }),
  );
});
