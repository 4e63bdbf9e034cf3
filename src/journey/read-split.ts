import { underArm } from "./arms.ts";
import type { Winner } from "./journey.ts";
import { type Reader, described, map, mapping, record, required } from "./reader.ts";
import { oneOf, pattern } from "./schema.ts";
import { duration, readPercent, text } from "./scalar.ts";

const weightShape = oneOf({ type: "number", minimum: 0 }, pattern("^\\d+(\\.\\d+)? ?%$"));

/** What thirds and sevenths, written with a digit behind the point, can lack. */
const roundingError = 0.25;

const weight: Reader<number> = described(weightShape, (place) => {
  const { value } = place;
  const read =
    typeof value === "string" ? Number(((readPercent(value) ?? -1) * 100).toFixed(6)) : value;
  return typeof read === "number" && read >= 0 && read <= 1_000_000
    ? read
    : place.expected("a weight such as 50 or 50%");
});

/** `split: { short: 50, long: 50 }`, at least two arms, of which at least one has weight; percentages make 100. */
export const splitWeights: Reader<Readonly<Record<string, number>>> = map(
  record("arms with their weights such as { short: 50, long: 50 }", (arm) =>
    underArm("split", arm, weight),
  ),
  (weights, place) => {
    if (Object.keys(weights).length < 2) return place.expected("at least two arms");
    const sum = Object.values(weights).reduce((total, each) => total + each, 0);
    if (sum === 0) return place.wrong("expected an arm with a weight above 0");
    if (!place.keys.some((arm) => isPercent(place.at(arm).value))) return weights;
    return Math.abs(sum - 100) < roundingError
      ? weights
      : place.wrong(
          `expected percentages that make 100%, got ${Number(sum.toFixed(4))}%; without the sign only their proportion counts`,
        );
  },
);

function isPercent(value: unknown): boolean {
  return typeof value === "string" && value.trimEnd().endsWith("%");
}

/** 1000, or "1000 customers" for the reader's sake. */
const customers: Reader<number> = described(
  oneOf({ type: "integer", minimum: 1 }, pattern("^[1-9]\\d{0,8}( customers)?$")),
  (place) => {
    const [, digits] = /^([1-9]\d{0,8})(?: customers)?$/.exec(String(place.value)) ?? [];
    return digits === undefined
      ? place.expected('a number of customers such as "1000 customers"')
      : Number(digits);
  },
);

const measured = ["opened", "clicked", "converted"] as const;

const measure: Reader<Winner["by"]> = map(
  text("opened, clicked, converted or the name of an event"),
  (word, place) => {
    const known = measured.find((each) => each === word);
    if (known === undefined) place.refer({ kind: "event", name: word });
    return known ?? { event: word };
  },
);

export const winner: Reader<Winner> = mapping(
  "a mapping such as { after: 1000 customers, by: clicked, within: 7 days }",
  { after: required(customers), by: required(measure), within: required(duration) },
);
