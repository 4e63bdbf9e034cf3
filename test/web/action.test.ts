import { beforeEach, expect, test } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aMessage, messageNow } from "../tracking/sent.ts";
import { Shop } from "../enrollment/shop.ts";
import { aDoor } from "./door.ts";

const database = await aDatabase();
const door = await aDoor(database);
let cookie = "";
beforeEach(async () => {
  await freshTables(database);
  await new Shop(database).apply(
    "journey: welcome\nstart: { on: signed_up }\nsteps: [{ send: hello, by: email }]",
  );
  cookie = await door.logIn();
  door.woken.length = 0;
});
const press = (path: string, body = "", headers = {}) =>
  door.post(path, body, { cookie, ...headers });
const stateOf = async () =>
  (await database.selectFrom("journeys").select("state").executeTakeFirstOrThrow()).state;

test("a journey is paused and resumed by its buttons, and the engine is woken", async () => {
  const paused = await press("/journeys/welcome/pause");
  expect(paused.headers.get("location")).toBe("/journeys/welcome?note=paused");
  expect(await stateOf()).toBe("paused");
  expect(await (await door.get("/journeys/welcome?note=paused", { cookie })).text()).toContain(
    "Nothing is lost",
  );
  await press("/journeys/welcome/resume");
  expect(await stateOf()).toBe("active");
  expect(door.woken).toEqual(["sweep"]);
});

test("a button of another site is refused, whatever it says of itself", async () => {
  const foreign: Record<string, string>[] = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site", origin: door.url },
  ];
  for (const headers of foreign) {
    const response = await press("/journeys/welcome/pause", "", headers);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("another site");
  }
  expect(await stateOf()).toBe("active");
});

test("a browser without Sec-Fetch-Site is judged by its Origin", async () => {
  const post = (headers: Record<string, string>) =>
    fetch(`${door.url}/journeys/welcome/pause`, {
      method: "POST",
      redirect: "manual",
      headers: { cookie, ...headers },
    });
  expect((await post({ origin: "https://evil.example" })).status).toBe(403);
  expect((await post({ origin: "null" })).status).toBe(403);
  expect((await post({})).status).toBe(403);
  expect(await stateOf()).toBe("active");
  expect((await post({ origin: door.url })).status).toBe(303);
  expect(await stateOf()).toBe("paused");
});

test("a channel is paused and resumed; one that is not there is not made up", async () => {
  await press("/channels/email/pause");
  const [channel] = await database.selectFrom("channels").selectAll().execute();
  expect(channel).toMatchObject({ name: "email", reason: "operator" });
  await press("/channels/email/resume");
  for (const name of ["fax", "constructor", "__proto__"])
    expect((await press(`/channels/${name}/pause`)).status).toBe(404);
  expect(await database.selectFrom("channels").selectAll().execute()).toHaveLength(1);
});

test("a failed message is planned again; a delivered one is left alone", async () => {
  const ada = await aCustomer(database);
  const failed = await aMessage(database, ada, { state: "failed", reason: "550" });
  const delivered = await aMessage(database, ada, { state: "delivered" });
  await press(`/messages/${failed.id}/replay`);
  const response = await press(`/messages/${delivered.id}/replay`);
  expect(response.headers.get("location")).toContain("note=unchanged");
  expect((await messageNow(database, failed.id)).state).toBe("retry");
  expect((await messageNow(database, delivered.id)).state).toBe("delivered");
});

test("a message that may have arrived is sent again only by somebody who says so", async () => {
  const unknown = await aMessage(database, await aCustomer(database), { state: "unknown" });
  await press(`/messages/${unknown.id}/replay`);
  expect((await messageNow(database, unknown.id)).state).toBe("unknown");
  await press(`/messages/${unknown.id}/replay`, "sure=yes");
  expect((await messageNow(database, unknown.id)).state).toBe("retry");
});

test("held customers try their step again", async () => {
  const shop = new Shop(database);
  const ada = await aCustomer(database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  await database
    .updateTable("enrollments")
    .set({ state: "held", step: "hello", due_at: null, reason: "broken" })
    .execute();
  const page = await (await door.get("/journeys/welcome", { cookie })).text();
  expect(page).toContain("Try all 1 again");
  await press("/journeys/welcome/replay-held");
  expect(await shop.whereabouts(ada)).toEqual(["waiting at hello"]);
});
