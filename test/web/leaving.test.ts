import { beforeEach, describe, expect, it, test } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aMessage, aPlannedMessage, consentsOf, messageNow } from "../tracking/sent.ts";
import { aDoor, tokens } from "./door.ts";

const database = await aDatabase();
const door = await aDoor(database);
let ada = "";
let deliveryId = "";
beforeEach(async () => {
  await freshTables(database);
  ada = await aCustomer(database);
  deliveryId = (await aMessage(database, ada)).delivery_id;
});
const leaveUrl = () => `/u/${tokens.write("unsubscribe", deliveryId)}`;
const choiceUrl = () => `/p/${tokens.write("preferences", deliveryId)}`;
const said = async () =>
  (await consentsOf(database, ada)).map(
    ({ channel, topic, state, method }) => `${channel} ${topic} ${state} by ${method}`,
  );
const agreed = "* * granted by form";

describe("the link to leave", () => {
  it("changes nothing when it is opened, by a person or by a scanner", async () => {
    const page = await door.get(leaveUrl());
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining("Do you want to leave?"),
    ]);
    await fetch(door.url + leaveUrl(), { method: "HEAD" });
    expect(await said()).toEqual([agreed]);
  });

  it("lets go at the press of the button, and offers to choose", async () => {
    const planned = await aPlannedMessage(database, ada);
    const page = await door.post(leaveUrl());
    const text = await page.text();
    expect(text).toContain("You are unsubscribed");
    expect(await said()).toEqual([agreed, "email offers withdrawn by preferences"]);
    expect((await messageNow(database, planned.id)).state).toBe("suppressed");
    const [, choice = ""] = /href="(\/p\/[^"]+)"/.exec(text) ?? [];
    expect((await door.get(choice)).status).toBe(200);
  });

  it("obeys a mail program's one click from anywhere, in either form, without a redirect", async () => {
    const form = new FormData();
    form.set("List-Unsubscribe", "One-Click");
    for (const body of ["List-Unsubscribe=One-Click", form]) {
      const response = await door.post(leaveUrl(), body, { "sec-fetch-site": "cross-site" });
      expect(response.status).toBe(200);
    }
    expect(await said()).toEqual([agreed, "email offers withdrawn by one_click"]);
  });

  it("tells a broken token kindly", async () => {
    for (const path of ["/u/nonsense", "/p/nonsense"]) {
      expect((await door.get(path)).status).toBe(404);
      const page = await door.post(path);
      expect([page.status, await page.text()]).toEqual([
        404,
        expect.stringContaining("does not work"),
      ]);
    }
  });
});

describe("the page of preferences", () => {
  it("shows what is allowed and changes nothing", async () => {
    const text = await (await door.get(choiceUrl())).text();
    expect(text).toContain("Offers and news");
    expect(text.match(/ checked/g)).toHaveLength(4);
    expect(await said()).toEqual([agreed]);
  });

  it("saves the ticks that are left", async () => {
    const page = await door.post(choiceUrl(), "want=email%2Fservice&want=sms%2Fservice");
    const text = await page.text();
    expect(text).toContain("Saved");
    expect(text.match(/ checked/g)).toHaveLength(2);
    expect((await said()).toSorted()).toEqual([
      agreed,
      "email offers withdrawn by preferences",
      "sms offers withdrawn by preferences",
    ]);
  });

  it("lets go of everything at one press", async () => {
    await door.post(choiceUrl(), "want=email%2Fservice&nothing=yes");
    expect(await said()).toEqual([agreed, "* * withdrawn by preferences"]);
  });

  it("takes no tick for what is not offered", async () => {
    const strange = "want=email%2F%25zz&want=fax%2Foffers&want=%2F&want=email%2Foffers%2Fx";
    expect((await door.post(choiceUrl(), strange)).status).toBe(200);
    expect(await said()).not.toContain("fax offers granted by preferences");
  });
});

describe("a link in a message", () => {
  const aLink = async () => {
    const url = "https://shop.example/mugs?a=1";
    const { id } = await database
      .insertInto("links")
      .values({ url, hash: Buffer.from("mugs") })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { url, token: tokens.write("click", deliveryId, id) };
  };

  it("leads where the message said, and is counted", async () => {
    const { url, token } = await aLink();
    const response = await door.get(`/c/${token}`, { "user-agent": "Mozilla/5.0 (X11) Firefox" });
    expect([response.status, response.headers.get("location")]).toEqual([302, url]);
    expect(await database.selectFrom("clicks").selectAll().execute()).toHaveLength(1);
  });

  it("leads nowhere when its token is not ours", async () => {
    const { token } = await aLink();
    for (const bad of [`${token}x`, token.slice(1), "https:%2F%2Fevil.example"])
      expect((await door.get(`/c/${bad}`)).status).toBe(404);
  });
});

test("the picture that counts opens is always a picture", async () => {
  for (const token of [tokens.write("open", deliveryId), "nonsense"]) {
    const response = await door.get(`/o/${token}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "image/gif"]);
    expect(response.headers.get("cache-control")).toContain("no-store");
    expect(response.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  }
  expect(await database.selectFrom("opens").selectAll().execute()).toHaveLength(1);
});
