import { expect, test } from "vitest";
import { aStory } from "../support/story.ts";

const shop = await aStory();

const rescue = "email basket-rescue at 2026-01-12 13:00";

/** A basket that is filled on Monday noon and left, by somebody who is not left alone. */
async function aBasket(total: number, given: Parameters<typeof shop.customer>[0] = {}) {
  await shop.opens("abandoned-basket");
  const ada = await shop.customerWhose((share) => share("abandoned-basket") >= 0.1, given);
  await fills(ada, total);
  return ada;
}

function fills(customer: string, total: number): Promise<void> {
  const items = total === 0 ? [] : [{ name: "Kettle", quantity: 2, price: total / 2 }];
  const basket = { basket_id: "b/1", total, currency: "GBP", items };
  return shop.happens(customer, "basket_updated", basket);
}

test("a basket left for an hour is brought to mind, with what is in it", async () => {
  const ada = await aBasket(24);
  await shop.travel("59 minutes");
  expect(await shop.letters(ada)).toEqual([]);
  await shop.travel("1 minute");
  expect(await shop.letters(ada)).toEqual([rescue]);
  const [message] = await shop.sentMessages(ada);
  expect(message?.message.subject).toBe("Ada, you left something in your basket");
  expect(message?.message.text).toMatch(/Kettle.*×\s*2.*Together: £24\.00/s);
  expect(await shop.clicks(ada)).toMatch(/^https:\/\/shop\.example/);
});

test("a basket ordered within the hour needs no message", async () => {
  const ada = await aBasket(80);
  await shop.travel("50 minutes");
  await shop.orders(ada);
  await shop.travel("5 days");
  expect(await shop.letters(ada)).toEqual([]);
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
});

test("a basket that was rescued gets no last call", async () => {
  const ada = await aBasket(80);
  await shop.travel("3 hours");
  await shop.orders(ada);
  await shop.travel("5 days");
  expect(await shop.letters(ada)).toEqual([rescue]);
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
});

test.each([
  [
    "of 50 and more is worth a text a day later",
    50,
    [rescue, "sms basket-last-call at 2026-01-13 13:00"],
  ],
  ["of less is not", 49.99, [rescue]],
] as const)("a basket %s", async (_, total, letters) => {
  const ada = await aBasket(total);
  await shop.travel("3 days");
  expect(await shop.letters(ada)).toEqual(letters);
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
});

test("the last call names the basket's worth", async () => {
  const ada = await aBasket(1234.5);
  await shop.travel("3 days");
  const [, call] = await shop.sentMessages(ada);
  expect(call?.message.text).toContain("your basket (£1,234.50) until tomorrow");
});

test("who followed the e-mail is not called", async () => {
  const ada = await aBasket(80);
  await shop.travel("1 hour");
  await shop.clicks(ada);
  await shop.travel("3 days");
  expect(await shop.letters(ada)).toEqual([rescue]);
});

test("a basket that was emptied is none to rescue", async () => {
  const ada = await aBasket(0);
  await shop.travel("3 days");
  expect(await shop.letters(ada)).toEqual([]);
  expect(await shop.whereabouts(ada)).toEqual([]);
});

test("a basket that is filled all day long is brought to mind once, and after three days again", async () => {
  const ada = await aBasket(20);
  for (const total of [22, 24, 26]) {
    await shop.travel("20 minutes");
    await fills(ada, total);
  }
  await shop.travel("4 days");
  expect(await shop.letters(ada)).toEqual([rescue]);
  await fills(ada, 30);
  await shop.travel("1 day");
  expect(await shop.letters(ada)).toEqual([rescue, "email basket-rescue at 2026-01-16 14:00"]);
});

test("a reminder that an outage held up for half a day is dropped", async () => {
  const ada = await aBasket(20);
  await shop.database
    .insertInto("channels")
    .values({ name: "email", provider: "pigeon", paused_at: shop.now, changed_at: shop.now })
    .execute();
  await shop.travel("12 hours");
  await shop.database.deleteFrom("channels").execute();
  await shop.travel("1 hour");
  expect(await shop.letters(ada)).toEqual([]);
  expect(await shop.refusals(ada)).toEqual([
    "basket-rescue expired: later than the journey allows",
  ]);
});

test("a customer who only agreed to texts hears of a dear basket alone", async () => {
  const ada = await aBasket(80, { email: null });
  await shop.travel("3 days");
  expect(await shop.letters(ada)).toEqual(["sms basket-last-call at 2026-01-13 13:00"]);
});
