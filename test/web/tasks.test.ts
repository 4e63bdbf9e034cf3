import { beforeEach, expect, test } from "vitest";
import { addVouchers, savePools } from "../../src/enrollment/voucher-pool.ts";
import { Shop } from "../enrollment/shop.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, monday } from "../support/people.ts";
import { aDoor } from "./door.ts";
import { hostileNames } from "./full-shop.ts";

const database = await aDatabase();
const door = await aDoor(database);
let cookie = "";
beforeEach(async () => {
  await freshTables(database);
  cookie = await door.logIn();
  door.woken.length = 0;
});

async function aTask(given: Parameters<typeof aCustomer>[1] = {}, list = "welcome-calls") {
  const shop = new Shop(database);
  await shop.apply(`
journey: welcome
start: { on: signed_up, again: always }
steps:
  - task: { list: ${list}, do: "Ring, <b>ask</b> how it went", outcomes: [reached, no_answer], within: 3 days }
    reached: [{ send: thanks, by: email }]`);
  const ada = await aCustomer(database, given);
  await shop.happens(ada, "signed_up");
  await shop.live();
  const { id } = await database
    .selectFrom("tasks")
    .select("id")
    .orderBy("id", "desc")
    .executeTakeFirstOrThrow();
  return { shop, ada, id };
}

const read = async (path: string) => (await door.get(path, { cookie })).text();
const press = (path: string, form: Record<string, string>, headers = {}) =>
  door.post(path, new URLSearchParams(form).toString(), { cookie, ...headers });

test("an agent reads whom to ring about what, and dials with one touch", async () => {
  await aTask({ first_name: "Grace", last_name: "Hopper", phone: "+447700900123" });
  const page = await read("/tasks");
  expect(page).toContain("Grace Hopper");
  expect(page).toContain('href="tel:+447700900123"');
  expect(page).toContain("Ring, &lt;b&gt;ask&lt;/b&gt; how it went");
  expect(page).toContain("no answer</button>");
  expect(await read("/tasks?list=another")).toContain("Nothing to do on this list");
});

test("an outcome is recorded by its button, and the customer goes on at once", async () => {
  const { shop, ada, id } = await aTask();
  const form = {
    outcome: "reached",
    note: " wants the catalogue ",
    by: "Grace",
    list: "welcome-calls",
  };
  const answer = await press(`/tasks/${id}/done`, form);
  expect(answer.headers.get("location")).toBe("/tasks?list=welcome-calls&by=Grace&note=recorded");
  expect(door.woken).toEqual(["advance"]);
  expect(await database.selectFrom("tasks").selectAll().executeTakeFirst()).toMatchObject({
    state: "done",
    outcome: "reached",
    note: "wants the catalogue",
    done_by: "Grace",
  });
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email thanks"]);
  const again = await press(`/tasks/${id}/done`, form);
  expect(again.headers.get("location")).toContain("note=unchanged");
});

test("a form of another site, a stranger's, an unknown outcome or task change nothing", async () => {
  const { id } = await aTask();
  const form = { outcome: "reached" };
  expect((await press(`/tasks/${id}/done`, form, { "sec-fetch-site": "cross-site" })).status).toBe(
    403,
  );
  expect((await press(`/tasks/${id}/done`, form, { cookie: "" })).headers.get("location")).toBe(
    "/login",
  );
  expect((await press(`/tasks/${id}/done`, { outcome: "bribed" })).status).toBe(400);
  expect((await press(`/tasks/${id}/done`, {})).status).toBe(400);
  expect((await press("/tasks/4711/done", form)).status).toBe(404);
  expect((await press("/tasks/x%00/done", form)).status).toBe(404);
  expect(
    (await database.selectFrom("tasks").select("state").execute()).map(({ state }) => state),
  ).toEqual(["open"]);
});

test("names that have undone other dashboards are just names here", async () => {
  for (const name of hostileNames.filter((one) => one.length < 1000)) {
    await aTask({ first_name: name, last_name: null });
  }
  const page = await read("/tasks");
  expect(page).not.toContain("<script>alert");
  expect(page).not.toContain("<img src=x");
  for (const query of ["?list=%00", "?by=%3Cscript%3E", "?after=x", "?after=999999", "?list[]=a"])
    expect((await door.get(`/tasks${query}`, { cookie })).status).toBe(200);
});

test("a long list comes page by page", async () => {
  const { shop } = await aTask();
  for (let i = 0; i < 55; i++) await shop.happens(await aCustomer(database), "signed_up");
  await shop.live();
  const [, next = ""] = /href="([^"]+)" rel="next"/.exec(await read("/tasks?by=Grace")) ?? [];
  const second = await read(next.replaceAll("&amp;", "&").replaceAll("&#x3D;", "="));
  expect(second.split('class="card task"')).toHaveLength(1 + 6);
  expect(second).toContain('value="Grace"');
});

test("pools of vouchers are shown by their counts, and no code is", async () => {
  expect(await read("/vouchers")).toContain("waypost vouchers add POOL FILE");
  const rules = { redeemed_by: "voucher_redeemed", property: "code", low: 5 };
  await savePools(database, { "welcome-10": rules }, monday);
  await addVouchers(database, "welcome-10", [{ code: "SECRET-1", expiresAt: null }], monday);
  const page = await read("/vouchers");
  expect(page).toContain("welcome-10");
  expect(page).toContain("few left");
  expect(page).not.toContain("SECRET-1");
});
