import type { Condition } from "./condition.ts";
import {
  type FieldType,
  type Fields,
  accountFields,
  customerFields,
  typeOfField,
} from "./field.ts";
import { callIn, noEntry } from "./operand.ts";
import type { Place } from "./place.ts";
import { eventCondition, eventKeys, eventKeySchemas } from "./read-event-condition.ts";
import { type Reader, described } from "./reader.ts";
import { testOf } from "./read-test.ts";
import { type Schema, anything, conditionSchema } from "./schema.ts";
import type { Scope } from "./scope.ts";
import { type Subjects, subjectsIn } from "./subject.ts";

/** A condition: a mapping of one or more tests, which must all hold. */
export function conditionIn(scope: Scope): Reader<Condition> {
  const itself: Reader<Condition> = described(conditionSchema, (place) =>
    conditionAt(place, scope, subjects),
  );
  const subjects = subjectsIn(scope, itself);
  return itself;
}

function conditionAt(place: Place, scope: Scope, subjects: Subjects): Condition | undefined {
  if (place.isList) return place.expected('a condition; write "all:" or "any:" before the list');
  if (!place.isMapping || place.keys.length === 0)
    return place.expected("a condition such as { customer.country: GB }");
  const withEvent = place.has("event");
  const parts = place.keys
    .filter((key) => !withEvent || key === "event" || !eventKeys.includes(key))
    .map((key) => {
      if (key === "event") return eventCondition(place);
      const subject = Object.hasOwn(subjects, key) ? subjects[key] : undefined;
      const there = place.at(key);
      return subject === undefined ? oneTest(there, key, scope, subjects) : subject(there);
    });
  const of = parts.filter((part) => part !== undefined);
  if (of.length < parts.length) return undefined;
  return of.length === 1 ? of[0] : { kind: "all", of };
}

function oneTest(
  place: Place,
  key: string,
  scope: Scope,
  subjects: Subjects,
): Condition | undefined {
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

/** What editors are told of a condition. */
export function conditionDefinition(): Schema {
  const everything: Scope = { entry: true, journey: true, steps: true };
  const subjects = Object.entries(subjectsIn(everything, conditionIn(everything)));
  const open = testOf("any").schema ?? anything;
  return {
    type: "object",
    minProperties: 1,
    properties: {
      ...Object.fromEntries(subjects.map(([key, { schema }]) => [key, schema ?? anything])),
      ...eventKeySchemas(),
      ...schemasOf("customer", customerFields),
      ...schemasOf("account", accountFields),
    },
    patternProperties: {
      "^(customer|account)\\.attributes\\..+": open,
      "^entry\\..+": open,
      "^call\\.[^.]+\\..+": open,
      "^task\\..+": testOf("text").schema ?? anything,
    },
    additionalProperties: false,
  };
}

function schemasOf(owner: string, fields: Fields): Schema {
  return Object.fromEntries(
    Object.entries(fields).map(([field, type]: [string, FieldType]) => [
      `${owner}.${field}`,
      testOf(type).schema ?? anything,
    ]),
  );
}
