import { beforeEach, expect, test } from "vitest";
import { aStory } from "../support/story.ts";

const shop = await aStory();
beforeEach(() => {
  shop.pace = { hours: 1 };
});

/** A customer who bought once, long ago. */
async function aCustomerBorn(
  birthday: string | null,
  given: Parameters<typeof shop.customer>[0] = {},
) {
  const ada = await shop.customer({ birthday, ...given });
  await shop.orders(ada);
  return ada;
}

/** The shop is open from this instant on. */
async function opensAt(instant: string): Promise<void> {
  shop.now = new Date(instant);
  await shop.opens("birthday");
}

test.each([
  ["Europe/London", "2026-03-14 09:00"],
  ["Pacific/Auckland", "2026-03-13 20:00"],
  ["America/Los_Angeles", "2026-03-14 16:00"],
  ["Asia/Kathmandu", "2026-03-14 03:15"],
])("in %s the greeting comes at nine on the day itself", async (zone, at) => {
  shop.pace = { minutes: 15 };
  await opensAt("2026-03-13T12:00:00Z");
  const ada = await aCustomerBorn("1990-03-14", { zone });
  await shop.travel("29 hours");
  expect(await shop.letters(ada)).toEqual([`email happy-birthday at ${at}`]);
  const [message] = await shop.sentMessages(ada);
  expect(message?.message.subject).toBe("Happy birthday, Ada!");
  expect(message?.message.text).toContain("CAKE");
});

test("without an e-mail address it is a text", async () => {
  await opensAt("2026-03-13T12:00:00Z");
  const ada = await aCustomerBorn("1990-03-14", { email: null });
  await shop.travel("1 day");
  expect(await shop.letters(ada)).toEqual(["sms happy-birthday at 2026-03-14 09:00"]);
});

test.each([
  ["2027-02-27T12:00:00Z", "2027-02-28 09:00"],
  ["2028-02-27T12:00:00Z", "2028-02-29 09:00"],
])("born on 29 February, seen from %s", async (from, at) => {
  await opensAt(from);
  const ada = await aCustomerBorn("1992-02-29");
  await shop.travel("3 days");
  expect(await shop.letters(ada)).toEqual([`email happy-birthday at ${at}`]);
});

test("nobody is congratulated twice in a year, and everybody in the next", async () => {
  await opensAt("2026-03-13T12:00:00Z");
  const ada = await aCustomerBorn("1990-03-14");
  await shop.travel("2 days");
  shop.pace = { days: 10 };
  await shop.travel("11 months");
  shop.pace = { hours: 1 };
  shop.now = new Date("2027-03-13T12:00:00Z");
  await shop.travel("2 days");
  expect(await shop.letters(ada)).toEqual([
    "email happy-birthday at 2026-03-14 09:00",
    "email happy-birthday at 2027-03-14 09:00",
  ]);
});

test("moving to another zone on the day brings no second greeting", async () => {
  await opensAt("2026-03-13T12:00:00Z");
  const ada = await aCustomerBorn("1990-03-14");
  await shop.travel("22 hours");
  await shop.database
    .updateTable("customers")
    .set({ zone: "America/New_York" })
    .where("id", "=", ada)
    .execute();
  await shop.travel("1 day");
  expect(await shop.letters(ada)).toEqual(["email happy-birthday at 2026-03-14 09:00"]);
});

test("who has yet to buy, or keeps the day to themselves, is no acquaintance", async () => {
  await opensAt("2026-03-13T12:00:00Z");
  const stranger = await shop.customer({ birthday: "1990-03-14" });
  const discreet = await aCustomerBorn(null);
  await shop.travel("2 days");
  expect(await shop.letters(stranger)).toEqual([]);
  expect(await shop.letters(discreet)).toEqual([]);
});

test("who never agreed is not congratulated, and the ledger says why", async () => {
  await opensAt("2026-03-13T12:00:00Z");
  const ada = await aCustomerBorn("1990-03-14", { consent: false });
  await shop.travel("2 days");
  expect(await shop.letters(ada)).toEqual([]);
  expect(await shop.refusals(ada)).toEqual([
    "happy-birthday suppressed: no consent to offers by email or sms",
  ]);
});
