import { nearMiss } from "../errors.ts";
import { type Act, type Branch, type NestedStep, alwaysExit } from "./nested-step.ts";
import type { Place } from "./place.ts";
import { type Scope, conditionIn } from "./read-condition.ts";
import { eventName } from "./read-event-condition.ts";
import { arms, splitWeights } from "./read-split.ts";
import { eventWhere } from "./read-test.ts";
import { readWait } from "./read-wait.ts";
import { type Reader, map, mapping, oneOrMore, optional, required } from "./reader.ts";
import { duration, name, text } from "./scalar.ts";

/** A kind of step: what stands under its key, and the keys beside it. */
interface StepKind {
  readonly act: (place: Place, scope: Scope) => Act | undefined;
  readonly beside?: readonly string[];
  readonly branches?: readonly string[];
}

const channel: Reader<string> = (place) => {
  if (place.value === "best") return place.wrong('"best" is not supported yet; name the channels');
  const by = name("a channel such as email")(place);
  if (by !== undefined) place.refer({ kind: "channel", name: by });
  return by;
};

const channels = map(oneOrMore("a channel or a list of channels", channel), (by, place) =>
  new Set(by).size === by.length ? by : place.wrong("expected each channel once"),
);

const awaited = mapping("a mapping such as { event: order_completed, within: 3 days }", {
  event: required(eventName),
  where: optional(eventWhere, {}),
  within: required(duration),
});

const kinds: Readonly<Record<string, StepKind>> = {
  send: {
    beside: ["by"],
    act: (place) => {
      const template = name("the name of a template")(place.at("send"));
      const by = channels(place.at("by"));
      if (template === undefined || by === undefined) return undefined;
      place.at("send").refer({ kind: "template", name: template, by });
      return { kind: "send", template, by, fallback: false };
    },
  },
  wait: {
    act: (place) => map(readWait, (wait): Act => ({ kind: "wait", wait }))(place.at("wait")),
  },
  await: {
    branches: ["then", "else"],
    act: (place) =>
      map(awaited, (read): Act => ({ kind: "await", match: {}, ...read }))(place.at("await")),
  },
  if: {
    branches: ["then", "else"],
    act: (place, scope) => {
      if (!place.has("then") && !place.has("else"))
        place.at("then").wrong('expected "then:" or "else:" with a list of steps, got nothing');
      return map(conditionIn(scope), (read): Act => ({ kind: "if", if: read }))(place.at("if"));
    },
  },
  split: {
    act: (place) =>
      map(splitWeights, (weights): Act => ({ kind: "split", weights, winner: null }))(
        place.at("split"),
      ),
  },
  exit: {
    act: (place) =>
      map(text("a reason"), (reason): Act => ({ kind: "exit", reason }))(place.at("exit")),
  },
};

const later = ["voucher", "call", "task", "enter", "set", "switch", "repeat", "fallback"];

/** A list of steps, each a mapping with the key of its kind. An empty list is a branch that does nothing. */
export function stepsIn(scope: Scope): Reader<readonly NestedStep[]> {
  return (place) => {
    if (!place.isList) return place.expected("a list of steps");
    const read = place.items.map((item) => oneStep(item, scope));
    const steps = read.filter((step) => step !== undefined);
    if (steps.length < read.length) return undefined;
    const dead = steps.find((_, index) => alwaysExit(steps.slice(Math.max(0, index - 1), index)));
    return dead === undefined
      ? steps
      : dead.place.wrong("this step is never reached: every way here ends in an exit");
  };
}

function oneStep(place: Place, scope: Scope): NestedStep | undefined {
  const kind = kindOf(place);
  if (kind === undefined) return undefined;
  const { act: readAct, beside = [], branches: fixed } = kinds[kind] as StepKind;
  const labels = fixed ?? (kind === "split" ? arms(place) : []);
  for (const key of place.keys)
    if (![kind, "id", ...beside, ...labels].includes(key))
      place.at(key).unknown("key", ["id", ...beside, ...labels]);
  const given = place.has("id") ? name("the id of a step")(place.at("id")) : null;
  const act = readAct(place, scope);
  const wanted = kind === "split" ? labels : labels.filter((label) => place.has(label));
  const branches = wanted.map((label) => branchAt(place.at(label), label, scope));
  const whole = branches.filter((branch) => branch !== undefined);
  if (act === undefined || given === undefined || whole.length < branches.length) return undefined;
  return { place, given, act, branches: whole };
}

function branchAt(place: Place, label: string, scope: Scope): Branch | undefined {
  const steps = stepsIn(scope)(place);
  return steps && { label, steps };
}

/** The kind of a step is the one key that names a kind. The arms of a split may be called anything. */
function kindOf(place: Place): string | undefined {
  if (!place.isMapping) return place.expected("a step such as { wait: 3 days }");
  const free = arms(place);
  const named = (known: readonly string[]) =>
    place.keys.filter((key) => known.includes(key) && !free.includes(key));
  const [kind, another] = named(Object.keys(kinds));
  const [unsupported] = named(later);
  if (unsupported !== undefined)
    return place.at(unsupported).wrong(`"${unsupported}" is not supported yet`);
  if (another !== undefined)
    return place.wrong(
      `expected one step, got both "${kind}" and "${another}"; make them two items`,
    );
  return kind ?? noKind(place);
}

function noKind(place: Place): undefined {
  const known = [...Object.keys(kinds), ...later];
  const misspelt = place.keys.find((key) => nearMiss(key, known) !== undefined) ?? place.keys[0];
  return misspelt === undefined
    ? place.expected(`a step (${Object.keys(kinds).join(", ")})`)
    : place.at(misspelt).unknown("kind of step", known, Object.keys(kinds));
}
