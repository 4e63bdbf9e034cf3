import fc from "fast-check";
import { expect, test } from "vitest";
import { deliveryIdOf } from "../../src/channel/delivery-id.ts";
import { retryAfterMs } from "../../src/channel/retry-after.ts";
import { untrustedText } from "../../src/channel/untrusted-text.ts";

const now = new Date("2026-01-12T12:00:00Z");
const day = 24 * 60 * 60 * 1000;

test.each([
  [{ "retry-after": "5" }, 5000],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "Mon, 12 Jan 2026 12:01:00 GMT" }, 60_000],
  [{ "retry-after": "Mon, 12 Jan 2026 11:00:00 GMT" }, 0],
  [
    { "retry-after": "Mon, 12 Jan 2026 12:01:00 GMT", date: "Mon, 12 Jan 2026 12:00:30 GMT" },
    30_000,
  ],
  [{ "retry-after": "soon" }, null],
  [{ "retry-after": "-5" }, null],
  [{ "retry-after": "999999999" }, day],
  [{ "x-ratelimit-reset": String(now.getTime() / 1000 + 9) }, 9000],
  [{ "x-ratelimit-reset": "1" }, 0],
  [{ "x-ratelimit-reset": "1e99" }, null],
  [{ "retry-after": "2", "x-ratelimit-reset": String(now.getTime() / 1000 + 9) }, 2000],
  [{}, null],
])("%j is a wait of %s ms", (headers: Record<string, string>, wait) => {
  expect(retryAfterMs((name) => headers[name], now)).toBe(wait);
});

test("whatever a foreign server writes becomes one well-formed line that Postgres takes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const plain = untrustedText(text, [], 50);
      expect(plain.length).toBeLessThanOrEqual(50);
      expect(plain.isWellFormed()).toBe(true);
      expect(plain).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    }),
  );
});

test("an address is blotted out however it is written, even one made of signs", () => {
  expect(untrustedText("<ANN+a@Example.com> and ann+a@example.com", ["ann+a@example.com"])).toBe(
    "<(address)> and (address)",
  );
  expect(untrustedText("to +44 7700 (.*)", ["(.*)"])).toBe("to +44 7700 (address)");
});

test.each([
  [null],
  [undefined],
  [7],
  [{}],
  ["x"],
  ["0f8fad5b-d9cb-469f-a165-70867728950e'"],
  ["{0f8fad5b-d9cb-469f-a165-70867728950e}"],
])("%j is no delivery id", (text) => {
  expect(deliveryIdOf(text)).toBeNull();
});

test("a delivery id comes back in lower case", () => {
  expect(deliveryIdOf("0F8FAD5B-D9CB-469F-A165-70867728950E")).toBe(
    "0f8fad5b-d9cb-469f-a165-70867728950e",
  );
});
