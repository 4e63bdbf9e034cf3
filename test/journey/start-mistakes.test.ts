import { expect, test } from "vitest";
import { aJourney, mistakesIn } from "./mistake-lines.ts";

/** A start in line 3, and the line that says what is wrong. One mistake each. */
const mistakes: readonly (readonly [string, string])[] = [
  ["", "3 start: expected a start such as { on: order_completed }, got nothing"],
  ["signed_up", '3 start: expected a start such as { on: order_completed }, got "signed_up"'],
  ["request", '3 start: expected a start such as { on: order_completed }, got "request"'],
  ["{ request: yes }", '3 start.request: expected true, got "yes"'],
  ["{ onn: signed_up }", '3 start.onn: unknown kind of start "onn"; did you mean "on"?'],
  [
    "{ when: signed_up }",
    "3 start: expected a kind of start (on, segment, every, date, request), got a mapping of when",
  ],
  ["{ on: a, segment: b }", '3 start: expected one kind of start, got both "on" and "segment"'],
  ["{ on: }", "3 start.on: expected the name of an event, got nothing"],
  ["{ on: a, were: { b: 1 } }", '3 start.were: unknown key "were"; did you mean "where"?'],
  ["{ on: a, where: 5 }", "3 start.where: expected a mapping of property names to tests, got 5"],
  [
    "{ on: a, again: sometimes }",
    '3 start.again: expected never, always, or "after" and a duration such as "after 30 days", got "sometimes"',
  ],
  [
    "{ on: a, again: after lunch }",
    '3 start.again: expected never, always, or "after" and a duration such as "after 30 days", got "after lunch"',
  ],
  ["{ segment: 5 }", "3 start.segment: expected the name of a segment, got 5"],
  ["{ segment: vip, backfill: maybe }", '3 start.backfill: expected true or false, got "maybe"'],
  [
    "{ segment: vip, if: { entry.total: 5 } }",
    '3 start.if.entry.total: "entry" is the event or the request that started the journey; this one has none',
  ],
  [
    "{ every: monday }",
    '3 start.every: expected a cron pattern of five fields such as "0 9 * * 1", got "monday"',
  ],
  [
    '{ every: "0 9 * *" }',
    '3 start.every: expected a cron pattern of five fields such as "0 9 * * 1", got "0 9 * *"',
  ],
  [
    '{ every: "0 25 * * *" }',
    '3 start.every: expected a cron pattern of five fields such as "0 9 * * 1", got "0 25 * * *": Invalid value for hour: 25',
  ],
  ['{ every: "0 0 30 2 *" }', "3 start.every: this cron pattern never comes"],
  [
    '{ every: "0 9 * * 1", zone: Europe/Londn }',
    '3 start.zone: expected an IANA time zone (did you mean "Europe/London"?), got "Europe/Londn"',
  ],
  [
    '{ every: "0 9 * * 1", zone: "+01:00" }',
    '3 start.zone: expected an IANA time zone such as "Europe/London", got "+01:00"',
  ],
  [
    "{ date: customer.birtday }",
    '3 start.date: expected a date of the customer (did you mean "customer.birthday"?), got "customer.birtday"',
  ],
  [
    "{ date: customer.birthday, offset: 3 days }",
    '3 start.offset: expected days or weeks "before" or "after", such as "3 days before", got "3 days"',
  ],
  [
    "{ date: customer.birthday, offset: 1 month before }",
    '3 start.offset: expected days or weeks "before" or "after", such as "3 days before", got "1 month before"',
  ],
  [
    "{ date: customer.birthday, at: 9am }",
    '3 start.at: expected a time of day such as "09:00", got "9am"',
  ],
  [
    "{ date: customer.birthday, zone: Mars }",
    '3 start.zone: expected an IANA time zone such as "Europe/London", got "Mars"',
  ],
  [
    "{ on: a, again: [after 30 days] }",
    '3 start.again: expected never, always, or "after" and a duration such as "after 30 days", got a list',
  ],
  [
    "{ date: customer.birthday, offset: [3 days before] }",
    '3 start.offset: expected days or weeks "before" or "after", such as "3 days before", got a list',
  ],
  [
    '{ at: "09:00" }',
    "3 start: expected a kind of start (on, segment, every, date, request), got a mapping of at",
  ],
  [
    "{}",
    "3 start: expected a kind of start (on, segment, every, date, request), got an empty mapping",
  ],
  [
    "{ segment: vip, when: gone }",
    '3 start.when: expected a change of membership (entered, left), got "gone"',
  ],
  [
    "{ segment: vip, when: left, backfill: true }",
    "3 start.backfill: only those who enter a segment can be filled in",
  ],
  [
    "{ date: customer.birthday, repeat: monthly }",
    '3 start.repeat: expected how often (yearly, once), got "monthly"',
  ],
  [
    "{ date: customer.city }",
    '3 start.date: expected a date of the customer (customer.birthday, customer.created_at, customer.attributes.<key>), got "customer.city"',
  ],
  [
    "{ on: a, if: { call.score.value: 5 } }",
    '3 start.if.call.score.value: "call" is the answer to a step; there is none here yet',
  ],
  [
    "{ on: a, if: { task.ring: reached } }",
    '3 start.if.task.ring: "task" is about a step; there is none here yet',
  ],
  [
    "{ on: a, if: { voucher: { step: welcome, was: redeemed } } }",
    "3 start.if.voucher.step: there is no voucher step here yet",
  ],
];

test.each(mistakes)("%j is answered by one line", (written, line) => {
  expect(mistakesIn(aJourney({ start: `start: ${written}` }))).toEqual([line]);
});
