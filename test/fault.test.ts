import { afterEach, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { armFaults, faultPoint, readFaults } from "../src/fault.ts";

afterEach(() => armFaults([]));

test("a place where nothing was asked for is not even waited at", () => {
  expect(faultPoint("after-claim")).toBeUndefined();
});

test("a fault strikes once, at its place and passing", async () => {
  armFaults([{ point: "sweep", action: "lost", passing: 2 }]);
  expect(faultPoint("sweep")).toBeUndefined();
  expect(faultPoint("after-claim")).toBeUndefined();
  await expect(faultPoint("sweep")).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(faultPoint("sweep")).toBeUndefined();
});

test("what hangs goes on when other faults are armed", async () => {
  armFaults([{ point: "sweep", action: "hang", passing: 1 }]);
  const hung = faultPoint("sweep");
  armFaults([]);
  await expect(hung).resolves.toBeUndefined();
});

test("faults are read from the environment", () => {
  expect(
    readConfig("/nowhere", { WAYPOST_FAULTS: "after-claim:kill, sweep:hang:3" }).environment
      .WAYPOST_FAULTS,
  ).toEqual([
    { point: "after-claim", action: "kill", passing: 1 },
    { point: "sweep", action: "hang", passing: 3 },
  ]);
});

test.each([
  ["after-clam:kill", 'got "after-clam:kill"; did you mean "after-claim"?'],
  ["sweep:explode", 'got "sweep:explode"'],
  ["sweep:kill:0", 'got "sweep:kill"'],
  ["", 'got ":"'],
])("%s is refused with what it should be", (text, complaint) => {
  expect(readFaults(text)).toContain(complaint);
});
