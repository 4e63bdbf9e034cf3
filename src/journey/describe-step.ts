import { writeDuration } from "../duration.ts";
import { describeCondition } from "./describe-condition.ts";
import type { SplitArm, Step, Wait } from "./journey.ts";
import { weekdays } from "./weekday.ts";

/** One short line for screens: "wait 3 days, until 10:00 customer's time". */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "send":
      return `send ${step.template} by ${step.by.join(", else ")}`;
    case "wait":
      return `wait ${describeWait(step.wait)}`;
    case "await":
      return `await ${step.event} within ${writeDuration(step.within)}`;
    case "if":
      return abridge(`if ${describeCondition(step.if)}`);
    case "split":
      return `split ${describeArms(step.arms)}`;
    case "exit":
      return `exit: ${step.reason}`;
  }
}

function describeWait(wait: Wait): string {
  if (wait.kind === "for") return writeDuration(wait.duration);
  const days = wait.days === 0 ? "" : `${wait.days} ${wait.days === 1 ? "day" : "days"}, `;
  const names = wait.weekdays.map((day) => weekdays[day - 1]).join(" or ");
  const zone = wait.zone === "customer" ? "customer's time" : `${wait.zone} time`;
  return `${days}until ${names === "" ? "" : `${names} `}${wait.time} ${zone}`;
}

function abridge(line: string): string {
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
}

function describeArms(arms: readonly SplitArm[]): string {
  const sum = arms.reduce((total, { weight }) => total + weight, 0);
  return arms.map(({ name, weight }) => `${name} ${percent(weight / sum)}`).join(", ");
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}
