import { expect, test } from "vitest";
import { aJourney, mistakesIn } from "./mistake-lines.ts";

/** What stands before the start in line 3, and the line that says what is wrong. One mistake each. */
const mistakes: readonly (readonly [string, string])[] = [
  ["topic: offers", "1 journey: expected the name of the journey, got nothing"],
  [
    "journey: wel come\ntopic: offers",
    '1 journey: expected the name of the journey (letters, digits, "-" and "_"), got "wel come"',
  ],
  ["journey: 7\ntopic: offers", "1 journey: expected the name of the journey, got 7"],
  [
    "journey: welcome",
    '1 topic: expected what the customer must have agreed to, such as "offers", got nothing',
  ],
  ["journey: welcome\ntopic:", "2 topic: expected a topic such as offers, got nothing"],
  [
    "journey: welcome\ntopic: offers\ndesribe: x",
    '3 desribe: unknown key "desribe"; did you mean "describe"?',
  ],
  [
    "journey: welcome\ntopic: offers\nclass: transactonal",
    '3 class: expected a class (did you mean "transactional"?), got "transactonal"',
  ],
  [
    "journey: welcome\ntopic: offers\nclass: 5",
    "3 class: expected a class (marketing, transactional), got 5",
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { target: 12% }",
    "3 objective.goal: expected the name of an event, got nothing",
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: [a] }",
    "3 objective.goal: expected the name of an event, got a list",
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: { segmet: vip }, within: 1 day }",
    '3 objective.goal.segmet: unknown subject "segmet"; did you mean "segment"?',
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: { segment: vip } }",
    '3 objective.within: expected how long it counts, such as "60 days", since a condition is asked again and again; got nothing',
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: { segment: vip }, within: 1 day, where: { total: 5 } }",
    '3 objective.where: "where" is about the properties of an event, and this goal is a condition',
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: { segment: vip }, within: 1 day, value: total }",
    '3 objective.value: "value" is about the properties of an event, and this goal is a condition',
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: { task.ring: reached }, within: 1 day }",
    '3 objective.goal.task.ring: no step "ring" in the journey, which has no task',
  ],
  [
    "journey: welcome\nclass: transactional\nobjective: { goal: a, holdout: 50% }",
    "3 objective.holdout: the held out would get no message, and those of a transactional journey are owed to all; leave the holdout out",
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: a, where: total }",
    '3 objective.where: expected a mapping of property names to tests, got "total"',
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: a, where: { total: { over: 5 } } }",
    '3 objective.where.total.over: unknown operator "over"; expected one of eq, ne, gt, gte, lt, lte, in, not_in, contains, starts_with, exists, before, after, within',
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: a, value: [total] }",
    "3 objective.value: expected the property that says what it earned, got a list",
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: a, target: 12 }",
    "3 objective.target: expected a share such as 12%, got 12",
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: { goal: a, holdout: 120% }",
    '3 objective.holdout: expected a share such as 12%, got "120%"',
  ],
  [
    "journey: welcome\ntopic: offers\nobjective: second-order",
    '3 objective: expected an objective such as { goal: order_completed }, got "second-order"',
  ],
  [
    "journey: welcome\ntopic: offers\nmax_lateness: soon",
    '3 max_lateness: expected a duration such as "3 days", got "soon"',
  ],
  [
    "journey: welcome\ntopic: offers\nmax_lateness: 3 dais",
    '3 max_lateness: unknown unit "dais"; did you mean "days"?',
  ],
  [
    "journey: welcome\ntopic: offers\nmax_lateness: 6",
    '3 max_lateness: expected a duration such as "3 days", got 6',
  ],
  [
    "journey: welcome\ntopic: offers\nmax_lateness: 999 years",
    '3 max_lateness: expected at most 100 years, got "999 years"',
  ],
  [
    "journey: welcome\ntopic: offers\nstop: { on: a }",
    "3 stop: expected a list such as [{ on: order_completed }], got a mapping of on",
  ],
  [
    "journey: welcome\ntopic: offers\nstop: []",
    "3 stop: expected a list such as [{ on: order_completed }], got an empty list",
  ],
  [
    "journey: welcome\ntopic: offers\nstop: [ { on: a, if: { sql: x }, as: b } ]",
    '3 stop[0]: expected "on" or "if", got both; make them two items',
  ],
  [
    "journey: welcome\ntopic: offers\nstop: [ { if: { segment: vip } } ]",
    "3 stop[0].as: expected the reason of the exit, got nothing",
  ],
  [
    "journey: welcome\ntopic: offers\nstop: [ { as: x } ]",
    "3 stop[0].on: expected the name of an event, got nothing",
  ],
];

test.each(mistakes)("%j is answered by one line", (written, line) => {
  expect(mistakesIn(aJourney({ head: written }))).toEqual([line]);
});
