const firstMs = 30_000;
const longestMs = 6 * 3_600_000;

/**
 * Exponential backoff with full jitter: anything between zero and 30 s · 2^attempts, at most six hours. Spreads retries
 * best of the known schemes (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export function retryDelayMs(attempts: number, random: () => number): number {
  return Math.round(random() * Math.min(longestMs, firstMs * 2 ** attempts));
}
