import type { BrowserContextOptions } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { createLoginToken } from "../../src/web/login.ts";
import { aDatabase, chromium } from "../support/database.ts";
import { aMessage } from "../tracking/sent.ts";
import { aBrowser, aTab } from "./browser.ts";
import { type Door, aDoor, keepMail, tokens } from "./door.ts";
import { aFullShop } from "./full-shop.ts";

const executable = chromium();

describe.skipIf(executable === undefined)("somebody with a browser", async () => {
  if (executable === undefined) return;
  const database = await aDatabase();
  const door: Door = await aDoor(database);
  const browser = await aBrowser(executable);
  let customers: readonly string[] = [];
  let messages: readonly string[] = [];
  beforeAll(async () => {
    ({ customers } = await aFullShop(database));
    const rows = await database.selectFrom("messages").select("id").orderBy("id").execute();
    messages = rows.map(({ id }) => id);
  });

  const enter = async (options: BrowserContextOptions = {}) => {
    const context = await browser.newContext(options);
    const tab = await aTab(context, door.url);
    await tab.page.goto(`${door.url}/login?token=${await createLoginToken(database)}`);
    await tab.page.getByRole("button", { name: "Come in" }).click();
    await tab.page.waitForURL(`${door.url}/`);
    return tab;
  };
  const everyScreen = () => [
    "/",
    "/journeys/welcome",
    "/journeys/win-back",
    "/messages",
    ...messages.slice(0, 4).map((id) => `/messages/${id}`),
    "/customers",
    ...customers.map((id) => `/customers/${id}`),
    ...customers.slice(0, 5).map((id) => `/customers/${id}/why?journey=welcome`),
    "/segments",
    "/segments/britons",
    "/channels",
    "/nowhere",
  ];

  it.each([
    ["a desk", { viewport: { width: 1280, height: 800 } }],
    ["a phone in the dark", { viewport: { width: 375, height: 812 }, colorScheme: "dark" }],
    ["no script", { viewport: { width: 375, height: 812 }, javaScriptEnabled: false }],
  ] as const)("with %s walks through every screen, hostile names and all", async (_, options) => {
    const { page, faults } = await enter(options);
    const tooWide: string[] = [];
    for (const path of everyScreen()) {
      await page.goto(door.url + path);
      await page.locator("h1").waitFor();
      const width = Number(await page.evaluate("document.documentElement.scrollWidth"));
      if (width > options.viewport.width) tooWide.push(path);
    }
    expect(tooWide).toEqual([]);
    expect(faults.filter((fault) => !fault.includes("404 (Not Found)"))).toEqual([]);
    await page.context().close();
  });

  it.each([true, false])("pauses and resumes a journey (script: %s)", async (javaScriptEnabled) => {
    const { page, faults } = await enter({ javaScriptEnabled });
    await page.getByRole("link", { name: "welcome" }).click();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("status").filter({ hasText: "Nothing is lost" }).waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByRole("status").filter({ hasText: "goes on" }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it("reads a message as it was sent, and reaches nobody by it", async () => {
    const { id, delivery_id } = await aMessage(database, customers[0] ?? "");
    const open = `${door.url}/o/${tokens.write("open", delivery_id)}`;
    const html = `<html><head><link rel="stylesheet" href="https://evil.example/x.css">
      <style>@import url(https://evil.example/y.css); p { color: rgb(1, 2, 3) }</style></head>
      <body><p>Hello Ada</p><a href="${door.url}/c/x" target="_top">go</a><form action="/logout" method="post"></form>
      <div style="background: url('https://evil.example/z.png')">x</div>
      <img src="https://evil.example/p.png" alt="A picture"><img src="${open}" width="1" height="1" alt="">
      <script>top.alert(1)</script></body></html>`;
    keepMail(door, delivery_id, html);
    const { page, faults } = await enter();
    await page.goto(`${door.url}/messages/${id}`);
    const letter = page.frameLocator("iframe");
    await letter.getByText("Hello Ada").waitFor();
    await letter.getByRole("link", { name: "go" }).click();
    expect(page.url()).toBe(`${door.url}/messages/${id}`);
    expect(page.frames().map((frame) => frame.url())).toEqual([
      `${door.url}/messages/${id}`,
      `${door.url}/messages/${id}/html`,
    ]);
    expect(page.context().pages()).toHaveLength(1);
    const opens = await database.selectFrom("opens").selectAll().execute();
    expect(opens.filter(({ message_id }) => message_id === id)).toEqual([]);
    expect(faults.filter((fault) => !fault.includes("Blocked opening"))).toEqual([]);
    await page.context().close();
  });

  it("sees the numbers change without touching anything", async () => {
    const { page, faults } = await enter();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.evaluate("document.body.dataset.mark = 'the same page'");
    await aMessage(database, customers[0] ?? "", { state: "failed", sent_at: null });
    await database.updateTable("journeys").set({ state: "paused" }).execute();
    await page.getByText("Journey welcome is paused").waitFor();
    expect(await page.evaluate("document.body.dataset.mark")).toBe("the same page");
    await database.updateTable("journeys").set({ state: "active" }).execute();
    await page.getByText("Journey welcome is paused").waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it("looks at a wide drawing where the journey begins, and stays where they scroll to when the numbers change", async () => {
    const { page } = await enter({ viewport: { width: 320, height: 700 } });
    await page.goto(`${door.url}/journeys/welcome`);
    const start = page.locator(".chart .node.start");
    const { x = -1, width = 0 } = (await start.boundingBox()) ?? {};
    expect(Math.abs(x + width / 2 - 160)).toBeLessThan(40);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.evaluate("document.querySelector('.wide').scrollLeft = 7");
    await page.evaluate("document.querySelector('.wide .chart').dataset.mark = 'old'");
    await database
      .updateTable("enrollments")
      .set({ state: "held", reason: "a fault", due_at: null })
      .where("state", "=", "waiting")
      .execute();
    await page.locator(".wide .chart:not([data-mark])").waitFor();
    expect(await page.evaluate("document.querySelector('.wide').scrollLeft")).toBe(7);
    await page.context().close();
  });

  it("searches, filters and pages by the keyboard alone", async () => {
    const { page } = await enter();
    await page.goto(`${door.url}/customers`);
    await page.getByRole("searchbox").focus();
    await page.keyboard.type("person-");
    await page.keyboard.press("Enter");
    await page.waitForURL(/q=person-/);
    await page.goto(`${door.url}/messages`);
    await page.getByLabel("State").selectOption("failed");
    await page.waitForURL(/state=failed/);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toContain("Skip");
    await page.context().close();
  });

  it("as a customer leaves by the link in a message, and chooses again", async () => {
    const { delivery_id } = await aMessage(database, customers[5] ?? "");
    const context = await browser.newContext({ javaScriptEnabled: false });
    const { page, faults } = await aTab(context, door.url);
    await page.goto(`${door.url}/u/${tokens.write("unsubscribe", delivery_id)}`);
    await page.getByRole("button", { name: "Unsubscribe" }).click();
    await page.getByRole("link", { name: "Choose" }).click();
    const offers = page.getByRole("group", { name: "Offers and news" }).getByLabel("by e-mail");
    expect(await offers.isChecked()).toBe(false);
    await offers.check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    expect(await offers.isChecked()).toBe(true);
    await page.getByRole("button", { name: "Nothing at all" }).click();
    expect(await offers.isChecked()).toBe(false);
    expect(faults).toEqual([]);
    await context.close();
  });
});
