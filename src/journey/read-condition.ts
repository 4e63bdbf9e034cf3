import type { Condition, MessageWas, VoucherWas } from "./condition.ts";
import { accountFields, customerFields, typeOfField } from "./field.ts";
import { callIn, noEntry } from "./operand.ts";
import type { Place } from "./place.ts";
import { eventCondition, eventKeys } from "./read-event-condition.ts";
import { ordersCondition } from "./read-orders-condition.ts";
import {
  type Reader,
  choice,
  described,
  list,
  map,
  mapping,
  nullable,
  optional,
  required,
} from "./reader.ts";
import { testOf } from "./read-test.ts";
import { conditionSchema } from "./schema.ts";
import type { Scope } from "./scope.ts";
import { duration, flag, name, text } from "./scalar.ts";

type SubjectReader = (place: Place, scope: Scope) => Condition | undefined;

const subjects: Readonly<Record<string, SubjectReader>> = {
  all: (place, scope) => several("all", place, scope),
  any: (place, scope) => several("any", place, scope),
  not: (place, scope) => {
    const of = conditionIn(scope)(place);
    return of && { kind: "not", of };
  },
  orders: ordersCondition,
  segment: (place) => {
    const segment = segmentName(place);
    return segment === undefined ? undefined : { kind: "segment", name: segment };
  },
  consent: (place) => {
    const read = consent(place);
    if (read === undefined) return undefined;
    place.at("channel").refer({ kind: "channel", name: read.channel });
    place.at("topic").refer({ kind: "topic", name: read.topic });
    return { kind: "consent", ...read };
  },
  voucher: (place, scope) => {
    const read = voucher(place);
    if (read === undefined) return undefined;
    if (read.step !== null) {
      if (!scope.steps) return place.at("step").wrong("there is no voucher step here yet");
      place.at("step").refer({ kind: "step", name: read.step, journey: null, of: "voucher" });
    }
    return { kind: "voucher", ...read };
  },
  message: (place, scope) => {
    const read = message(place);
    if (read === undefined) return undefined;
    if (read.journey === null && !scope.journey)
      return place.wrong('expected "journey": a segment belongs to none, got nothing');
    if (read.journey !== null) place.at("journey").refer({ kind: "journey", name: read.journey });
    if (read.step !== null)
      place.at("step").refer({ kind: "step", name: read.step, journey: read.journey, of: "send" });
    return { kind: "message", ...read };
  },
  sql: (place, scope) => {
    if (scope.journey)
      return place.wrong("sql belongs in a segment; put it there and write { segment: <name> }");
    const sql = text("an SQL expression over customer and :now")(place);
    return sql === undefined ? undefined : { kind: "sql", sql };
  },
};

const consent = mapping("a mapping such as { channel: email, topic: offers }", {
  channel: required(name("a channel")),
  topic: required(name("a topic")),
  granted: optional(flag, true),
});

const message = mapping("a mapping such as { step: thank-you, was: clicked }", {
  journey: nullable(name("a journey")),
  step: nullable(text("the id of a send step")),
  was: required(
    choice<MessageWas>("what became of a message", [
      "sent",
      "delivered",
      "opened",
      "clicked",
      "bounced",
      "failed",
      "suppressed",
      "unsubscribed",
    ]),
  ),
  within: nullable(duration),
});

const voucher = mapping("a mapping such as { step: welcome-10, was: redeemed }", {
  step: nullable(text("the id of a voucher step")),
  was: required(
    choice<VoucherWas>("what became of a voucher", ["handed_out", "redeemed", "expired"]),
  ),
  within: nullable(duration),
});

/** A name of a segment, which must exist. */
export const segmentName: Reader<string> = map(name("the name of a segment"), (segment, place) => {
  place.refer({ kind: "segment", name: segment });
  return segment;
});

/** A condition: a mapping of one or more tests, which must all hold. */
export function conditionIn(scope: Scope): Reader<Condition> {
  return described(conditionSchema, (place) => {
    if (place.isList) return place.expected('a condition; write "all:" or "any:" before the list');
    if (!place.isMapping || place.keys.length === 0)
      return place.expected("a condition such as { customer.country: GB }");
    const withEvent = place.has("event");
    const parts = place.keys
      .filter((key) => !withEvent || key === "event" || !eventKeys.includes(key))
      .map((key) => (key === "event" ? eventCondition(place) : oneTest(place.at(key), key, scope)));
    const of = parts.filter((part) => part !== undefined);
    if (of.length < parts.length) return undefined;
    return of.length === 1 ? of[0] : { kind: "all", of };
  });
}

function oneTest(place: Place, key: string, scope: Scope): Condition | undefined {
  const subject = Object.hasOwn(subjects, key) ? subjects[key] : undefined;
  if (subject !== undefined) return subject(place, scope);
  const dot = key.indexOf(".");
  const [owner, field] = dot < 0 ? [key, ""] : [key.slice(0, dot), key.slice(dot + 1)];
  if (owner === "entry" && field !== "") return entryTest(place, field, scope);
  if (owner === "call" && field !== "") return answerTest(place, field, scope);
  if (owner === "task" && field !== "") return taskTest(place, field, scope);
  if (owner === "score") return place.wrong("score conditions are not supported yet");
  if (dot > 0 && (owner === "customer" || owner === "account"))
    return fieldTest(place, owner, field);
  if (eventKeys.includes(key)) return place.wrong(`"${key}" belongs beside an "event:"`);
  if (Object.hasOwn(customerFields, key))
    return place.wrong(`unknown subject "${key}"; did you mean "customer.${key}"?`);
  const words = [...Object.keys(subjects), "event"];
  const fields = [
    ...Object.keys(customerFields).map((known) => `customer.${known}`),
    ...Object.keys(accountFields).map((known) => `account.${known}`),
  ];
  const open = [
    "customer.<field>",
    "account.<field>",
    "entry.<property>",
    "call.<step>.<field>",
    "task.<step>",
  ];
  return place.unknown("subject", [...words, ...fields], [...words, ...open]);
}

function fieldTest(
  place: Place,
  kind: "customer" | "account",
  field: string,
): Condition | undefined {
  const fields = kind === "customer" ? customerFields : accountFields;
  const type = typeOfField(place, field, fields, { prefix: `${kind}.` });
  const test = type && testOf(type)(place);
  return test && { kind, field, test };
}

function entryTest(place: Place, field: string, scope: Scope): Condition | undefined {
  if (!scope.entry) return place.wrong(noEntry);
  const test = testOf("any")(place);
  return test && { kind: "entry", field, test };
}

function answerTest(place: Place, rest: string, scope: Scope): Condition | undefined {
  const answer = callIn(place, rest, scope);
  const test = testOf("any")(place);
  return answer && test && { kind: "answer", ...answer, test };
}

/** `task.welcome-calls: reached`: which of its outcomes an agent noted. */
function taskTest(place: Place, step: string, scope: Scope): Condition | undefined {
  if (!scope.steps) return place.wrong('"task" is about a step; there is none here yet');
  const test = testOf("text")(place);
  place.refer({ kind: "step", name: step, journey: null, of: "task" });
  return test && { kind: "task", step, test };
}

function several(kind: "all" | "any", place: Place, scope: Scope): Condition | undefined {
  const of = list("a list of conditions", conditionIn(scope))(place);
  return of && { kind, of };
}
