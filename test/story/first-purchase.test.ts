import { load } from "cheerio";
import { describe, expect, test } from "vitest";
import { aStory } from "../support/story.ts";

const shop = await aStory();

type Given = Parameters<typeof shop.customer>[0];

/** A first order on Monday noon by somebody who is not left alone, and in an arm of the split where that matters. */
async function aFirstBuyer(given: Given = {}, arm?: "short" | "long"): Promise<string> {
  await shop.opens("first-purchase");
  const buyer = await shop.customerWhose((share) => {
    const half = share("first-purchase", "split-short-long") < 0.5 ? "short" : "long";
    return share("first-purchase") >= 0.1 && (arm ?? half) === half;
  }, given);
  await shop.orders(buyer);
  return buyer;
}

const thanked = "email thank-you at 2026-01-12 12:00";

describe("the first order", () => {
  test("is thanked at once by e-mail, with what is in the parcel", async () => {
    const ada = await aFirstBuyer();
    expect(await shop.letters(ada)).toEqual([thanked]);
    const [thanks] = await shop.sentMessages(ada);
    expect(thanks?.message).toMatchObject({
      subject: "Thank you, Ada! Your order is in good hands",
      headers: { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
    });
    expect(thanks?.message.text).toMatch(/Teapot.*Total: £30\.00/s);
  });

  test("is thanked by text where there is no e-mail address", async () => {
    const ada = await aFirstBuyer({ email: null });
    expect(await shop.letters(ada)).toEqual(["sms thank-you at 2026-01-12 12:00"]);
    const [thanks] = await shop.sentMessages(ada);
    expect(thanks?.message.text).toMatch(/^Thank you, Ada! The Teapot has your order A-\d+/);
  });

  test("is thanked in German where German is read", async () => {
    const heike = await aFirstBuyer({ first_name: "Heike", locale: "de-DE", country: "DE" });
    const [thanks] = await shop.sentMessages(heike);
    expect(thanks?.message.subject).toBe("Vielen Dank, Heike! Ihre Bestellung ist in guten Händen");
    expect(thanks?.message.text).toMatch(/Summe: 30,00.£/u);
    expect(thanks?.message.html).toContain('lang="de');
  });

  test("is not thanked again: the second one is no first one", async () => {
    const ada = await aFirstBuyer();
    shop.pace = { days: 10 };
    await shop.travel("90 days");
    const before = await shop.letters(ada);
    await shop.orders(ada);
    await shop.travel("90 days");
    expect(await shop.letters(ada)).toEqual(before);
  });
});

describe("three days later at ten in the customer's own morning", () => {
  test.each([
    ["Europe/London", "2026-01-15 10:00"],
    ["America/New_York", "2026-01-15 15:00"],
    ["Asia/Tokyo", "2026-01-15 01:00"],
  ])("in %s, who followed a link learns what goes well with it", async (zone, at) => {
    const ada = await aFirstBuyer({ zone });
    expect(await shop.clicks(ada)).toMatch(
      /^https:\/\/shop\.example\/.*utm_campaign=first-purchase/,
    );
    await shop.travel("4 days");
    expect(await shop.letters(ada)).toEqual([thanked, `email goes-well-with at ${at}`]);
    const [, ideas] = await shop.sentMessages(ada);
    expect(ideas?.message.subject).toBe("What goes well with your Teapot");
    expect(await shop.whereabouts(ada)).toEqual(["completed"]);
  });

  test("who did not is reminded, one half in a line on the phone", async () => {
    const ada = await aFirstBuyer({}, "short");
    await shop.travel("4 days");
    expect(await shop.letters(ada)).toEqual([thanked, "sms reminder-short at 2026-01-15 10:00"]);
  });

  test("and the other half by e-mail", async () => {
    const ada = await aFirstBuyer({}, "long");
    await shop.travel("4 days");
    expect(await shop.letters(ada)).toEqual([thanked, "email reminder-long at 2026-01-15 10:00"]);
  });

  test("a text waits until the phone may ring where it is", async () => {
    const ada = await aFirstBuyer({ zone: "Pacific/Auckland", email: null });
    expect(await shop.letters(ada)).toEqual([]);
    await shop.travel("1 day");
    // Monday noon in London is one in the morning there.
    expect(await shop.letters(ada)).toEqual(["sms thank-you at 2026-01-12 19:00"]);
  });
});

describe("nothing more is sent", () => {
  test("to a customer who orders again, who counts as converted", async () => {
    const ada = await aFirstBuyer();
    await shop.travel("1 day");
    await shop.orders(ada);
    await shop.travel("30 days");
    expect(await shop.letters(ada)).toEqual([thanked]);
    expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
  });

  test("by e-mail to a customer who left by the button of the first", async () => {
    const ada = await aFirstBuyer({}, "long");
    await shop.unsubscribes(ada);
    await shop.travel("30 days");
    expect(await shop.letters(ada)).toEqual([thanked]);
    expect(await shop.refusals(ada)).toEqual([
      "reminder-long suppressed: no consent to offers by email",
    ]);
  });

  test("and nothing at all to those who are left alone to compare with", async () => {
    await shop.opens("first-purchase");
    const quiet = await shop.customerWhose((share) => share("first-purchase") < 0.1);
    await shop.orders(quiet);
    await shop.travel("30 days");
    expect(await shop.letters(quiet)).toEqual([]);
    expect(await shop.whereabouts(quiet)).toEqual(["exited: holdout"]);
  });

  test("to a customer who never agreed, and the ledger says why", async () => {
    const ada = await aFirstBuyer({ consent: false }, "long");
    await shop.travel("30 days");
    expect(await shop.letters(ada)).toEqual([]);
    expect(await shop.refusals(ada)).toEqual([
      "thank-you suppressed: no consent to offers by email or sms",
      "reminder-long suppressed: no consent to offers by email",
    ]);
  });
});

describe("a hostile name", () => {
  const squeezed = (text: string | null | undefined) => (text ?? "").replaceAll(/\s+/g, "");

  test.each([
    "<script>alert(1)</script>",
    "{{constructor.name}}{{#each this}}",
    '"><img src=x onerror=alert(1)>',
    "{{{customer.email}}} </title></style>",
    "x".repeat(10_000),
  ])("arrives as the letters it is: %.30s", async (name) => {
    const mallory = await aFirstBuyer({ first_name: name });
    const [thanks] = await shop.sentMessages(mallory);
    expect(squeezed(thanks?.message.text).includes(squeezed(`Hello ${name},`))).toBe(true);
    expect(squeezed(load(thanks?.message.html ?? "").text()).includes(squeezed(name))).toBe(true);
    expect(/<script>alert|<img src=x/.test(thanks?.message.html ?? "")).toBe(false);
  });

  test("with a line break in it makes no second header", async () => {
    const ada = await aFirstBuyer({ first_name: "Ada\r\nBcc: everyone@example.com" });
    const [thanks] = await shop.sentMessages(ada);
    expect(thanks?.message.subject).toContain("Bcc: everyone");
    expect(thanks?.message.subject).not.toMatch(/[\r\n]/);
  });

  test("of a product is text too", async () => {
    await shop.opens("first-purchase");
    const ada = await shop.customerWhose((share) => share("first-purchase") >= 0.1);
    await shop.orders(ada, { items: [{ name: "<b onclick=steal()>{{money 1}}", price: 15 }] });
    const [thanks] = await shop.sentMessages(ada);
    expect(thanks?.message.text).toContain("<b onclick=steal()>{{money 1}}");
    expect(/<b onclick/.test(thanks?.message.html ?? "")).toBe(false);
  });

  test("that is a link to a script fails one message and keeps nobody waiting", async () => {
    await shop.opens("first-purchase");
    const ada = await shop.customerWhose((share) => share("first-purchase") >= 0.1);
    await shop.orders(ada, { items: [{ name: "Trap", price: 15, url: "javascript:alert(1)" }] });
    expect(await shop.letters(ada)).toEqual([]);
    expect(await shop.refusals(ada)).toEqual([
      'thank-you failed: templates/thank-you.email.hbs (templates/partials/item.hbs:4): event.items[].url: expected an address such as "https://…" for a link, found another text',
    ]);
  });
});
