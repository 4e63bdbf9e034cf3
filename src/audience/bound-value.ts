import { refusal } from "./refusal.ts";

/** A text as Postgres can store it: without the NUL character, which it refuses even as a parameter. */
export function storable(text: string, place: string): string {
  if (!text.includes("\0")) return text;
  throw refusal(place, "expected a text without the NUL character (\\u0000). Remove it");
}

/** A number as an exact parameter. */
export function numeral(value: number, place: string): string {
  if (Number.isFinite(value)) return String(value);
  throw refusal(place, `expected a finite number, got ${value}`);
}
