import { beforeEach, expect, test } from "vitest";
import { createLoginToken } from "../../src/web/login.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aDoor } from "./door.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));
const door = await aDoor(database);
const screens = ["/", "/messages", "/customers", "/segments", "/channels"];

test("a stranger is shown how to come in, whatever screen is asked for", async () => {
  for (const path of [...screens, "/customers/1", "/anything"]) {
    const response = await door.get(path);
    expect([response.status, response.headers.get("location")]).toEqual([303, "/login"]);
  }
  expect(await (await door.get("/login")).text()).toContain("waypost login");
});

test("a stranger's button does nothing", async () => {
  const response = await door.post("/channels/email/pause");
  expect(response.headers.get("location")).toBe("/login");
  expect(await database.selectFrom("channels").selectAll().execute()).toEqual([]);
});

test("a stranger hears no news", async () => {
  expect((await door.get("/live")).status).toBe(401);
});

test("opening the link spends nothing, pressing the button lets one person in, once", async () => {
  const token = await createLoginToken(database);
  for (const _ of [1, 2]) {
    const page = await door.get(`/login?token=${token}`);
    expect(await page.text()).toContain(token);
  }
  const first = await door.post("/login", `token=${token}`);
  expect([first.status, first.headers.get("location")]).toEqual([303, "/"]);
  const again = await door.post("/login", `token=${token}`);
  expect(again.status).toBe(403);
  expect(again.headers.get("set-cookie")).toBeNull();
});

test("the cookie is out of scripts' reach, and leaves with forms of this site alone", async () => {
  const token = await createLoginToken(database);
  const response = await door.post("/login", `token=${token}`);
  const cookie = response.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^waypost=[\w-]{40,}; Path=\/; Expires=.+; HttpOnly; SameSite=Lax$/);
});

test("behind https the cookie is bound to this host", async () => {
  const token = await createLoginToken(database);
  const response = await door.post("/login", `token=${token}`, { "x-forwarded-proto": "https" });
  const cookie = response.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^__Host-waypost=.+; Path=\/;.+HttpOnly; Secure; SameSite=Lax$/);
  const name = cookie.split(";")[0] ?? "";
  const within = { cookie: name, "x-forwarded-proto": "https" };
  expect((await door.get("/", within)).status).toBe(200);
  expect((await door.get("/", { cookie: name })).status).toBe(303);
});

test("an hour later the link is worth nothing", async () => {
  const token = await createLoginToken(database, new Date(Date.now() - 61 * 60_000));
  expect((await door.post("/login", `token=${token}`)).status).toBe(403);
});

test("who logs out is out", async () => {
  const cookie = await door.logIn();
  expect((await door.get("/", { cookie })).status).toBe(200);
  await door.post("/logout", "", { cookie });
  expect((await door.get("/", { cookie })).status).toBe(303);
});

test("a session that was made up, or has ended, is none", async () => {
  const cookie = await door.logIn();
  await database
    .updateTable("sessions")
    .set({ expires_at: new Date(Date.now() - 1000) })
    .execute();
  for (const worn of [cookie, "waypost=made-up", "waypost="])
    expect((await door.get("/", { cookie: worn })).status).toBe(303);
});

test("who tries too often has to wait a minute", async () => {
  const visitor = { "x-forwarded-for": "203.0.113.9" };
  const tries = [];
  for (let n = 0; n < 11; n++) tries.push((await door.post("/login", "token=x", visitor)).status);
  expect(tries).toEqual([...Array(10).fill(403), 429]);
  const other = { "x-forwarded-for": "203.0.113.10" };
  expect((await door.post("/login", "token=x", other)).status).toBe(403);
});
