import { addDays, instantAt, readDay } from "./local-time.ts";
import type { NewVoucher } from "./voucher-pool.ts";

/**
 * Reads a line of a file of codes: `CODE` or `CODE,2026-12-31`, quoted or not. A day is good until its end in `zone`. A
 * heading, and what is empty, is nothing. A fault never quotes the code.
 */
export function readVoucherLine(
  line: string,
  zone: string,
  isFirst: boolean,
): NewVoucher | { readonly fault: string } | "nothing" {
  const [code = "", expires = "", ...more] = line
    .replace(/^\uFEFF/, "")
    .split(/[,;\t]/)
    .map((cell) =>
      cell
        .trim()
        .replace(/^"(.*)"$/, "$1")
        .trim(),
    );
  if (code === "" && expires === "") return "nothing";
  if (isFirst && /^(code|voucher)s?$/i.test(code)) return "nothing";
  if (more.some((cell) => cell !== ""))
    return {
      fault: `expected a code and, after a comma, its last day; found ${more.length + 2} cells`,
    };
  if (code === "") return { fault: "expected a code before the comma, found none" };
  if (code.length > 200 || /[\s\p{Cc}\p{Cf}]/u.test(code) || !code.isWellFormed())
    return { fault: "expected a code of at most 200 characters without spaces, found another" };
  if (expires === "") return { code, expiresAt: null };
  const expiresAt = readEnd(expires, zone);
  if (expiresAt !== undefined) return { code, expiresAt };
  return {
    fault: `expected a day such as 2026-12-31, found "${expires.slice(0, 40).replaceAll(/[\p{Cc}\p{Cf}]/gu, "")}"`,
  };
}

function readEnd(text: string, zone: string): Date | undefined {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const instant = isDay || isInstant ? new Date(text) : undefined;
  if (instant === undefined || Number.isNaN(instant.getTime())) return undefined;
  if (!isDay) return instant;
  // "2026-02-30" is the second of March to JavaScript, and a mistake to us.
  if (instant.toISOString().slice(0, 10) !== text) return undefined;
  return instantAt(addDays(readDay(text), 1), 0, zone);
}
