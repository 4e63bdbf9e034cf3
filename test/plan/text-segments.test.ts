import { expect, test } from "vitest";
import { textLength } from "../../src/plan/text-segments.ts";

test.each([
  ["a", 160, "GSM-7", 1],
  ["a", 161, "GSM-7", 2],
  ["a", 306, "GSM-7", 2],
  ["a", 307, "GSM-7", 3],
  ["€", 80, "GSM-7", 1],
  ["€", 81, "GSM-7", 2],
  ["ł", 70, "UCS-2", 1],
  ["ł", 71, "UCS-2", 2],
  ["ł", 134, "UCS-2", 2],
  ["ł", 135, "UCS-2", 3],
  ["🎁", 35, "UCS-2", 1],
  ["🎁", 36, "UCS-2", 2],
] as const)("%s, %i times, is %s and takes %i", (character, times, encoding, segments) => {
  expect(textLength(character.repeat(times))).toMatchObject({ encoding, segments });
});

test("a character of two places is not cut in two at the end of a segment", () => {
  const room = "a".repeat(152);
  expect(textLength(`${room}€${room.slice(1)}`).segments).toBe(2);
  expect(textLength(`${room}€${room}`).segments).toBe(3);
});

test("one character outside the alphabet makes all of it UCS-2", () => {
  expect(textLength("It is yours")).toEqual({ encoding: "GSM-7", places: 11, segments: 1 });
  expect(textLength("It’s yours")).toEqual({ encoding: "UCS-2", places: 10, segments: 1 });
});

test("an empty text is a message still", () => {
  expect(textLength("")).toEqual({ encoding: "GSM-7", places: 0, segments: 1 });
});
