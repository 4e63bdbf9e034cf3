const firstMs = 30_000;
const longestMs = 6 * 3_600_000;

/**
 * Where nobody was reached: this worker rests by itself, and once there is a connection again all goes on at once.
 */
const longestUnconnectedMs = 5 * 60_000;

/**
 * Exponential backoff with full jitter: anything between zero and 30 s · 2^attempts, at most six hours. Spreads retries
 * best of the known schemes (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export function retryDelayMs(
  attempts: number,
  random: () => number,
  { isUnconnected = false } = {},
): number {
  const most = isUnconnected ? longestUnconnectedMs : longestMs;
  return Math.round(random() * Math.min(most, firstMs * 2 ** attempts));
}
