/**
 * The 7-bit default alphabet of GSM, and the characters of its extension table, which take two places each (3GPP TS
 * 23.038, section 6.2.1).
 */
const basic = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const extended = new Set("\f^{}\\[~]|€");

export interface TextLength {
  readonly encoding: "GSM-7" | "UCS-2";
  /** Places taken: septets of GSM-7, 16-bit units of UCS-2. */
  readonly places: number;
  readonly segments: number;
}

/**
 * How many segments an SMS takes, which is what providers charge for. One character outside the GSM alphabet, such as
 * an emoji or a curly quote, makes all of it UCS-2: 70 places instead of 160, and 67 instead of 153 in each of several
 * (3GPP TS 23.040, section 9.2.3.24.1). A character of two places is never cut in two.
 */
export function textLength(text: string): TextLength {
  const characters = Array.from(text);
  const isGsm = characters.every((one) => basic.has(one) || extended.has(one));
  const widths = characters.map((one) => (isGsm ? (extended.has(one) ? 2 : 1) : one.length));
  const places = widths.reduce((sum, width) => sum + width, 0);
  const [single, joined] = isGsm ? [160, 153] : [70, 67];
  const segments = places <= single ? 1 : filled(widths, joined);
  return { encoding: isGsm ? "GSM-7" : "UCS-2", places, segments };
}

function filled(widths: readonly number[], room: number): number {
  let [segments, used] = [1, 0];
  for (const width of widths) {
    if (used + width > room) [segments, used] = [segments + 1, 0];
    used += width;
  }
  return segments;
}
