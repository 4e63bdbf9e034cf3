import { expect, test } from "vitest";
import { nearMiss } from "../src/errors.ts";

const kinds = ["send", "wait", "await", "if", "split", "exit"];

test.each([
  ["sned", "send"],
  ["Wait", "wait"],
  ["splitt", "split"],
  ["awiat", "await"],
  ["exti", "exit"],
])("%s was meant to be %s", (word, meant) => {
  expect(nearMiss(word, kinds)).toBe(meant);
});

test.each(["", "x", "colour", "dispatch", "s".repeat(100_000)])(
  "what is near to nothing has no near miss: %.10s",
  (word) => {
    expect(nearMiss(word, kinds)).toBeUndefined();
  },
);

test("of two near words the nearer one was meant, of two equally near ones the first", () => {
  expect(nearMiss("currencies", ["currents", "currencie"])).toBe("currencie");
  expect(nearMiss("cat", ["car", "bat"])).toBe("car");
});
