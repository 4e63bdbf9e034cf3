import { writeDuration } from "../duration.ts";
import type { Condition } from "./condition.ts";
import type { Wait } from "./journey.ts";
import type { Act } from "./nested-step.ts";
import { weekdays } from "./weekday.ts";

/** What a step is called that is given no id, by what it does. */
export function nameOf(act: Act): string {
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
    case "unread":
      return act.kind;
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
