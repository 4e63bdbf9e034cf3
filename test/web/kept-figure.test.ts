import { expect, test } from "vitest";
import { createLog } from "../../src/log.ts";
import { KeptFigure, oldestOf } from "../../src/web/kept-figure.ts";
import { later, monday } from "../support/people.ts";

const log = createLog("silent");

/** A figure that is one more at each count, and a clock that goes on an hour with each. */
function aFigure(pace: ConstructorParameters<typeof KeptFigure>[3] = {}) {
  let counts = 0;
  let failure: Error | undefined;
  const count = async () => {
    if (failure !== undefined) throw failure;
    return (counts += 1);
  };
  const clock = { now: () => later(monday, { hours: counts }) };
  return {
    figure: new KeptFigure(count, clock, log, pace),
    counts: () => counts,
    fail: () => (failure = new Error("the database is gone")),
  };
}

/** Every count is slow, and may be repeated at once. */
const slow = { quickMs: -1, shortestRestMs: 0, restForEach: 0 };

test("what is counted quickly is counted anew for every look", async () => {
  const { figure } = aFigure();
  expect(await figure.read()).toEqual({ value: 1, asOf: null });
  expect(await figure.read()).toEqual({ value: 2, asOf: null });
});

test("what takes its time is shown as it was counted last, with the time, and counted behind the look", async () => {
  const { figure, counts } = aFigure(slow);
  expect(await figure.read()).toEqual({ value: 1, asOf: null });
  expect(await figure.read()).toEqual({ value: 1, asOf: monday });
  await expect.poll(counts).toBe(2);
  expect(await figure.read()).toEqual({ value: 2, asOf: later(monday, { hours: 1 }) });
});

test("it rests between two counts", async () => {
  const { figure, counts } = aFigure({ ...slow, shortestRestMs: 60_000 });
  for (let look = 1; look <= 5; look++) await figure.read();
  expect(counts()).toBe(1);
});

test("all who look at once share a count", async () => {
  const { figure, counts } = aFigure(slow);
  await Promise.all(Array.from({ length: 50 }, () => figure.read()));
  expect(counts()).toBeLessThanOrEqual(2);
});

test("a count that fails leaves the one before, and the first one's fault is told", async () => {
  const { figure, fail } = aFigure(slow);
  await figure.read();
  fail();
  await figure.read();
  expect(await figure.read()).toEqual({ value: 1, asOf: monday });
  const other = aFigure();
  other.fail();
  await expect(other.figure.read()).rejects.toThrow("the database is gone");
});

test("a page is as old as the oldest figure on it", () => {
  const [now, then] = [
    { value: 1, asOf: null },
    { value: 1, asOf: monday },
  ];
  expect(oldestOf(now)).toBeNull();
  expect(oldestOf(now, { value: 1, asOf: later(monday, { hours: 1 }) }, then)).toEqual(monday);
});
