import { writeDuration } from "../duration.ts";
import type { Condition } from "./condition.ts";
import type { StepId, Wait } from "./journey.ts";
import type { Act, NestedStep } from "./nested-step.ts";
import { weekdays } from "./weekday.ts";

/**
 * Gives every step its id, by which messages, reports and customers in flight know it from version to version:
 *
 * 1. The id given in the file.
 * 2. Else one from what the step does: a send is called like its template, `wait: 3 days` is `wait-3-days`.
 *
 * So an id depends on its own step alone, and no edit elsewhere renames it. Two steps that would be called the same are a
 * mistake: whichever gave way would be renamed by the coming and going of the other.
 */
export function idsOf(steps: readonly NestedStep[]): ReadonlyMap<NestedStep, StepId> {
  const ids = new Map<NestedStep, StepId>();
  const holders = new Map<StepId, NestedStep>();
  const taken = new Taken();
  const all = byDepth(steps);
  for (const { step } of all) {
    if (step.given === null) continue;
    const isTaken = taken.has(step.given);
    if (isTaken) step.place.at("id").wrong(`the id "${step.given}" is used twice`);
    else holders.set(step.given, step);
    ids.set(step, isTaken ? placeholder(step) : taken.add(step.given));
  }
  for (const { step, labels } of all) {
    if (step.given !== null) continue;
    if (step.act.kind === "unread") {
      ids.set(step, placeholder(step));
      continue;
    }
    const name = nameOf(step.act);
    const id = taken.free(name, labels);
    ids.set(step, id);
    const holder = holders.get(name);
    if (holder === undefined) holders.set(name, step);
    else refuseTwin(step, holder, name, id);
  }
  return ids;
}

/** Of a step that is to be mended: no id can be written so. */
function placeholder({ place }: NestedStep): StepId {
  return place.position.path;
}

/** The id that is offered is the one that the step had when twins still gave way: taking it renames nothing. */
function refuseTwin(step: NestedStep, holder: NestedStep, name: StepId, free: StepId): void {
  step.place.wrong(
    `expected an id, since the step on line ${holder.place.line} is called "${name}" too; ` +
      `give the newer of the two one of its own, such as "id: ${free}"`,
  );
}

interface Found {
  readonly step: NestedStep;
  readonly labels: readonly string[];
}

/** Every step with the labels of the branches it is in, the trunk first, then level by level. */
function byDepth(steps: readonly NestedStep[]): readonly Found[] {
  const found: Found[] = [];
  let level: readonly Found[] = steps.map((step) => ({ step, labels: [] }));
  while (level.length > 0) {
    found.push(...level);
    level = level.flatMap(({ step: parent, labels }) =>
      parent.branches.flatMap((branch) =>
        branch.steps.map((step) => ({ step, labels: [...labels, branch.label] })),
      ),
    );
  }
  return found;
}

/** Ids given out so far. Remembers how far it has counted, so that a thousand twins cost no more than any thousand. */
class Taken {
  readonly #ids = new Set<StepId>();
  readonly #counted = new Map<string, number>();

  has(id: StepId): boolean {
    return this.#ids.has(id);
  }

  add(id: StepId): StepId {
    this.#ids.add(id);
    return id;
  }

  free(base: string, labels: readonly string[]): StepId {
    const inBranch = [...labels, base].join("-");
    for (const id of [base, inBranch]) if (!this.#ids.has(id)) return this.add(id);
    let count = this.#counted.get(inBranch) ?? 2;
    while (this.#ids.has(`${inBranch}-${count}`)) count++;
    this.#counted.set(inBranch, count);
    return this.add(`${inBranch}-${count}`);
  }
}

function nameOf(act: Exclude<Act, { kind: "unread" }>): string {
  switch (act.kind) {
    case "send":
      return act.template;
    case "wait":
      return slug(`wait ${nameOfWait(act.wait)}`);
    case "await":
      return slug(`await ${act.event}`);
    case "if":
      return slug(`if ${nameOfCondition(act.if)}`);
    case "split":
      return slug(`split ${Object.keys(act.weights).join(" ")}`);
    case "switch":
      return slug(`switch ${Object.keys(act.arms).join(" ")}`);
    case "set":
      return slug(
        `set ${act.set.map(({ field }) => field.replace(/^attributes\./, "")).join(" ")}`,
      );
    case "voucher":
      return act.pool;
    case "call":
      return slug(`call ${hostOf(act.url)}`);
    case "task":
      return slug(`task ${act.list}`);
    case "enter":
      return slug(`enter ${act.journey}`);
    case "repeat":
      return "repeat";
    case "exit":
      return slug(`exit ${act.reason}`);
  }
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? "";
}

function nameOfWait(wait: Wait): string {
  if (wait.kind === "for") return writeDuration(wait.duration);
  if (wait.kind === "date") return `until ${wait.field.replace(/^attributes\./, "")}`;
  const days = wait.days > 0 ? `${wait.days} days ` : "";
  return `${days}until ${wait.weekdays.map((day) => weekdays[day - 1]).join(" ")} ${wait.time}`;
}

/** The subject of the first test; its values are left out, so that tuning a threshold keeps the id. */
function nameOfCondition(condition: Condition): string {
  switch (condition.kind) {
    case "all":
    case "any":
      return condition.of[0] === undefined ? condition.kind : nameOfCondition(condition.of[0]);
    case "not":
      return `not ${nameOfCondition(condition.of)}`;
    case "customer":
    case "account":
    case "entry":
      return `${condition.kind} ${condition.field}`;
    case "event":
    case "segment":
      return condition.name;
    case "message":
      return `${condition.was} ${condition.step ?? ""}`;
    case "consent":
      return `consent ${condition.topic} ${condition.channel}`;
    case "answer":
      return `${condition.step} ${condition.field}`;
    case "task":
      return condition.step;
    case "voucher":
      return `${condition.was} ${condition.step ?? "voucher"}`;
    case "orders":
    case "sql":
      return condition.kind;
  }
}

/** Letters of any language stay; the rest becomes "-". */
function slug(words: string): string {
  const joined = words.toLowerCase().replaceAll(/[^\p{L}\p{N}_]+/gu, "-");
  return joined.slice(0, 80).replaceAll(/^-+|-+$/g, "");
}
