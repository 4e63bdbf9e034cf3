import { type Condition, testsIn } from "../journey/condition.ts";

/**
 * A condition with these segments put in as what they will be: kept members are those of the segment as it is now. The
 * others stay as they are kept, which costs nothing to look up.
 */
export function inlineSegments(
  condition: Condition,
  changed: ReadonlyMap<string, Condition>,
): Condition {
  switch (condition.kind) {
    case "all":
    case "any":
      return { ...condition, of: condition.of.map((one) => inlineSegments(one, changed)) };
    case "not":
      return { ...condition, of: inlineSegments(condition.of, changed) };
    case "segment": {
      const will = changed.get(condition.name);
      return will === undefined ? condition : inlineSegments(will, changed);
    }
    default:
      return condition;
  }
}

/** Whether a condition asks for one of the segments. */
export function asksFor(condition: Condition | null, names: ReadonlySet<string>): boolean {
  return (
    condition !== null &&
    testsIn(condition).some((test) => test.kind === "segment" && names.has(test.name))
  );
}
