import { expect, test } from "vitest";
import { agree, monday } from "../support/people.ts";
import { aStory } from "../support/story.ts";

const shop = await aStory();

type Arm = "text" | "letter" | "silence";
const armOf = (share: number): Arm => (share < 0.5 ? "text" : share < 0.9 ? "letter" : "silence");

/** Somebody in London who left a basket on Monday noon, is not left alone and takes this arm. */
async function aBasket(arm: Arm = "text", given: Parameters<typeof shop.customer>[0] = {}) {
  await shop.opens("example");
  const ada = await shop.customerWhose(
    (share) =>
      share("example") >= 0.1 && armOf(share("example", "split-text-letter-silence")) === arm,
    given,
  );
  const items = [{ name: "Kettle", quantity: 1, price: 40 }];
  const basket = { basket_id: "b-1", order_id: "B-1", total: 40, currency: "GBP", items };
  await shop.happens(ada, "basket_updated", basket);
  return ada;
}

const thanked = "email thank-you at 2026-01-12 13:30";

test("half an hour after the first hour it writes, and waits for Friday evening", async () => {
  const ada = await aBasket();
  await shop.travel("10 days");
  expect(await shop.letters(ada)).toEqual([thanked]);
  // Monday the 19th at ten, then Friday the 23rd at half past six.
  expect(await shop.whereabouts(ada)).toEqual(["waiting at wait-until-trial_ends"]);
});

test("who comes back to the shop hears what goes with it, at once", async () => {
  const ada = await aBasket("silence");
  await shop.travel("12 days");
  await shop.happens(ada, "page_viewed", { path: "/about" });
  await shop.happens(ada, "page_viewed", { path: "/shop/kettles" });
  expect(await shop.letters(ada)).toEqual([thanked, "email goes-well-with at 2026-01-24 12:00"]);
  expect(await shop.whereabouts(ada)).toEqual(["exited: had enough"]);
});

test.each([
  ["text", ["sms reminder-short at 2026-02-02 18:30"]],
  ["letter", ["email reminder-long at 2026-02-02 18:30"]],
  ["silence", []],
] as const)("who does not is in the arm of the %s, ten days later", async (arm, letters) => {
  const ada = await aBasket(arm);
  await shop.travel("40 days");
  expect(await shop.letters(ada)).toEqual([thanked, ...letters]);
  expect(await shop.whereabouts(ada)).toEqual(["exited: had enough"]);
});

test("who is none of all that is sent the basket once more", async () => {
  const stranger = {
    country: "IE",
    email: "ada@elsewhere.ie",
    phone: "+441632960000",
    since: monday,
    consent: false,
  };
  const ada = await aBasket("silence", stranger);
  await agree(shop.database, ada, { channel: "email", at: monday });
  await shop.travel("40 days");
  expect(await shop.letters(ada)).toEqual([thanked, "email basket-rescue at 2026-02-02 18:30"]);
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
});

test("who orders, or wants to be left in peace, is left", async () => {
  const [ada, bert] = [await aBasket(), await aBasket()];
  await shop.travel("1 day");
  await shop.orders(ada);
  await shop.database
    .updateTable("customers")
    .set({ attributes: JSON.stringify({ do_not_disturb: true }) })
    .where("id", "=", bert)
    .execute();
  await shop.travel("40 days");
  expect(await shop.letters(ada)).toEqual([thanked]);
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
  expect(await shop.letters(bert)).toEqual([thanked]);
  expect(await shop.whereabouts(bert)).toEqual(["exited: do not disturb"]);
});
