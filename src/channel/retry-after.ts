const longestMs = 24 * 60 * 60 * 1000;

/**
 * How long a provider asks us to stay away, in milliseconds: `Retry-After` (seconds or a date), else `X-RateLimit-Reset`
 * (Unix seconds). Instants are measured from the answer's own `Date`, so that neither its clock nor ours must be right.
 * Null when it names no time; never more than a day, whatever it says.
 */
export function retryAfterMs(
  header: (name: string) => string | undefined,
  now: Date,
): number | null {
  const answeredAt = instant(header("date")) ?? now.getTime();
  const wait =
    waitOf(header("retry-after"), answeredAt) ??
    waitUntilReset(header("x-ratelimit-reset"), answeredAt);
  return wait === undefined ? null : Math.min(Math.max(wait, 0), longestMs);
}

function waitOf(text: string | undefined, answeredAt: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const until = instant(text);
  return until === undefined ? undefined : until - answeredAt;
}

function waitUntilReset(text: string | undefined, answeredAt: number): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text.trim())
    ? Number(text) * 1000 - answeredAt
    : undefined;
}

function instant(text: string | undefined): number | undefined {
  // Without the name of a month, Date.parse takes nearly anything for a date.
  const at = text !== undefined && /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
