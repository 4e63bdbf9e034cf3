import { describe, expect, it } from "vitest";
import { quietHtml } from "../../src/web/shown-message.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aMessage } from "../tracking/sent.ts";
import { aDoor, keepMail } from "./door.ts";

const database = await aDatabase();
const door = await aDoor(database);

describe("a message in its frame", () => {
  it("is what the outbox kept, under a policy that lets it do nothing", async () => {
    const message = await aMessage(database, await aCustomer(database));
    const html =
      '<html><head></head><body onload="alert(1)"><script>alert(1)</script>Hello Ada</body></html>';
    keepMail(door, message.delivery_id, html);
    const cookie = await door.logIn();
    const page = await (await door.get(`/messages/${message.id}`, { cookie })).text();
    expect(page).toContain("as it was sent");
    expect(page).toContain("Kept -- as it was");
    const frame = await door.get(`/messages/${message.id}/html`, { cookie });
    const policy = frame.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/default-src 'none'.*; sandbox$/);
    expect(policy).not.toMatch(/script-src|http/);
    expect(await frame.text()).toContain("Hello Ada");
  });

  it("is for those who are in alone", async () => {
    expect((await door.get("/messages/1/html")).status).toBe(303);
  });

  it.each([
    ['<img src="https://mail.example/o/token" alt="">', "src="],
    ["<img alt='x' src=//evil.example/x>", " src="],
    ['<td background="https://evil.example/x">', "background"],
    ["<style>@import url(https://fonts.example/x);</style>", "fonts.example"],
    ['<div style="background:url(https://evil.example/x)">', "evil.example"],
    ['<link rel="stylesheet" href="https://evil.example/x">', "link"],
    ['<meta http-equiv="refresh" content="0;url=https://evil.example">', "<meta"],
    ['<base href="https://evil.example/">', "<base href"],
    ['<a href="https://shop.example" target="_top">', "_top"],
  ])("%s reaches nobody", (html, gone) => {
    expect(quietHtml(html).replace('data-src="', "")).not.toContain(gone);
  });

  it("keeps pictures that it carries itself", () => {
    const html = '<img src="data:image/gif;base64,R0lGODlhAQAB" alt="">';
    expect(quietHtml(html)).toContain(html);
  });
});
