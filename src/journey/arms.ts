import type { Place } from "./place.ts";
import { type Reader, described } from "./reader.ts";
import { name } from "./scalar.ts";

type Armed = "split" | "switch" | "task";

/** Keys of the steps themselves, which cannot name an arm. */
const reserved: Readonly<Record<Armed, readonly string[]>> = {
  split: ["id", "split", "winner"],
  switch: ["id", "switch", "else"],
  task: ["id", "task", "else"],
};

/** Where the arms are named; undefined when that cannot be read. */
const written: Readonly<Record<Armed, (step: Place) => readonly string[] | undefined>> = {
  split: (step) => namedBy(step.at("split")),
  switch: (step) => namedBy(step.at("switch")),
  task: (step) => {
    const outcomes = step.at("task").at("outcomes");
    return outcomes.isList
      ? outcomes.items.map(({ value }) => value).filter((value) => typeof value === "string")
      : undefined;
  },
};

function namedBy(arms: Place): readonly string[] | undefined {
  return arms.isMapping ? arms.keys : undefined;
}

/** The names that a step gives its arms, which are keys beside it too. Where it names none, whatever holds a list may be one. */
export function armsOf(kind: Armed, step: Place): readonly string[] {
  if (!step.has(kind)) return [];
  const arms = written[kind](step) ?? step.keys.filter((key) => step.at(key).isList);
  return arms.filter((arm) => !reserved[kind].includes(arm));
}

/** Whatever kind the step is: keys that are not to be taken for the key of a kind. */
export function allArms(step: Place): readonly string[] {
  return [...armsOf("split", step), ...armsOf("switch", step), ...armsOf("task", step)];
}

/** The name of an arm, and then what stands under it. */
export function underArm<T>(kind: Armed, arm: string, read: Reader<T>): Reader<T> {
  return described(read.schema ?? {}, (place) => {
    const named = armName(kind)(place.called(arm));
    const value = read(place);
    return named === undefined ? undefined : value;
  });
}

export function armName(kind: Armed): Reader<string> {
  const read = name("the name of an arm");
  return described(read.schema ?? {}, (place) =>
    reserved[kind].includes(String(place.value))
      ? place.wrong(`an arm cannot be called "${String(place.value)}"`)
      : read(place),
  );
}
