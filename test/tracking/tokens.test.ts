import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTokens, type TokenPurpose } from "../../src/tracking/tokens.ts";
import { tokenIn, tokens, urls } from "./sent.ts";

const deliveryId = "0f8fad5b-d9cb-469f-a165-70867728950e";
const purposes: TokenPurpose[] = ["click", "open", "unsubscribe", "preferences", "report"];

function flipped(token: string, bit: number): string {
  const bytes = Buffer.from(token);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bytes.toString("latin1");
}

test("what is written is read back, whatever the ids", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 0, max: 2 ** 48 - 1 }), (id, link) => {
      const token = tokens.write("click", id, String(link));
      expect(tokens.read("click", token)).toEqual({ deliveryId: id, linkId: String(link) });
      expect(tokens.read("open", tokens.write("open", id))).toEqual({
        deliveryId: id,
        linkId: null,
      });
    }),
  );
});

test.each(purposes)("a %s token with any one bit flipped is rejected", (purpose) => {
  const token = tokens.write(purpose, deliveryId, "42");
  for (let bit = 0; bit < token.length * 8; bit++)
    expect(tokens.read(purpose, flipped(token, bit))).toBeUndefined();
});

test("a token of one purpose opens no other door", () => {
  for (const written of purposes) {
    for (const read of purposes.filter((purpose) => purpose !== written))
      expect(tokens.read(read, tokens.write(written, deliveryId, "42"))).toBeUndefined();
  }
});

test("text that is no token is rejected without an error", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.constantFrom(...purposes), (text, purpose) => {
      expect(tokens.read(purpose, text)).toBeUndefined();
    }),
  );
  const token = tokens.write("open", deliveryId);
  for (const spelled of [`${token}=`, ` ${token}`, `${token}A`, token.slice(0, -1), `${token}\0`])
    expect(tokens.read("open", spelled)).toBeUndefined();
});

test("a new secret in front signs, and mail signed with the old one works on until it is removed", () => {
  const [old, fresh] = ["the old secret of this shop", "the new secret of this shop"] as const;
  const token = createTokens([old]).write("unsubscribe", deliveryId);
  expect(createTokens([fresh, old]).read("unsubscribe", token)?.deliveryId).toBe(deliveryId);
  expect(createTokens([fresh]).read("unsubscribe", token)).toBeUndefined();
  const renewed = createTokens([fresh, old]).write("unsubscribe", deliveryId);
  expect(createTokens([fresh]).read("unsubscribe", renewed)?.deliveryId).toBe(deliveryId);
});

test("another shop's token is rejected", () => {
  const theirs = createTokens(["the secret of another shop"]).write("click", deliveryId, "1");
  expect(tokens.read("click", theirs)).toBeUndefined();
});

test("without a secret nothing can be signed, and the error says what to set", () => {
  expect(() => createTokens([])).toThrow("WAYPOST_SECRET");
  expect(() => createTokens(["short"])).toThrow("WAYPOST_SECRET");
});

test("the URLs in messages carry tokens, and no customer", () => {
  const id = randomUUID();
  expect(tokens.read("click", tokenIn(urls.click(id, "7")))).toEqual({
    deliveryId: id,
    linkId: "7",
  });
  expect(tokens.read("open", tokenIn(urls.open(id)))?.deliveryId).toBe(id);
  expect(tokens.read("preferences", tokenIn(urls.preferences(id)))?.deliveryId).toBe(id);
  expect(tokens.read("report", tokenIn(urls.report("twilio", id)))?.deliveryId).toBe(id);
  expect(urls.report("twilio", id)).toMatch(/^https:\/\/mail\.example\/r\/twilio\/[\w-]+$/);
  expect(urls.isOurs(urls.unsubscribe(id))).toBe(true);
  expect(urls.isOurs("https://shop.example/u/x")).toBe(false);
});
