import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Condition, Test } from "../../src/journey/condition.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { Population, ago, anEvent, field, lasting, not, now, test as tests } from "./population.ts";

const people = new Population(await aDatabase());

describe("how often", () => {
  beforeAll(async () => {
    await freshTables(people.database);
    for (const [times, name] of ["None", "Once", "Twice", "Thrice"].entries()) {
      await people.customer(name);
      for (let i = 0; i < times; i++) await people.event(name, "viewed", ago(`${i + 1} days`));
      await people.event(name, "searched", ago("1 day"));
    }
  });

  const counts: readonly [Parameters<typeof tests>[0], readonly string[]][] = [
    [{ gte: 1 }, ["Once", "Thrice", "Twice"]],
    [{ gte: 2 }, ["Thrice", "Twice"]],
    [{ gt: 2 }, ["Thrice"]],
    [{ eq: 2 }, ["Twice"]],
    [{ gte: 2, lt: 3 }, ["Twice"]],
    [{ in: [1, 3] }, ["Once", "Thrice"]],
    [{ eq: 0 }, ["None"]],
    [{ lt: 1 }, ["None"]],
    [{ lt: 2 }, ["None", "Once"]],
    [{ lte: 2 }, ["None", "Once", "Twice"]],
    [{ ne: 2 }, ["None", "Once", "Thrice"]],
    [{ ne: 0 }, ["Once", "Thrice", "Twice"]],
    [{ in: [0, 3] }, ["None", "Thrice"]],
    [{ not_in: [0, 3] }, ["Once", "Twice"]],
    [{ not_in: [1, 3] }, ["None", "Twice"]],
    [{ gte: 0 }, ["None", "Once", "Thrice", "Twice"]],
    [{ lt: 0 }, []],
    [{}, ["Once", "Thrice", "Twice"]],
  ];
  test.each(counts)("count %o holds of %j", async (count, expected) => {
    expect(await people.who(anEvent("viewed", { count: tests(count) }))).toEqual(expected);
  });

  test("an event that nobody did counts as zero", async () => {
    expect(await people.who(anEvent("flown"))).toEqual([]);
    expect(await people.who(anEvent("flown", { count: tests({ eq: 0 }) }))).toHaveLength(4);
  });

  test("counts may stand anywhere among other conditions", async () => {
    const often = anEvent("viewed", { count: tests({ gte: 2 }) });
    const once = anEvent("viewed", { count: tests({ eq: 1 }) });
    const never = anEvent("viewed", { count: tests({ lt: 1 }) });
    const isOnce = field("external_id", { eq: "Once" });
    expect(await people.who({ kind: "any", of: [often, isOnce] })).toEqual([
      "Once",
      "Thrice",
      "Twice",
    ]);
    expect(await people.who(not({ kind: "any", of: [often, never] }))).toEqual(["Once"]);
    expect(await people.who({ kind: "all", of: [not(often), not(once)] })).toEqual(["None"]);
  });
});

describe("when", () => {
  beforeEach(async () => {
    await freshTables(people.database);
    await people.customer("Ann");
  });

  const windows: readonly [string, string, Date, boolean][] = [
    ["exactly 90 days ago", "90 days", ago("90 days"), true],
    ["a millisecond more than 90 days ago", "90 days", ago("90 days", 1), false],
    ["exactly 90 minutes ago", "90 minutes", ago("90 minutes"), true],
    ["a millisecond more than 90 minutes ago", "90 minutes", ago("90 minutes", 1), false],
    ["a calendar month ago", "1 month", new Date("2026-10-01T12:00:00.000Z"), true],
    ["a millisecond before that", "1 month", new Date("2026-10-01T11:59:59.999Z"), false],
    ["this instant", "1 day", now, true],
    ["a minute ahead, by another clock", "1 day", new Date(now.getTime() + 60_000), true],
    ["in the future", "1 day", new Date(now.getTime() + 60_001), false],
  ];
  test.each(windows)("%s, asked within %s", async (_, within, at, expected) => {
    await people.event("Ann", "viewed", at);
    expect(await people.who(anEvent("viewed", { within: lasting(within) }))).toEqual(
      expected ? ["Ann"] : [],
    );
  });

  test("a virtual clock does not see what is still to come", async () => {
    await people.event("Ann", "viewed", ago("1 day"));
    const earlier = { now: ago("2 days") };
    expect(await people.who(anEvent("viewed"), earlier)).toEqual([]);
    expect(await people.who(anEvent("viewed", { count: tests({ eq: 0 }) }), earlier)).toEqual([
      "Ann",
    ]);
  });

  const edges: readonly [string, Partial<Extract<Condition, { kind: "event" }>>, boolean][] = [
    ["first before 20 days", { first: tests({ before: lasting("20 days") }) }, true],
    ["first before 30 days", { first: tests({ before: lasting("30 days") }) }, false],
    ["first within 30 days", { first: tests({ within: lasting("30 days") }) }, true],
    ["last within 10 days", { last: tests({ within: lasting("10 days") }) }, true],
    ["last before 10 days", { last: tests({ before: lasting("10 days") }) }, false],
    ["last after a day", { last: tests({ after: "2026-10-21" }) }, true],
    [
      "first and last",
      { first: tests({ eq: "2026-10-02" }), last: tests({ eq: "2026-10-22" }) },
      true,
    ],
    [
      "last and too few",
      { last: tests({ within: lasting("10 days") }), count: tests({ gte: 3 }) },
      false,
    ],
    ["last of none", { name: "flown", last: tests({ before: lasting("1 day") }) }, false],
    [
      "last of none, though none would do",
      { name: "flown", last: tests({ before: lasting("1 day") }), count: tests({ gte: 0 }) },
      false,
    ],
  ];
  test.each(edges)("events 30 and 10 days ago: %s", async (_, asked, expected) => {
    await people.event("Ann", "viewed", ago("30 days"));
    await people.event("Ann", "viewed", ago("10 days"));
    expect(await people.who({ ...anEvent("viewed"), ...asked } as Condition)).toEqual(
      expected ? ["Ann"] : [],
    );
  });
});

describe("what they carried", () => {
  beforeAll(async () => {
    await freshTables(people.database);
    await people.customer("Ann");
    const at = ago("1 day");
    await people.event("Ann", "viewed", at, {
      path: "/shop/a",
      total: 50,
      items: ["x"],
      "a'b\"%": "odd",
    });
    await people.event("Ann", "viewed", at, { path: "/help", total: "49.99" });
    await people.event("Ann", "viewed", at, { total: "many" });
  });

  const wheres: readonly [Readonly<Record<string, Test>>, number][] = [
    [{}, 3],
    [{ path: tests({ starts_with: "/shop" }) }, 1],
    [{ path: tests({ ne: "/help" }) }, 2],
    [{ path: tests({ exists: true }) }, 2],
    [{ total: tests({ gte: 49.99 }) }, 2],
    [{ total: tests({ gte: 50 }) }, 1],
    [{ total: tests({ lt: 50 }), path: tests({ eq: "/help" }) }, 1],
    [{ items: tests({ contains: "x" }) }, 1],
    [{ "a'b\"%": tests({ eq: "odd" }) }, 1],
  ];
  test.each(wheres)("where %j leaves %i", async (where, left) => {
    expect(await people.who(anEvent("viewed", { where, count: tests({ eq: left }) }))).toEqual([
      "Ann",
    ]);
  });
});
