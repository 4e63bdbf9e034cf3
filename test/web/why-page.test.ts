import { beforeAll, expect, test } from "vitest";
import { Shop } from "../enrollment/shop.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aDoor } from "./door.ts";
import { aFullShop } from "./full-shop.ts";

const database = await aDatabase();
const door = await aDoor(database);
let path = "";
let cookie = "";
beforeAll(async () => {
  const { customers } = await aFullShop(database);
  path = `/customers/${customers[0]}/why`;
  cookie = await door.logIn();
});

const read = async (query = "") => {
  const response = await door.get(path + query, { cookie });
  return { status: response.status, text: await response.text() };
};

test("the page says of each journey what let the customer in and what keeps them out", async () => {
  const { text } = await read();
  expect(text).toContain("customer.email exists");
  expect(text).toContain("has been in it, and comes in once only");
  expect(text).toMatch(/href="\/journeys\/win-back"/);
});

test("it can be one journey, and an earlier moment", async () => {
  expect((await read("?journey=welcome")).text).not.toMatch(/href="\/journeys\/win-back"/);
  const { text } = await read("?at=2025-12-31T10:00");
  expect(text).toContain("no signed_up");
  expect(text).toContain("as they are now");
});

test.each(["?at=nonsense", "?at=2099-01-01T00:00", "?journey=&at="])(
  "%s does not break it",
  async (query) => {
    expect([200, 404]).toContain((await read(query)).status);
  },
);

test("a journey nobody knows is not found, nor a customer", async () => {
  expect((await read("?journey=nobody")).status).toBe(404);
  expect((await door.get("/customers/999999/why", { cookie })).status).toBe(404);
});

test("a way that is not known is shown as such, and so is where a passage ended", async () => {
  const shop = new Shop(database);
  await shop.apply(`
journey: quiet
start: { on: came }
steps:
  - if: { customer.country: GB }
    then: [{ set: { customer.city: London } }]
    else: []
  - { exit: seen enough }`);
  const ada = await aCustomer(database, { country: "GB" });
  await shop.happens(ada, "came");
  await shop.live();
  const response = await door.get(`/customers/${ada}/why?journey=quiet`, { cookie });
  const text = (await response.text()).replaceAll(/<[^>]+>/g, "");
  expect(text).toContain("not known: then or else");
  expect(text).toMatch(/London.*perhaps/s);
  expect(text).toContain("here it ended");
});
