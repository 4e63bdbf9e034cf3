import { expect, test } from "vitest";
import { playPatiently } from "../../chaos/play.ts";
import type { Result } from "../../chaos/scenario.ts";

const passed: Result = {
  scenario: "database",
  queues: "redis",
  proves: ["G4"],
  seed: "7",
  customers: 100,
  requests: 100,
  seconds: 1,
  lost: 0,
  doubled: 0,
  unknown: 0,
  violations: 0,
  faults: [],
  notes: ["3 strikes"],
};
const slow: Result = { ...passed, faults: ["after strike 1 nobody was called for 31000 ms"] };
const broken: Result = { ...passed, doubled: 1, violations: 1, faults: ["I2: taken twice"] };

/** Plays these results, one after another. */
async function playInTurn(...results: readonly Result[]) {
  const left = [...results];
  const result = await playPatiently(async () => left.shift() ?? passed);
  return { result, plays: results.length - left.length };
}

test("a scenario that passes is played once", async () => {
  expect(await playInTurn(passed, broken)).toEqual({ result: passed, plays: 1 });
});

test("a time that was not kept is tried again, and told even when it is kept then", async () => {
  const { result, plays } = await playInTurn(slow, passed);
  expect(plays).toBe(2);
  expect(result.faults).toEqual([]);
  expect(result.notes).toEqual(["3 strikes", `at first: ${slow.faults[0]}`]);
});

test("a time that is not kept twice fails", async () => {
  expect((await playInTurn(slow, slow)).result.faults).toEqual(slow.faults);
});

test("nobody gets a second chance who lost or doubled a message", async () => {
  expect(await playInTurn(broken, passed)).toEqual({ result: broken, plays: 1 });
});
