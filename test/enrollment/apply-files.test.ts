import { sql } from "kysely";
import { expect, test } from "vitest";
import { refreshSegments } from "../../src/audience/refresh-segments.ts";
import { listSegments } from "../../src/audience/segment.ts";
import { applyFiles } from "../../src/enrollment/apply-files.ts";
import { refuseMoved } from "../../src/enrollment/expected.ts";
import type { Condition } from "../../src/journey/condition.ts";
import { aCustomer } from "../support/people.ts";
import { aShop, written } from "./shop.ts";

const shop = await aShop();

const segment = (condition: Condition, name = "local") => ({
  name,
  describe: null,
  file: `workflows/segments/${name}.yaml`,
  condition,
});
const from = (...value: string[]): Condition => ({
  kind: "customer",
  field: "country",
  test: [{ op: "in", value }],
});
const byOwnSql = (text: string): Condition => ({ kind: "sql", sql: text });

const onLocal = "journey: hello\nstart: { segment: local }\nsteps: [{ send: hello, by: email }]";
const onEvent = (wait: string, migrate = "") =>
  `journey: hello\nstart: { on: signed_up }\n${migrate}\nsteps: [{ wait: 1 day }, { send: ${wait}, by: email }]`;

const apply = (text: string, ...segments: readonly ReturnType<typeof segment>[]) =>
  applyFiles(shop.database, { journeys: [written(text)], segments, templates: [] }, shop.now);

const sizes = async () =>
  (await listSegments(shop.database)).map(({ name, size }) => `${name} ${size}`);

test("whoever is in a new segment has not come in since the journey was applied", async () => {
  await aCustomer(shop.database, { country: "GB" });
  await apply(onLocal, segment(byOwnSql("customer.country = 'GB'")));
  expect(await sizes()).toEqual(["local 1"]);
  shop.now = new Date(shop.now.getTime() + 300_000);
  await aCustomer(shop.database, { country: "GB" });
  await refreshSegments(shop.database, shop.now);
  expect(await shop.open("hello")).toBe(1);
});

test("a segment that cannot be filled lets nothing be applied", async () => {
  await aCustomer(shop.database, { country: "GB" });
  const refused = apply(onLocal, segment(byOwnSql("1 / (customer.id - customer.id) = 1")));
  await expect(refused).rejects.toThrow(
    "workflows/segments/local.yaml:1 if: expected a condition that the database can answer, it says: division by zero",
  );
  expect(await sizes()).toEqual([]);
  expect(await shop.database.selectFrom("journeys").select("id").execute()).toEqual([]);
});

test("an operator's own SQL cannot write while it is applied either, and what follows it can", async () => {
  await aCustomer(shop.database, { country: "GB" });
  const writes = segment(byOwnSql("nextval('event_ids') > 0"), "writes");
  await expect(apply(onLocal, segment(from("GB")), writes)).rejects.toThrow(
    "permission denied for sequence",
  );
  const own = segment(byOwnSql("customer.country = 'GB'"), "a-own");
  await apply(onLocal, own, segment({ kind: "segment", name: "a-own" }));
  expect(await sizes()).toEqual(["a-own 1", "local 1"]);
});

test("a worker that is at the segment does not put the filling off", async () => {
  await aCustomer(shop.database, { country: "GB" });
  const key = sql`hashtextextended(current_schema() || '.segment.local', 0)`;
  await shop.database.connection().execute(async (worker) => {
    await sql`select pg_advisory_lock(${key})`.execute(worker);
    await apply(onLocal, segment(from("GB")));
    await sql`select pg_advisory_unlock(${key})`.execute(worker);
  });
  shop.now = new Date(shop.now.getTime() + 300_000);
  await refreshSegments(shop.database, shop.now);
  expect(await shop.open("hello")).toBe(0);
});

test("a segment that asks for a changed one is filled with it", async () => {
  await aCustomer(shop.database, { country: "IE" });
  const both = segment({ kind: "segment", name: "local" }, "both");
  await apply(onLocal, segment(from("GB")), both);
  expect(await sizes()).toEqual(["both 0", "local 0"]);
  await apply(onLocal, segment(from("GB", "IE")), both);
  expect(await sizes()).toEqual(["both 1", "local 1"]);
});

test("a worker that worked out the members of the condition before keeps none of them", async () => {
  await aCustomer(shop.database, { country: "IE" });
  await apply(onLocal, segment(from("GB")));
  let refreshed: ReturnType<typeof refreshSegments> | undefined;
  await shop.database.transaction().execute(async (applying) => {
    await sql`update segments set condition = ${JSON.stringify(from("IE"))}`.execute(applying);
    refreshed = refreshSegments(shop.database, shop.now);
    await expect
      .poll(async () => {
        const { rows } = await sql<{ waiting: boolean }>`
          select exists (select from pg_locks where not granted) as waiting`.execute(applying);
        return rows[0]?.waiting;
      })
      .toBe(true);
  });
  expect(await refreshed).toEqual([]);
  expect(await sizes()).toEqual(["local 0"]);
});

test("customers without a destination, or a plan that is stale, leave segments as they were", async () => {
  await apply(onEvent("reminder"), segment(from("GB")));
  const ada = await aCustomer(shop.database, { country: "IE" });
  await shop.happens(ada, "signed_up");
  await shop.live();
  const moved = apply(onEvent("letter", "migrate: all"), segment(from("IE")));
  await expect(moved).rejects.toThrow("expected a destination");
  expect(await sizes()).toEqual(["local 0"]);
  const files = { journeys: [written(onEvent("reminder"))], segments: [], templates: [] };
  const stale = applyFiles(shop.database, files, shop.now, async (transaction) => {
    await refuseMoved(transaction, []);
    return [];
  });
  await expect(stale).rejects.toThrow("Nothing was applied");
  expect(await sizes()).toEqual(["local 0"]);
});
