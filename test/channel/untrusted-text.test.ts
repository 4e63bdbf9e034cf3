import fc from "fast-check";
import { expect, test } from "vitest";
import { untrustedText } from "../../src/channel/untrusted-text.ts";

test.each([
  ["250 2.0.0 OK", "250 2.0.0 OK"],
  [" mailbox  full ", "mailbox full"],
  ["mailbox\r\nfull\0", "mailbox full"],
  ["Grüße \u{200B}von hier", "Grüße von hier"],
  ["half a pair \uD83D", "half a pair \uFFFD"],
  ["", ""],
])("%j is kept as %j", (said, kept) => {
  expect(untrustedText(said)).toBe(kept);
});

test("whatever is said, what is kept is one well-formed line without a double blank", () => {
  const words = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(" ", "a", "\t", "\0", "\u2028", "é") }),
  );
  fc.assert(
    fc.property(words, (said) => {
      const kept = untrustedText(said);
      expect(kept.isWellFormed()).toBe(true);
      expect(kept).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\s\s|^\s|\s$/u);
    }),
  );
});
