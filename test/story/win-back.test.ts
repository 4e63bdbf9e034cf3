import { beforeEach, expect, test } from "vitest";
import { aStory } from "../support/story.ts";

const shop = await aStory();
/** A day is soon enough for who lapses after half a year. */
beforeEach(() => {
  shop.pace = { days: 1 };
});

/** Somebody who bought once, and not since; in London, where it is Monday noon. */
async function aLapsedCustomer(given: { spent?: number; ago?: number } = {}): Promise<string> {
  const ada = await shop.customerWhose((share) => share("win-back") >= 0.1);
  await bought(ada, given);
  return ada;
}

async function bought(
  customer: string,
  { spent = 30, ago = 200 }: { spent?: number; ago?: number },
) {
  const today = shop.now;
  shop.now = new Date(today.getTime() - ago * 86_400_000);
  await shop.orders(customer, { total: spent, items: [{ name: "Teapot", price: spent }] });
  shop.now = today;
}

const missed = "email we-miss-you at 2026-01-13 10:00";

test("who lapsed long before the journey was applied is asked too, on a weekday's morning", async () => {
  const ada = await aLapsedCustomer();
  await shop.opens("win-back");
  await shop.travel("1 day");
  expect(await shop.letters(ada)).toEqual([missed]);
  const [message] = await shop.sentMessages(ada);
  expect(message?.message.subject).toBe("Ada, it has been a while");
});

test("half a year after the last order is the day, and not the day before", async () => {
  const ada = await aLapsedCustomer({ ago: 170 });
  await shop.opens("win-back");
  await shop.travel("9 days");
  expect(await shop.whereabouts(ada)).toEqual([]);
  await shop.travel("2 days");
  // The 180 days are over on a Thursday noon; the next Tuesday is the 27th.
  expect(await shop.whereabouts(ada)).toEqual(["waiting at we-miss-you"]);
  await shop.travel("5 days");
  expect(await shop.letters(ada)).toEqual(["email we-miss-you at 2026-01-27 10:00"]);
});

test("who looks around gets an offer a day later, and who does not a week later still", async () => {
  const [ada, bert] = [await aLapsedCustomer(), await aLapsedCustomer()];
  await shop.opens("win-back");
  await shop.travel("2 days");
  await shop.happens(ada, "page_viewed", { path: "/new" });
  await shop.travel("20 days");
  expect(await shop.letters(ada)).toEqual([missed, "email we-miss-you-offer at 2026-01-15 12:00"]);
  expect(await shop.letters(bert)).toEqual([missed, "email we-miss-you-offer at 2026-01-27 10:00"]);
});

test("the best are sent the offer by text first", async () => {
  const [ada, bert] = [
    await aLapsedCustomer({ spent: 500 }),
    await aLapsedCustomer({ spent: 499.99 }),
  ];
  await shop.opens("win-back");
  await shop.travel("30 days");
  expect(await shop.letters(ada)).toEqual([missed, "sms we-miss-you-offer at 2026-01-27 10:00"]);
  expect(await shop.letters(bert)).toEqual([missed, "email we-miss-you-offer at 2026-01-27 10:00"]);
});

test("who orders is won back, and asked no more", async () => {
  const ada = await aLapsedCustomer();
  await shop.opens("win-back");
  await shop.travel("2 days");
  await shop.orders(ada);
  await shop.travel("30 days");
  expect(await shop.letters(ada)).toEqual([missed]);
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
});

test("who never bought has not lapsed", async () => {
  const ada = await shop.customerWhose((share) => share("win-back") >= 0.1);
  await shop.opens("win-back");
  await shop.travel("30 days");
  expect(await shop.whereabouts(ada)).toEqual([]);
});

test("who came back and lapses again is asked again, though not within a year", async () => {
  const [ada, bert] = [await aLapsedCustomer(), await aLapsedCustomer()];
  await shop.opens("win-back");
  await shop.travel("10 days");
  await shop.orders(ada);
  await shop.orders(bert);
  shop.pace = { days: 5 };
  await shop.travel("120 days");
  await shop.orders(bert);
  await shop.travel("60 days");
  await shop.orders(bert);
  await shop.travel("200 days");
  expect(await shop.whereabouts(ada)).toHaveLength(1);
  expect(await shop.whereabouts(bert)).toHaveLength(2);
});
