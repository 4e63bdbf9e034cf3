import { beforeEach, expect, test } from "vitest";
import { createApiKey, revokeApiKeys } from "../../src/web/api-key.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { monday } from "../support/people.ts";
import { aDoor } from "./door.ts";

const database = await aDatabase();
const door = await aDoor(database);
let key = "";
beforeEach(async () => {
  await freshTables(database);
  key = await createApiKey(database, "shop", monday);
  door.woken.length = 0;
});

const send = (path: string, body: unknown, authorization = `Bearer ${key}`) =>
  door.post(path, typeof body === "string" ? body : JSON.stringify(body), {
    authorization,
    "content-type": "application/json",
    "sec-fetch-site": "cross-site",
  });
const customers = () => database.selectFrom("customers").selectAll().orderBy("id").execute();
const events = () => database.selectFrom("events").selectAll().execute();

test("an event over HTTP creates its customer, and wakes the journeys that hear it", async () => {
  await database.insertInto("heard_events").values({ name: "signed_up" }).execute();
  const response = await send("/v1/track", { userId: "c-1", event: "signed_up", messageId: "m-1" });
  expect([response.status, await response.json()]).toEqual([
    200,
    { accepted: 1, duplicates: 0, errors: [] },
  ]);
  expect(await customers()).toMatchObject([{ external_id: "c-1" }]);
  expect(door.woken).toEqual(["react"]);
});

test("a key may come as a Segment client sends it", async () => {
  const basic = `Basic ${Buffer.from(`${key}:`).toString("base64")}`;
  const traits = { email: "Ada@Example.com" };
  expect((await send("/v1/identify", { userId: "c-1", traits }, basic)).status).toBe(200);
  expect(await customers()).toMatchObject([{ email: "ada@example.com" }]);
});

test("without a key that holds nothing is taken, and the answer says how to get one", async () => {
  await createApiKey(database, "old", monday);
  const old = await createApiKey(database, "gone", monday);
  await revokeApiKeys(database, "gone", monday);
  for (const authorization of ["", "Bearer nonsense", `Bearer ${old}`, "Basic ", "Bearer"]) {
    const response = await send("/v1/track", { userId: "c-1", event: "x" }, authorization);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("waypost key create");
  }
  expect(await events()).toEqual([]);
});

test("the bad items of a batch are told by their place, the good ones are kept", async () => {
  const batch = [
    { type: "track", userId: "c-1", event: "viewed" },
    { type: "track", event: "viewed" },
    "nonsense",
    { type: "track", userId: "c-2", event: "viewed", timestamp: "yesterday" },
  ];
  const response = await send("/v1/batch", { batch });
  const body = (await response.json()) as { accepted: number; errors: { index: number }[] };
  expect([response.status, body.accepted]).toEqual([200, 1]);
  expect(body.errors.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
});

test("a batch sent twice counts once", async () => {
  const batch = [1, 2, 3].map((n) => ({
    type: "track",
    userId: "c-1",
    event: "viewed",
    messageId: `m-${n}`,
  }));
  await send("/v1/batch", { batch });
  const again = await send("/v1/batch", { batch });
  expect(await again.json()).toEqual({ accepted: 0, duplicates: 3, errors: [] });
  expect(await events()).toHaveLength(3);
});

test("another address or method is told the ones there are", async () => {
  const other = await send("/v1/group", {});
  expect([other.status, await other.json()]).toEqual([
    404,
    {
      error: expect.stringContaining(
        "/v1/track, /v1/identify, /v1/batch or /v1/journeys/NAME/enter",
      ),
    },
  ]);
  const headers = { authorization: `Bearer ${key}` };
  expect((await door.get("/v1/track", headers)).status).toBe(404);
});

test("what is no JSON, no list or too large is refused in JSON", async () => {
  for (const [body, status] of [
    ["{", 400],
    ["[]", 400],
    [JSON.stringify({ batch: "all" }), 400],
    [JSON.stringify({ batch: [], padding: "x".repeat(5_000_000) }), 413],
  ] as const) {
    const response = await send("/v1/batch", body);
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty("error");
  }
});
