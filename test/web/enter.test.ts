import { beforeEach, expect, test } from "vitest";
import { applyJourneys } from "../../src/enrollment/apply.ts";
import { archiveJourney, pauseJourney } from "../../src/enrollment/journey-state.ts";
import { createApiKey } from "../../src/web/api-key.ts";
import { written } from "../enrollment/shop.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, monday } from "../support/people.ts";
import { aDoor } from "./door.ts";

const database = await aDatabase();
const door = await aDoor(database);
let apiKey = "";
beforeEach(async () => {
  await freshTables(database);
  apiKey = await createApiKey(database, "shop", monday);
  door.woken.length = 0;
});

const ask = async (journey: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await door.post(
    `/v1/journeys/${encodeURIComponent(journey)}/enter`,
    typeof body === "string" ? body : JSON.stringify(body),
    { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...headers },
  );
  return { status: response.status, ...((await response.json()) as { error?: string }) };
};

const opens = (start = "{ request: true, again: always }", more = "") =>
  applyJourneys(
    database,
    [
      written(`
journey: reset
${more}
start: ${start}
steps: [{ send: reset-link, by: email }]`),
    ],
    monday,
  );

const enrollments = () => database.selectFrom("enrollments").selectAll().orderBy("id").execute();

test("a request lets the customer in with what it carries, and sets the engine going", async () => {
  await opens();
  await aCustomer(database, { external_id: "c-17" });
  expect(await ask("reset", { userId: "c-17", key: "r-1", data: { code: "88" } })).toEqual({
    status: 200,
    journey: "reset",
    userId: "c-17",
    enrollment: "1",
    enteredAt: monday.toISOString(),
    leftAlone: null,
  });
  expect(await enrollments()).toMatchObject([
    { entry_key: "request:r-1", entry: { code: "88" }, state: "entered" },
  ]);
  expect(door.woken).toEqual(["advance"]);
});

test("a key that means nothing here is refused, with the one that was probably meant", async () => {
  await opens();
  await aCustomer(database, { external_id: "c-17" });
  const told = (more: object) => ask("reset", { userId: "c-17", key: "r-1", ...more });
  expect(await told({ properties: { code: "88" } })).toEqual({
    status: 400,
    error: '"properties": no such key; did you mean "data"?',
  });
  expect(await told({ colour: "blue" })).toEqual({
    status: 400,
    error: '"colour": no such key; there are userId, key, data',
  });
  expect(await enrollments()).toEqual([]);
});

test("the same key again is answered the same and changes nothing, even when the journey is paused", async () => {
  await opens();
  await aCustomer(database, { external_id: "c-17" });
  const request = { userId: "c-17", data: { code: "88" } };
  const key = { "idempotency-key": "r-1" };
  const first = await ask("reset", request, key);
  expect(await ask("reset", request, key)).toEqual(first);
  await pauseJourney(database, "reset", monday);
  expect(await ask("reset", request, key)).toEqual(first);
  expect(await ask("reset", { ...request, key: "r-2" })).toEqual({
    status: 409,
    error: 'journey "reset": it is paused',
  });
  expect(await enrollments()).toHaveLength(1);
});

test("ten requests at once of one key, and of ten keys where only one may come in, are one passage", async () => {
  await opens("{ request: true, again: never }");
  await aCustomer(database, { external_id: "c-17" });
  await aCustomer(database, { external_id: "c-18" });
  const same = await Promise.all(
    Array.from({ length: 10 }, () => ask("reset", { userId: "c-17", key: "r" })),
  );
  expect(new Set(same.map((one) => JSON.stringify(one))).size).toBe(1);
  const others = await Promise.all(
    Array.from({ length: 10 }, (_, nth) => ask("reset", { userId: "c-18", key: `r-${nth}` })),
  );
  expect(others.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    200,
    ...Array<number>(9).fill(409),
  ]);
  expect(others.find(({ status }) => status === 409)?.error).toContain(
    "let in before (again: never)",
  );
  expect(await enrollments()).toHaveLength(2);
});

test("each refusal says what is wrong", async () => {
  await opens("{ request: true, again: after 30 days, if: { customer.country: GB } }");
  await aCustomer(database, { external_id: "c-17", country: "GB" });
  await aCustomer(database, { external_id: "c-18", country: "FR" });
  const good = { userId: "c-17", key: "r-1" };
  expect(await ask("rest", good)).toEqual({
    status: 404,
    error: 'journey "rest": no such journey is applied; did you mean "reset"?',
  });
  expect(await ask("reset", { ...good, userId: "c-99" })).toMatchObject({ status: 422 });
  expect(await ask("reset", { ...good, userId: "c-18" })).toEqual({
    status: 409,
    error: 'journey "reset": the customer does not meet its condition (if)',
  });
  await ask("reset", good);
  expect(await ask("reset", { ...good, key: "r-2" })).toMatchObject({
    status: 409,
    error: expect.stringContaining("again: after 30 days"),
  });
  await archiveJourney(database, "reset", monday);
  expect(await ask("reset", { ...good, key: "r-3" })).toMatchObject({
    error: 'journey "reset": it is archived',
  });
  await opens("{ on: signed_up }");
  expect(await ask("reset", good)).toMatchObject({
    status: 409,
    error: expect.stringContaining("not by request"),
  });
});

test("what is no request is refused before anything is looked at", async () => {
  await opens();
  await aCustomer(database, { external_id: "c-17" });
  for (const body of [
    "[]",
    "{}",
    { userId: "c-17" },
    { userId: "c-17", key: "" },
    { userId: "c-17", key: "k".repeat(201) },
    { userId: "", key: "k" },
    { userId: {}, key: "k" },
    { userId: "c-17", key: "k", data: [] },
    { userId: "c-17", key: "k", data: { text: "a\0b" } },
    { userId: "c-17\0", key: "k" },
    '{"userId":"c-17","key":"k","data":{"__proto__":1}}',
    "not json",
  ])
    expect(await ask("reset", body)).toMatchObject({ status: 400 });
  const strange = await ask("re\0set", { userId: "c-17", key: "k" });
  expect(strange.status).toBe(400);
  expect(await enrollments()).toEqual([]);
  apiKey = "wrong";
  expect(await ask("reset", { userId: "c-17", key: "k" })).toMatchObject({ status: 401 });
});
