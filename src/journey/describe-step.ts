import { writeDuration } from "../duration.ts";
import { describeCondition, describeWhere } from "./describe-condition.ts";
import { describeCalculation } from "./calculation.ts";
import type { Assignment, CustomerDate, Operand, SplitArm, Step, Wait, Winner } from "./journey.ts";
import type { Condition } from "./condition.ts";
import { weekdays } from "./weekday.ts";

/** One short line for screens: "wait 3 days, until 10:00 customer's time". */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "send":
      return `send ${step.template} by ${describeChannels(step)}`;
    case "wait":
      return `wait ${describeWait(step.wait)}`;
    case "await":
      return abridge(
        `await ${step.event}${describeWhere(step.where, step.match)} within ${writeDuration(step.within)}`,
      );
    case "if":
      return abridge(`if ${describeCondition(step.if)}`);
    case "switch":
      return abridge(`switch ${step.arms.map(({ name }) => name).join(", ")}`);
    case "split":
      return `split ${describeArms(step.arms)}${describeWinner(step.winner)}`;
    case "set":
      return abridge(`set ${step.set.map(describeAssignment).join(", ")}`);
    case "voucher":
      return `voucher from ${step.pool}${step.expires ? `, good for ${writeDuration(step.expires)}` : ""}`;
    case "call":
      return abridge(`call ${step.method} ${step.url}`);
    case "task":
      return abridge(`task on ${step.list}: ${step.text}`);
    case "enter":
      return `enter ${step.journey}`;
    case "repeat":
      return abridge(`repeat ${describeRounds(step.times, step.until)}`);
    case "exit":
      return `exit: ${step.reason}`;
  }
}

function describeChannels({ by, fallback }: Extract<Step, { kind: "send" }>): string {
  const channels = by === "best" ? "the best channel" : by.join(", else ");
  return fallback ? `${channels}, and on to the next if it fails` : channels;
}

function describeWinner(winner: Winner | null): string {
  if (winner === null) return "";
  const by = typeof winner.by === "string" ? winner.by : winner.by.event;
  return `, the best by ${by} after ${winner.after}`;
}

function describeAssignment({ field, to }: Assignment): string {
  if (to.kind === "calculation") return `${field} to ${describeCalculation(to.calculation, field)}`;
  return to.kind === "add" ? `${field} + ${to.add}` : `${field} to ${describeOperand(to)}`;
}

function describeOperand(operand: Exclude<Operand, { kind: "add" }>): string {
  if (operand.kind === "reference") return operand.from;
  return operand.kind === "now" ? "now" : String(operand.value ?? "nothing");
}

function describeRounds(times: number, until: Condition | null): string {
  const rounds = times === 1 ? "once" : `${times} times`;
  return until === null ? rounds : `${rounds}, until ${describeCondition(until)}`;
}

function describeWait(wait: Wait): string {
  if (wait.kind === "for") return writeDuration(wait.duration);
  if (wait.kind === "date") return describeDate(wait);
  const days = wait.days === 0 ? "" : `${wait.days} ${wait.days === 1 ? "day" : "days"}, `;
  const names = describeWeekdays(wait.weekdays);
  return `${days}until ${names === "" ? "" : `${names} `}${wait.time} ${describeZone(wait.zone)}`;
}

/** "friday", "monday or friday", "monday to friday" */
function describeWeekdays(days: readonly number[]): string {
  const inOrder = days.toSorted((a, b) => a - b);
  const [first = 0, last = 0] = [inOrder[0], inOrder.at(-1)];
  const name = (day: number) => weekdays[day - 1] ?? "";
  const isRun = inOrder.length > 2 && last - first === inOrder.length - 1;
  return isRun ? `${name(first)} to ${name(last)}` : inOrder.map(name).join(" or ");
}

function describeZone(zone: string): string {
  return zone === "customer" ? "customer's time" : `${zone} time`;
}

function describeDate({ at, zone, ...date }: Extract<Wait, { kind: "date" }>): string {
  const time = at === null ? "" : `, ${at} ${describeZone(zone)}`;
  return `until ${describeDay({ zone, ...date })}${time}`;
}

/** "2 days before customer.attributes.renewal" */
export function describeDay({ field, offsetDays }: CustomerDate): string {
  if (offsetDays === 0) return `customer.${field}`;
  const count = Math.abs(offsetDays) === 1 ? "1 day" : `${Math.abs(offsetDays)} days`;
  return `${count} ${offsetDays < 0 ? "before" : "after"} customer.${field}`;
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
