/** A sum without the noise of binary fractions (20.999999999999993), to the ten-thousandth that prices go to. */
export function tidy(sum: number): number {
  return Math.round(sum * 10_000) / 10_000;
}
