import type { Comparison, Test } from "../journey/condition.ts";

/**
 * Whether a test holds of what is not there: of 0 for counts and totals, of null for fields. Such a test ("fewer than
 * three orders") is compiled the other way round, as "no group of rows that breaks it", so that customers without a
 * single row are in and the rows are still read as one set.
 */
export function holdsOfAbsent(test: Test, absent: 0 | null): boolean {
  return test.every((comparison) => holds(comparison, absent));
}

function holds({ op, value }: Comparison, absent: 0 | null): boolean {
  switch (op) {
    case "eq":
      return value === absent;
    case "ne":
      return value !== absent;
    case "in":
      return Array.isArray(value) && value.includes(absent);
    case "not_in":
      return Array.isArray(value) && !value.includes(absent);
    case "exists":
      return value === (absent !== null);
    case "gt":
      return absent === 0 && typeof value === "number" && 0 > value;
    case "gte":
      return absent === 0 && typeof value === "number" && 0 >= value;
    case "lt":
      return absent === 0 && typeof value === "number" && 0 < value;
    case "lte":
      return absent === 0 && typeof value === "number" && 0 <= value;
    default:
      return false;
  }
}

/** "At least one", which needs no counting; an empty test means it too. */
export function isAtLeastOne(test: Test): boolean {
  return test.every(
    ({ op, value }) => (op === "gte" && value === 1) || (op === "gt" && value === 0),
  );
}
