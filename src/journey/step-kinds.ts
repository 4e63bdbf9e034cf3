import { armName, armsOf, underArm } from "./arms.ts";
import { matchIn } from "./operand.ts";
import { callKeys, toldBy } from "./read-call.ts";
import { conditionIn } from "./read-condition.ts";
import { eventName } from "./read-event-condition.ts";
import { sendStep } from "./read-send.ts";
import { assignmentsIn } from "./read-set.ts";
import { splitWeights, winner } from "./read-split.ts";
import { eventWhere } from "./read-test.ts";
import { readWait } from "./read-wait.ts";
import { list, map, mapping, nullable, optional, record, required } from "./reader.ts";
import type { Scope } from "./scope.ts";
import { duration, name, text, wholeNumber } from "./scalar.ts";
import { type StepKind, stepKind } from "./step-kind.ts";

const thenOrElse = { kind: "fixed", names: ["then", "else"] } as const;

/** Every kind of step by its key. */
export function kindsIn(scope: Scope): Readonly<Record<string, StepKind>> {
  return {
    send: sendStep,
    wait: stepKind({ wait: required(readWait) }, ({ wait }) => ({ kind: "wait", wait })),
    await: awaitStep(scope),
    if: ifStep(scope),
    switch: switchStep(scope),
    split: splitStep,
    set: stepKind({ set: required(assignmentsIn(scope)) }, ({ set }) => ({ kind: "set", set })),
    voucher: voucherStep,
    call: stepKind(
      callKeys(scope),
      ({ call: url, query, ...rest }, step) => {
        const body = toldBy({ ...rest, query }, step);
        return { kind: "call", url, ...rest, body };
      },
      thenOrElse,
    ),
    task: taskStep,
    enter: stepKind({ enter: required(name("the name of a journey")) }, ({ enter }, step) => {
      step.at("enter").refer({ kind: "journey", name: enter });
      return { kind: "enter", journey: enter };
    }),
    repeat: repeatStep(scope),
    exit: stepKind({ exit: required(text("a reason")) }, ({ exit: reason }) => ({
      kind: "exit",
      reason,
    })),
  };
}

function awaitStep(scope: Scope): StepKind {
  const awaited = mapping("a mapping such as { event: order_completed, within: 3 days }", {
    event: required(eventName),
    where: optional(eventWhere, {}),
    match: optional(matchIn(scope), {}),
    within: required(duration),
  });
  return stepKind(
    { await: required(awaited) },
    ({ await: read }) => ({ kind: "await", ...read }),
    thenOrElse,
  );
}

function ifStep(scope: Scope): StepKind {
  return stepKind(
    { if: required(conditionIn(scope)) },
    ({ if: condition }, step) => {
      if (step.has("then") || step.has("else")) return { kind: "if", if: condition };
      return step.at("then").wrong('expected "then:" or "else:" with a list of steps, got nothing');
    },
    thenOrElse,
  );
}

function switchStep(scope: Scope): StepKind {
  const condition = conditionIn(scope);
  const arms = map(
    record(
      "arms with their conditions such as { gold: { customer.attributes.plan: gold } }",
      (arm) => underArm("switch", arm, condition),
    ),
    (read, place) => (Object.keys(read).length === 0 ? place.expected("at least one arm") : read),
  );
  return stepKind(
    { switch: required(arms) },
    ({ switch: read }) => ({ kind: "switch", arms: read }),
    { kind: "named", of: (step) => ({ required: armsOf("switch", step), optional: ["else"] }) },
  );
}

const splitStep = stepKind(
  { split: required(splitWeights), winner: nullable(winner) },
  ({ split: weights, winner: best }) => ({ kind: "split", weights, winner: best }),
  { kind: "named", of: (step) => ({ required: armsOf("split", step), optional: [] }) },
);

const voucherStep = stepKind(
  { voucher: required(name("the name of a pool")), expires: nullable(duration) },
  ({ voucher: pool, expires }) => ({ kind: "voucher", pool, expires }),
  { kind: "fixed", names: ["else"] },
  ({ voucher: pool }, step) => {
    if (pool !== undefined) step.at("voucher").refer({ kind: "pool", name: pool });
  },
);

const outcomes = map(list("a list of outcomes", armName("task")), (read, place) =>
  new Set(read).size === read.length ? read : place.wrong("expected each outcome once"),
);

/** Shown to agents as it is written: nothing is filled in. */
const instruction = map(text("what the agent shall do"), (read, place) =>
  /\{\{|\}\}/.test(read)
    ? place.wrong(
        "expected plain text, since nothing is filled in here: the list shows who it is beside it; write it without {{…}}",
      )
    : read,
);

const taskStep = stepKind(
  {
    task: required(
      mapping("a mapping such as { list: calls, do: Ring, outcomes: [reached], within: 3 days }", {
        list: required(name("the name of a list")),
        do: required(instruction),
        outcomes: required(outcomes),
        within: required(duration),
      }),
    ),
  },
  ({ task: { do: said, ...rest } }) => ({ kind: "task", text: said, ...rest }),
  { kind: "named", of: (step) => ({ required: [], optional: [...armsOf("task", step), "else"] }) },
);

function repeatStep(scope: Scope): StepKind {
  const rounds = mapping("a mapping such as { times: 3 }", {
    times: required(wholeNumber("a whole number of rounds, 1 to 1000", 1, 1000)),
    until: nullable(conditionIn(scope)),
  });
  return stepKind(
    { repeat: required(rounds) },
    ({ repeat }, step) => {
      const { isList, items } = step.at("steps");
      if (isList && items.length === 0) return step.at("steps").expected("at least one step");
      return { kind: "repeat", ...repeat };
    },
    { kind: "fixed", names: ["steps"], isRequired: true },
  );
}
