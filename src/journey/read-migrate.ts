import { nearMiss } from "../errors.ts";
import { type DraftSteps, mayHide } from "./draft.ts";
import type { Destination, Migration } from "./migration.ts";
import type { Place } from "./place.ts";
import { type Reader, choice, described, mapping, optional, record, required } from "./reader.ts";
import { anything, listOf, oneOf } from "./schema.ts";
import { text } from "./scalar.ts";

const due = choice("when they go on", ["kept", "now"]);
const fully = mapping("a destination such as { to: reminder, due: now }", {
  to: required(text("the id of a step of this file")),
  due: optional(due, "kept"),
});

const destinationShape = oneOf({ type: "string" }, fully.schema ?? anything);

/** `reminder`, `exit`, `stay`, or `{ to: reminder, due: now }`, which also names a step that is called exit or stay. */
const destination: Reader<Destination> = described(destinationShape, (place) => {
  if (place.isMapping) {
    const read = fully(place);
    return read && { kind: "step", ...read };
  }
  if (place.value === "exit" || place.value === "stay") return { kind: place.value };
  const to = text('the id of a step of this file, "exit" or "stay"')(place);
  return to === undefined ? undefined : { kind: "step", to, due: "kept" };
});

const version = { type: "integer", minimum: 1 };
const versionsShape = oneOf({ const: "all" }, version, listOf(version));

const versions: Reader<Migration["from"]> = described(versionsShape, (place) => {
  if (place.value === "all") return "all";
  const given: readonly unknown[] = Array.isArray(place.value) ? place.value : [place.value];
  const numbers = given.filter((each) => Number.isInteger(each) && Number(each) > 0).map(Number);
  return numbers.length > 0 && numbers.length === given.length
    ? numbers
    : place.expected('the number of a version such as 3, several such as [2, 3], or "all"');
});

const inFull: Reader<Migration> = mapping('"all", or a mapping such as { from: 3 }', {
  from: required(versions),
  steps: optional(
    record("a mapping such as { old-step: new-step, gone-step: exit }", () => destination),
    {},
  ),
});

/** `migrate: all`, or `{ from: 3, steps: { old-step: new-step, gone-step: exit } }`. */
export const migration = described<Migration>(
  oneOf({ const: "all" }, inFull.schema ?? anything),
  (place) => (place.value === "all" ? { from: "all", steps: {} } : inFull(place)),
);

/** Notes every destination that is no step of the journey, at its place below `migrate`. */
export function checkDestinations(place: Place, { steps }: Migration, known: DraftSteps): void {
  if (Object.values(known).some((step) => mayHide(step))) return;
  const ids = Object.keys(known);
  for (const [from, destined] of Object.entries(steps)) {
    if (destined.kind !== "step" || ids.includes(destined.to)) continue;
    const here = place.at("steps").at(from);
    const meant = nearMiss(destined.to, ids);
    const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
    (here.isMapping ? here.at("to") : here).wrong(
      `expected the id of a step of this journey, "exit" or "stay", got "${destined.to}"${hint}`,
    );
  }
}
