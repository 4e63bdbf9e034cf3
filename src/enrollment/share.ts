import { type RawBuilder, sql } from "kysely";
import type { SplitArm } from "../journey/journey.ts";

/**
 * A number from 0 to 1 that is always the same for a customer and a purpose: the first 32 bits of an MD5, which any
 * other program can work out again, today's or tomorrow's Postgres included (its own hash functions may change).
 */
export function shareOf(
  customerId: RawBuilder<unknown>,
  ...purpose: readonly string[]
): RawBuilder<number> {
  const salt = ["", ...purpose].join(":");
  return sql<number>`(('x' || substr(md5(${customerId}::text || ${salt}::text), 1, 8))::bit(32)::bigint / 4294967296.0)`;
}

/** The upper bound of each arm's share, in the order of the arms; the last is 1. */
export function boundsOf(arms: readonly SplitArm[]): readonly number[] {
  const total = arms.reduce((sum, arm) => sum + arm.weight, 0);
  let sum = 0;
  return arms.map((arm, index) => {
    sum += arm.weight;
    return index === arms.length - 1 ? 1 : sum / total;
  });
}
