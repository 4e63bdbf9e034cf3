import { sql } from "kysely";
import { beforeEach, expect, test } from "vitest";
import { refreshSegments } from "../../src/audience/refresh-segments.ts";
import { saveSegments } from "../../src/audience/save-segments.ts";
import { listSegments, membersOf } from "../../src/audience/segment.ts";
import type { Condition } from "../../src/journey/condition.ts";
import type { Segment } from "../../src/journey/read-segment.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { Population, ago, anEvent, field, lasting, not, now, test as tests } from "./population.ts";

const people = new Population(await aDatabase());
const { database } = people;

beforeEach(async () => {
  await freshTables(database);
  for (const [name, country] of [
    ["Ann", "GB"],
    ["Bob", "GB"],
    ["Cid", "DE"],
  ] as const)
    await people.customer(name, { country });
});

function segment(name: string, condition: Condition): Segment {
  return { name, describe: null, condition, file: `workflows/segments/${name}.yaml` };
}

const british = segment("british", field("country", { eq: "GB" }));
const recent = segment(
  "recent",
  anEvent("viewed", { within: lasting("7 days"), count: tests({ gte: 2 }) }),
);
const later = (days: number) => new Date(now.getTime() + days * 86_400_000);

async function members(name: string): Promise<readonly string[]> {
  const page = await membersOf(database, name, { limit: 10 });
  const customers = await database.selectFrom("customers").select(["id", "external_id"]).execute();
  return page.map(
    ({ customerId }) => customers.find(({ id }) => id === customerId)?.external_id ?? "?",
  );
}

async function history(name: string) {
  const { rows } = await sql<{ customer: string; entered_at: Date; left_at: Date | null }>`
    select customer.external_id as customer, entered_at, left_at
    from segment_members join segments on segments.id = segment_id join customers customer on customer.id = customer_id
    where segments.name = ${name} order by entered_at, 1`.execute(database);
  return rows;
}

test("a refresh keeps who entered, and says how many", async () => {
  await saveSegments(database, [british], now);
  expect(await listSegments(database)).toMatchObject([{ ...british, size: 0, refreshedAt: null }]);
  expect(await refreshSegments(database, now)).toEqual([
    { name: "british", entered: 2, left: 0, size: 2, failure: null },
  ]);
  expect(await members("british")).toEqual(["Ann", "Bob"]);
  const [kept] = await listSegments(database);
  expect(kept).toMatchObject({ size: 2, refreshedAt: now, failure: null });
  expect(kept?.refreshMs).toBeGreaterThanOrEqual(0);
});

test("a second refresh changes only what changed", async () => {
  await saveSegments(database, [british], now);
  await refreshSegments(database, now);
  await sql`update customers set country = case external_id when 'Ann' then 'FR' when 'Cid' then 'GB' else country end`.execute(
    database,
  );
  expect(await refreshSegments(database, later(1))).toMatchObject([
    { entered: 1, left: 1, size: 2 },
  ]);
  expect(await history("british")).toEqual([
    { customer: "Ann", entered_at: now, left_at: later(1) },
    { customer: "Bob", entered_at: now, left_at: null },
    { customer: "Cid", entered_at: later(1), left_at: null },
  ]);
  expect(await refreshSegments(database, later(2))).toMatchObject([
    { entered: 0, left: 0, size: 2 },
  ]);
});

test("time alone makes customers leave, and what they do brings them back", async () => {
  await saveSegments(database, [recent], now);
  await people.event("Ann", "viewed", ago("1 hour"));
  await people.event("Ann", "viewed", ago("1 day"));
  expect(await refreshSegments(database, now)).toMatchObject([{ entered: 1, size: 1 }]);
  expect(await refreshSegments(database, later(6))).toMatchObject([{ left: 0, size: 1 }]);
  expect(await refreshSegments(database, later(6.1))).toMatchObject([{ left: 1, size: 0 }]);
  await people.event("Ann", "viewed", later(6));
  await people.event("Ann", "viewed", later(7));
  expect(await refreshSegments(database, later(7))).toMatchObject([{ entered: 1, size: 1 }]);
  expect((await history("recent")).map(({ left_at }) => left_at)).toEqual([later(6.1), null]);
});

test("leaving and coming back within one instant is as if nothing had been", async () => {
  await saveSegments(database, [british], now);
  for (const country of ["GB", "FR", "GB"]) {
    await sql`update customers set country = ${country} where external_id = 'Ann'`.execute(
      database,
    );
    await refreshSegments(database, now);
  }
  expect(await history("british")).toHaveLength(2);
  expect(await members("british")).toEqual(["Ann", "Bob"]);
});

test("a segment whose file is gone loses its members, and gets new ones when it is back", async () => {
  await saveSegments(database, [british], now);
  await refreshSegments(database, now);
  await saveSegments(database, [], later(1));
  expect(await listSegments(database)).toEqual([]);
  expect(await history("british")).toMatchObject([{ left_at: later(1) }, { left_at: later(1) }]);
  await expect(membersOf(database, "british", { limit: 1 })).rejects.toThrow('got "british"');
  await saveSegments(database, [british], later(2));
  expect(await refreshSegments(database, later(2))).toMatchObject([{ entered: 2, size: 2 }]);
});

test("a changed condition waits for its refresh, an unchanged one does not", async () => {
  await saveSegments(database, [british, recent], now);
  await refreshSegments(database, now);
  const german = { ...british, condition: field("country", { eq: "DE" }) };
  await saveSegments(database, [german, { ...recent, describe: "Came by lately" }], now);
  const kept = await listSegments(database);
  expect(kept.map(({ refreshedAt }) => refreshedAt)).toEqual([null, now]);
  expect(kept[1]?.describe).toBe("Came by lately");
  expect(await refreshSegments(database, later(1), ["british"])).toMatchObject([
    { entered: 1, left: 2, size: 1 },
  ]);
});

test("segments that ask for others are refreshed after them", async () => {
  const foreign = segment("a-foreign", not({ kind: "segment", name: "british" }));
  const both = segment("b-both", {
    kind: "any",
    of: [
      { kind: "segment", name: "a-foreign" },
      { kind: "segment", name: "british" },
    ],
  });
  await saveSegments(database, [both, foreign, british], now);
  const refreshed = await refreshSegments(database, now);
  expect(refreshed.map(({ name, size }) => [name, size])).toEqual([
    ["british", 2],
    ["a-foreign", 1],
    ["b-both", 3],
  ]);
});

test("all mistakes are told at once, and nothing is saved", async () => {
  const asks = (name: string): Condition => ({ kind: "all", of: [{ kind: "segment", name }] });
  const saving = saveSegments(
    database,
    [
      british,
      { ...british, file: "twice.yaml" },
      segment("a", asks("b")),
      segment("b", asks("a")),
      segment("c", asks("britich")),
      segment("d", field("contry", { eq: "GB" })),
    ],
    now,
  );
  const error = await saving.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "WAYPOST_MISTAKES" });
  expect(String(error)).toContain(
    'twice.yaml:1 expected a name of its own, got "british", which workflows/segments/british.yaml has',
  );
  expect(String(error)).toContain(
    "a.yaml:1 expected segments that end somewhere, found a circle: a -> b -> a",
  );
  expect(String(error)).toContain(
    'c.yaml:1 segment britich: expected a segment (british, british, a, b, c, d), got "britich". Did you mean "british"?',
  );
  expect(String(error)).toContain("d.yaml:1 customer.contry: expected a field of the customer");
  expect(await listSegments(database)).toEqual([]);
});

test("a segment that fails keeps its members, says why, and harms no other", async () => {
  const broken = segment("broken", { kind: "sql", sql: "1 / (customer.id - customer.id) > 0" });
  await saveSegments(database, [{ ...broken, condition: british.condition }], now);
  await refreshSegments(database, now);
  await saveSegments(database, [broken, british], now);
  const [first, second] = await refreshSegments(database, later(1));
  expect(first).toMatchObject({ name: "british", size: 2, failure: null });
  expect(second).toMatchObject({ name: "broken", size: 2, failure: "division by zero" });
  expect(await members("broken")).toEqual(["Ann", "Bob"]);
  expect((await listSegments(database))[1]).toMatchObject({
    failure: "division by zero",
    refreshedAt: null,
  });
});

test("a failure does not quote the customer's value it failed at", async () => {
  const number = segment("number", { kind: "sql", sql: "customer.country::int > 3" });
  await saveSegments(database, [number], now);
  expect(await refreshSegments(database, now)).toMatchObject([
    { failure: 'invalid input syntax for type integer: "…"' },
  ]);
});

test("a failure is forgotten once the refresh succeeds", async () => {
  await saveSegments(database, [british], now);
  await sql`update segments set failure = 'the disk was full'`.execute(database);
  await refreshSegments(database, now);
  expect((await listSegments(database))[0]?.failure).toBeNull();
});

test("an operator's own SQL fills a segment, but cannot write", async () => {
  const own = segment("own", {
    kind: "sql",
    sql: "customer.created_at <= :now and customer.country = 'DE'",
  });
  const writes = segment("writes", { kind: "sql", sql: "nextval('event_ids') > 0" });
  await saveSegments(database, [own, writes], now);
  expect(await refreshSegments(database, now)).toMatchObject([
    { name: "own", size: 1, failure: null },
    { name: "writes", size: 0, failure: "permission denied for sequence event_ids" },
  ]);
  expect(await members("own")).toEqual(["Cid"]);
  expect(await refreshSegments(database, now, ["own"])).toMatchObject([
    { entered: 0, left: 0, size: 1 },
  ]);
});

test("two workers do not refresh the same segment, and neither waits", async () => {
  await saveSegments(database, [british], now);
  const key = sql`hashtextextended(current_schema() || '.segment.british', 0)`;
  await database.connection().execute(async (other) => {
    await sql`select pg_advisory_lock(${key})`.execute(other);
    expect(await refreshSegments(database, now)).toEqual([]);
    await sql`select pg_advisory_unlock(${key})`.execute(other);
  });
  expect(await refreshSegments(database, now)).toMatchObject([{ entered: 2 }]);
});

test("members are read page by page", async () => {
  await saveSegments(database, [segment("all", { kind: "all", of: [] })], now);
  await refreshSegments(database, now);
  const first = await membersOf(database, "all", { limit: 2 });
  expect(first).toEqual([
    { customerId: "1", enteredAt: now },
    { customerId: "2", enteredAt: now },
  ]);
  expect(await membersOf(database, "all", { limit: 2, after: "2" })).toMatchObject([
    { customerId: "3" },
  ]);
});

test("a segment that does not exist is named, with the one that was meant", async () => {
  await saveSegments(database, [british], now);
  await expect(refreshSegments(database, now, ["britsh"])).rejects.toThrow(
    'got "britsh". Did you mean "british"?',
  );
  await expect(membersOf(database, "x", { limit: 1 })).rejects.toMatchObject({
    code: "WAYPOST_NOT_FOUND",
  });
});
