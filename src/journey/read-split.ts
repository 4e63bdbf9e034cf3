import type { Place } from "./place.ts";
import { type Reader, map, record } from "./reader.ts";
import { name, readPercent } from "./scalar.ts";

/** Keys of the step itself, which cannot name an arm. */
const reserved: ReadonlySet<string> = new Set(["id", "split"]);

/** The names of a split's arms, which are keys beside it too. */
export function arms(step: Place): readonly string[] {
  return step.at("split").keys.filter((key) => !reserved.has(key));
}

const weight: Reader<number> = (place) => {
  const { value } = place;
  const read =
    typeof value === "string" ? Number(((readPercent(value) ?? -1) * 100).toFixed(6)) : value;
  return typeof read === "number" && read >= 0 && read <= 1_000_000
    ? read
    : place.expected("a weight such as 50 or 50%");
};

/** `split: { short: 50, long: 50 }`, at least two arms, of which at least one has weight. */
export const splitWeights: Reader<Readonly<Record<string, number>>> = map(
  record("arms with their weights such as { short: 50, long: 50 }", (arm) => (place) => {
    const named = reserved.has(arm)
      ? place.wrong(`an arm cannot be called "${arm}"`)
      : name("the name of an arm")(place.called(arm));
    const read = weight(place);
    return named === undefined ? undefined : read;
  }),
  (weights, place) => {
    if (Object.keys(weights).length < 2) return place.expected("at least two arms");
    const sum = Object.values(weights).reduce((total, each) => total + each, 0);
    return sum > 0 ? weights : place.wrong("expected an arm with a weight above 0");
  },
);
