/** Quantiles of the normal distribution: 5% false alarms on both sides, and 80% chance to see what is there. */
const zAlpha = 1.959964;
const zBeta = 0.841621;

/**
 * How many customers a journey needs, messaged and left alone together, before a lift from `base` to `target` can be told
 * from chance (two-sided 5%, power 80%), when the share `holdout` of them is left alone. Undefined without a holdout or
 * without a difference, which no number of customers would show.
 *
 * With r = messaged / left alone and p̄ = (target·r + base) / (r + 1), the smaller group needs
 * n = (z_α·√((r+1)·p̄·(1−p̄)) + z_β·√(r·base·(1−base) + target·(1−target)))² / (r·(target−base)²).
 * Source: Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd edition (2003), section 4.4, unequal
 * sample sizes, without the continuity correction.
 */
export function sampleSize(base: number, target: number, holdout: number): number | undefined {
  if (holdout <= 0 || holdout >= 1 || base === target) return undefined;
  const ratio = (1 - holdout) / holdout;
  const mean = (target * ratio + base) / (ratio + 1);
  const spread =
    zAlpha * Math.sqrt((ratio + 1) * mean * (1 - mean)) +
    zBeta * Math.sqrt(ratio * base * (1 - base) + target * (1 - target));
  const leftAlone = spread ** 2 / (ratio * (target - base) ** 2);
  return Math.ceil(leftAlone * (1 + ratio));
}
