import { expect, test } from "vitest";
import { aJourney, mistakesIn } from "./mistake-lines.ts";

/** A first step in line 5, and the line that says what is wrong. One mistake each. */
const mistakes: readonly (readonly [string, string])[] = [
  ["sned: hello\nby: email", '5 steps[0].sned: unknown kind of step "sned"; did you mean "send"?'],
  ["hello", '5 steps[0]: expected a step such as { wait: 3 days }, got "hello"'],
  [
    "{}",
    "5 steps[0]: expected a step (send, wait, await, if, switch, split, set, voucher, call, task, enter, repeat, exit), got an empty mapping",
  ],
  [
    "colour: red",
    '5 steps[0].colour: unknown kind of step "colour"; expected one of send, wait, await, if, switch, split, set, voucher, call, task, enter, repeat, exit',
  ],
  ["send: hello", "5 steps[0].by: expected a channel such as email, got nothing"],
  [
    "send: hello\nby: []",
    "6 steps[0].by: expected a channel or a list of channels, got an empty list",
  ],
  ["send: hello\nby: [email, email]", "6 steps[0].by: expected each channel once"],
  [
    "send: ../secret\nby: email",
    '5 steps[0].send: expected the name of a template (letters, digits, "-" and "_"), got "../secret"',
  ],
  [
    "send: hello\nby: email\ncc: x",
    '7 steps[0].cc: unknown key "cc"; expected one of id, by, fallback',
  ],
  [
    "send: hello\nby: email\nwait: 3 days",
    '5 steps[0]: expected one step, got both "send" and "wait"; make them two items',
  ],
  ["wait: 3", '5 steps[0].wait: expected a duration such as "3 days", got 3'],
  ["wait: soon", '5 steps[0].wait: expected a duration such as "3 days", got "soon"'],
  ["wait: 3 dais", '5 steps[0].wait: unknown unit "dais"; did you mean "days"?'],
  [
    "wait: { days: 3 }",
    '5 steps[0].wait.until: expected a time of day such as "09:00", got nothing',
  ],
  [
    "wait: { until: 25:00 }",
    '5 steps[0].wait.until: expected a time of day such as "09:00", got "25:00"',
  ],
  [
    'wait: { until: "10:00", days: 1.5 }',
    "5 steps[0].wait.days: expected a whole number of days, 0 to 365, got 1.5",
  ],
  [
    'wait: { until: "10:00", weekday: mondy }',
    '5 steps[0].wait.weekday: expected a weekday (did you mean "monday"?), got "mondy"',
  ],
  [
    'wait: { until: "10:00", weekdays: [] }',
    "5 steps[0].wait.weekdays: expected a list of weekdays, got an empty list",
  ],
  [
    'wait: { until: "10:00", zone: Moon }',
    '5 steps[0].wait.zone: expected an IANA time zone such as "Europe/London", got "Moon"',
  ],
  [
    "await: order_completed",
    '5 steps[0].await: expected a mapping such as { event: order_completed, within: 3 days }, got "order_completed"',
  ],
  [
    "await: { event: order_completed }",
    '5 steps[0].await.within: expected a duration such as "3 days", got nothing',
  ],
  [
    "if: { customer.country: GB }",
    '5 steps[0].then: expected "then:" or "else:" with a list of steps, got nothing',
  ],
  [
    "if: { customer.country: GB }\nthen: hello",
    '6 steps[0].then: expected a list of steps, got "hello"',
  ],
  [
    "if: { customer.country: GB }\nthan: []\nelse: []",
    '6 steps[0].than: unknown key "than"; did you mean "then"?',
  ],
  ["split: { a: 50, b: 50 }\na: []", "5 steps[0].b: expected a list of steps, got nothing"],
  ["split: { a: 50 }\na: []", "5 steps[0].split: expected at least two arms, got a mapping of a"],
  [
    "split: { a: 0, b: 0 }\na: []\nb: []",
    "5 steps[0].split: expected an arm with a weight above 0",
  ],
  [
    "split: { a: many, b: 50 }\na: []\nb: []",
    '5 steps[0].split.a: expected a weight such as 50 or 50%, got "many"',
  ],
  ["split: { id: 50, b: 50 }\nid: x\nb: []", '5 steps[0].split.id: an arm cannot be called "id"'],
  [
    "split: { a: 50, b: 50 }\na: []\nb: []\nc: []",
    '8 steps[0].c: unknown key "c"; expected one of id, winner, a, b',
  ],
  [
    "split: [a, b]",
    "5 steps[0].split: expected arms with their weights such as { short: 50, long: 50 }, got a list",
  ],
  ["exit:", "5 steps[0].exit: expected a reason, got nothing"],
  [
    "exit: done\nid: a b",
    '6 steps[0].id: expected the id of a step (letters, digits, "-" and "_"), got "a b"',
  ],
];

test.each(mistakes)("%j is answered by one line", (written, line) => {
  expect(
    mistakesIn(aJourney({ steps: `steps:\n  - ${written.replaceAll("\n", "\n    ")}` })),
  ).toEqual([line]);
});
