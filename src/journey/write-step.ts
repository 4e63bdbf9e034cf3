import { writeDuration } from "../duration.ts";
import { writeCalculation } from "./calculation.ts";
import type { CustomerDate, Operand, Step, Wait } from "./journey.ts";
import { type Written, whereOf, windowOf, writeCondition } from "./write-condition.ts";
import { weekdays } from "./weekday.ts";

/** A step as a workflow file writes it, without its branches. */
export function writeStep(step: Step): Written {
  return { ...actOf(step), id: step.id };
}

function actOf(step: Step): Written {
  switch (step.kind) {
    case "send": {
      const { template, by, fallback } = step;
      const channels = by !== "best" && by.length === 1 ? by[0] : by;
      return { send: template, by: channels, ...(fallback && { fallback }) };
    }
    case "wait":
      return { wait: writeWait(step.wait) };
    case "await": {
      const { event, where, match, within } = step;
      const matched = Object.keys(match).length > 0 && { match };
      return { await: { event, ...whereOf(where), ...matched, within: writeDuration(within) } };
    }
    case "if":
      return { if: writeCondition(step.if) };
    case "switch":
      return {
        switch: Object.fromEntries(step.arms.map((arm) => [arm.name, writeCondition(arm.if)])),
      };
    case "split":
      return splitOf(step);
    case "set":
      return {
        set: Object.fromEntries(
          step.set.map(({ field, to }) => [
            `customer.${field}`,
            to.kind === "calculation" ? writeCalculation(to.calculation) : writeOperand(to),
          ]),
        ),
      };
    case "voucher":
      return {
        voucher: step.pool,
        ...(step.expires !== null && { expires: writeDuration(step.expires) }),
      };
    case "call":
      return callOf(step);
    case "task": {
      const { list, text, outcomes, within } = step;
      const names = outcomes.map(({ name }) => name);
      return { task: { list, do: text, outcomes: names, within: writeDuration(within) } };
    }
    case "enter":
      return { enter: step.journey };
    case "repeat": {
      const { times, until } = step;
      return { repeat: { times, ...(until !== null && { until: writeCondition(until) }) } };
    }
    case "exit":
      return { exit: step.reason };
  }
}

function splitOf({ arms, winner }: Extract<Step, { kind: "split" }>): Written {
  const split = Object.fromEntries(arms.map(({ name, weight }) => [name, weight]));
  if (winner === null) return { split };
  const by = typeof winner.by === "string" ? winner.by : winner.by.event;
  return { split, winner: { after: winner.after, by, ...windowOf(winner.within) } };
}

function callOf({ url, method, headers, body, within }: Extract<Step, { kind: "call" }>): Written {
  const values = Object.entries(body).map(([key, value]) => [key, writeOperand(value)] as const);
  return {
    call: url,
    ...(method !== "POST" && { method }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(values.length > 0 && { [method === "GET" ? "query" : "body"]: Object.fromEntries(values) }),
    within: writeDuration(within),
  };
}

function writeOperand(operand: Operand): unknown {
  switch (operand.kind) {
    case "now":
      return "now";
    case "add":
      return { add: operand.add };
    case "reference":
      return operand.from;
    case "value":
      // Written out, a text cannot be taken for a reference or for now.
      return typeof operand.value === "string" && /[.]|^now$/.test(operand.value)
        ? { value: operand.value }
        : operand.value;
  }
}

function writeWait(wait: Wait): unknown {
  if (wait.kind === "for") return writeDuration(wait.duration);
  if (wait.kind === "date") {
    const { at, ...date } = wait;
    return {
      until: `customer.${date.field}`,
      ...offsetOf(date),
      ...(at !== null && { at }),
      zone: date.zone,
    };
  }
  const { time, days, weekdays: on, zone } = wait;
  const names = on.map((day) => weekdays[day - 1]);
  return {
    until: time,
    ...(days > 0 && { days }),
    ...(names.length > 0 && { weekdays: names }),
    zone,
  };
}

/** `offset: 3 days before`, where there is one. */
export function offsetOf({ offsetDays }: CustomerDate): Written {
  if (offsetDays === 0) return {};
  const days = writeDuration({ months: 0, days: Math.abs(offsetDays), seconds: 0 });
  return { offset: `${days} ${offsetDays < 0 ? "before" : "after"}` };
}
