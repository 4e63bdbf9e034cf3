import { beforeAll, expect, test } from "vitest";
import { erasePerson } from "../../src/customer/erase.ts";
import { aDatabase } from "../support/database.ts";
import { monday } from "../support/people.ts";
import { aDoor, tokens } from "./door.ts";
import { aFullShop } from "./full-shop.ts";

const database = await aDatabase();
const door = await aDoor(database);
let cookie = "";
let erased: readonly string[] = [];

/** All customers of a shop are erased but those who have a message on its way. */
beforeAll(async () => {
  const { customers } = await aFullShop(database);
  cookie = await door.logIn();
  const gone: string[] = [];
  for (const customerId of customers) {
    const secrets = () => ["a secret of at least thirty-two characters"];
    const channels = ["email", "sms"];
    const { kind } = await erasePerson(database, { customerId, channels, secrets, now: monday });
    if (kind === "erased") gone.push(customerId);
  }
  erased = gone;
});

const status = async (path: string) => (await door.get(path, { cookie })).status;

test("every screen can be looked at when customers were erased, who have none", async () => {
  expect(erased.length).toBeGreaterThan(3);
  for (const path of [
    "/",
    "/journeys/welcome",
    "/messages",
    "/customers",
    "/segments",
    "/channels",
  ])
    expect([path, await status(path)]).toEqual([path, 200]);
  for (const id of erased) {
    expect(await status(`/customers/${id}`)).toBe(404);
    expect(await status(`/customers/${id}/why`)).toBe(404);
  }
});

test("a message of theirs is no longer shown, and the pages it leads to still answer", async () => {
  const { id, delivery_id: deliveryId } = await database
    .selectFrom("messages")
    .select(["id", "delivery_id"])
    .where("customer_id", "is", null)
    .orderBy("id")
    .executeTakeFirstOrThrow();
  expect(await status(`/messages/${id}`)).toBe(404);
  const leave = `/u/${tokens.write("unsubscribe", deliveryId)}`;
  const choose = `/p/${tokens.write("preferences", deliveryId)}`;
  const answers = [
    await door.get(leave),
    await door.post(leave, "List-Unsubscribe=One-Click"),
    await door.get(choose),
    await door.post(choose, "nothing=1"),
  ];
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
});
