import { beforeEach, expect, test } from "vitest";
import { addVouchers, savePools } from "../../src/enrollment/voucher-pool.ts";
import { aStory } from "../support/story.ts";

const shop = await aStory();
beforeEach(async () => {
  const pools = { "welcome-10": { redeemed_by: "voucher_redeemed", property: "code", low: 0 } };
  await savePools(shop.database, pools, shop.now);
  await addVouchers(shop.database, "welcome-10", [{ code: "TEN-1", expiresAt: null }], shop.now);
});

/** A gold customer in London who left a basket on Monday noon and is not left alone. */
async function aGoldBasket() {
  await shop.opens("example");
  const attributes = JSON.stringify({ tier: "gold", wish: "tea", baskets: 1 });
  const ada = await shop.customerWhose((share) => share("example") >= 0.1, { attributes });
  const items = [{ name: "Kettle", quantity: 1, price: 40 }];
  const basket = { basket_id: "b-1", order_id: "B-1", total: 40, currency: "GBP", items };
  await shop.happens(ada, "basket_updated", basket);
  return ada;
}

const thanked = Array<string>(2).fill("email thank-you at 2026-01-12 13:30");
/** The agent's three days are up on Thursday at 13:40, two hours later nobody has saved the basket. */
const rounds = ["2026-01-25 15:40", "2026-02-04 15:40", "2026-02-14 15:40"];

test("gold customers go through every kind of step", async () => {
  const ada = await aGoldBasket();
  await shop.travel("34 days");
  expect(await shop.letters(ada)).toEqual([
    ...thanked,
    ...rounds.map((at) => `email reminder-long at ${at}`),
  ]);
  const { attributes } = await shop.database
    .selectFrom("customers")
    .select("attributes")
    .where("id", "=", ada)
    .executeTakeFirstOrThrow();
  expect(attributes).toEqual({
    tier: "gold",
    baskets: 2,
    last_basket_at: "2026-01-12T13:30:00.000Z",
    last_basket: 40,
    points: 4,
    offer_ends: "2026-02-11T13:30:00.000Z",
    greeting: "Hello Ada",
    formula: "entry.total",
    // Nobody answered at scores.example.com for ten minutes.
    score: "unknown",
  });
  const vouchers = await shop.database
    .selectFrom("vouchers")
    .select(["code", "expires_at"])
    .execute();
  expect(vouchers).toEqual([{ code: "TEN-1", expires_at: new Date("2026-02-11T13:40:00Z") }]);
});

test("who orders in the second round gets no third, and who comes when the pool is empty goes another way", async () => {
  const ada = await aGoldBasket();
  await shop.travel("16 days");
  await shop.happens(ada, "order_completed", { total: 0 });
  await shop.travel("20 days");
  expect(await shop.letters(ada)).toEqual([
    ...thanked,
    ...rounds.slice(0, 2).map((at) => `email reminder-long at ${at}`),
  ]);
  const late = await aGoldBasket();
  await shop.travel("1 day");
  expect(await shop.whereabouts(late)).toEqual(["exited: no vouchers"]);
});

test("an event about that basket alone ends it", async () => {
  const ada = await aGoldBasket();
  await shop.travel("1 day");
  await shop.happens(ada, "basket_emptied", { basket_id: "b-2" });
  expect(await shop.whereabouts(ada)).toEqual(["waiting at ring"]);
  await shop.happens(ada, "basket_emptied", { basket_id: "b-1" });
  expect(await shop.whereabouts(ada)).toEqual(["exited: basket_emptied"]);
});
