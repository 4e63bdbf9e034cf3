import { describe, expect, test } from "vitest";
import {
  type Installation,
  type Stamp,
  type Whereabouts,
  whyRestored,
} from "../../src/database/installation.ts";
import { later, monday } from "../support/people.ts";

const found: Installation = {
  id: "a",
  system: "7001",
  databaseOid: "16384",
  timeline: "00000001",
  beat: "900",
  beatAt: monday,
  restoredAt: null,
  restoredWhy: null,
};
const here: Whereabouts = {
  system: "7001",
  databaseOid: "16384",
  timeline: "00000001",
  now: later(monday, { seconds: 40 }),
};
const stamp: Stamp = { id: "a", beat: "900", at: monday, where: "Redis" };

test("a restart, however long it took, is no restore", () => {
  expect(whyRestored(found, here, [stamp])).toBeNull();
  expect(whyRestored(found, { ...here, now: later(monday, { days: 90 }) }, [])).toBeNull();
});

test("a dump in another server is one, and so is a copy beside the original", () => {
  expect(whyRestored(found, { ...here, system: "7002" }, [])).toContain("another server");
  expect(whyRestored(found, { ...here, databaseOid: "16999" }, [])).toContain("another database");
});

test("a server that keeps its identity to itself is judged by the rest", () => {
  expect(whyRestored(found, { ...here, system: null }, [])).toBeNull();
  expect(whyRestored({ ...found, system: null }, here, [stamp])).toBeNull();
});

describe("a snapshot that was put back", () => {
  test("is told by what was seen outside, and says when and where", () => {
    const seen = { ...stamp, beat: "1000", at: later(monday, { hours: 1 }) };
    expect(whyRestored(found, here, [seen])).toBe(
      "it ends at heartbeat 900 of 2026-01-12T12:00:00Z, and Redis has seen heartbeat 1000 of 2026-01-12T13:00:00Z",
    );
  });

  test("is not told by what was seen of another installation", () => {
    expect(whyRestored(found, here, [{ ...stamp, id: "b", beat: "1000" }])).toBeNull();
  });
});

describe("a server that was recovered", () => {
  const failedOver = { ...here, timeline: "00000002" };

  test("in moments has failed over", () => {
    expect(whyRestored(found, failedOver, [])).toBeNull();
  });

  test("to a point long past is restored", () => {
    const now = later(monday, { minutes: 6 });
    expect(whyRestored(found, { ...failedOver, now }, [])).toContain("00000002");
  });

  test("late, with all that the workers had seen of it, has failed over", () => {
    const now = later(monday, { hours: 3 });
    expect(whyRestored(found, { ...failedOver, now }, [stamp])).toBeNull();
    const old = { ...stamp, beat: "100", at: later(monday, { hours: -7 }) };
    expect(whyRestored(found, { ...failedOver, now }, [old])).toContain("recovered");
  });
});
