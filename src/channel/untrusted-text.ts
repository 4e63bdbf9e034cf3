/**
 * A text that came from a foreign server, made fit to keep and to show: one line, no control characters (Postgres takes
 * no NUL), no lone surrogates, at most `max` characters. Addresses in `without` are blotted out: they are the
 * customer's, and erasure must not have to look for them in error messages.
 */
export function untrustedText(text: unknown, without: readonly string[] = [], max = 500): string {
  if (typeof text !== "string") return "";
  // A little more than is kept, so that a blotted address at the edge is still found whole.
  let plain = oneLine(text.slice(0, max * 4));
  for (const address of without) {
    // A pattern is compiled for good; most answers name no address, and there is one for every message sent.
    if (address.length > 2 && plain.toUpperCase().includes(address.toUpperCase()))
      plain = plain.replaceAll(literally(address), "(address)");
  }
  return plain.slice(0, max).toWellFormed();
}

/** Most of what providers say is plain already, and they say it thousands of times in one report. */
function oneLine(text: string): string {
  if (!/[^\x20-\x7e]| {2}|^ | $/.test(text)) return text;
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
}

function literally(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "gi");
}

/** The same, or null where there is nothing to say. */
export function untrustedTextOrNull(
  text: unknown,
  without: readonly string[] = [],
  max = 500,
): string | null {
  const plain = untrustedText(text, without, max);
  return plain === "" ? null : plain;
}
