import { expect, test } from "vitest";
import { sampleSize } from "../../src/plan/sample-size.ts";

test("halves of a test of 10% against 15% are 686 each, as the tables say", () => {
  expect(sampleSize(0.1, 0.15, 0.5)).toBe(2 * 686);
});

test("a small holdout needs more customers in all than halves do", () => {
  const halves = sampleSize(0.05, 0.08, 0.5) ?? 0;
  expect(sampleSize(0.05, 0.08, 0.1)).toBeGreaterThan(2 * halves);
});

test("the smaller the lift, the more customers it takes", () => {
  expect(sampleSize(0.05, 0.06, 0.1)).toBeGreaterThan(sampleSize(0.05, 0.1, 0.1) ?? 0);
});

test("no number of customers shows what is not there, or what is not measured", () => {
  expect(sampleSize(0.05, 0.05, 0.1)).toBe(undefined);
  expect(sampleSize(0.05, 0.06, 0)).toBe(undefined);
});
