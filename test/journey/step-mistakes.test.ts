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
    "split: { a: 50%, b: 60% }\na: []\nb: []",
    "5 steps[0].split: expected percentages that make 100%, got 110%; without the sign only their proportion counts",
  ],
  [
    "split: { a: 33%, b: 33%, c: 33% }\na: []\nb: []\nc: []",
    "5 steps[0].split: expected percentages that make 100%, got 99%; without the sign only their proportion counts",
  ],
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
  [
    "send: a\nby: email\nfallback: true",
    '7 steps[0].fallback: expected "by" to name a second channel to fall back to',
  ],
  ["send: a\nby: [a, b]\nfallback: b", '7 steps[0].fallback: expected true or false, got "b"'],
  [
    "wait: { until: customer.birtday }",
    '5 steps[0].wait.until: expected a date of the customer (did you mean "customer.birthday"?), got "customer.birtday"',
  ],
  [
    "wait: { until: customer.email }",
    '5 steps[0].wait.until: expected a date of the customer (customer.birthday, customer.created_at, customer.attributes.<key>), got "customer.email"',
  ],
  [
    "wait: { until: customer.birthday, offset: 2 days }",
    '5 steps[0].wait.offset: expected days or weeks "before" or "after", such as "3 days before", got "2 days"',
  ],
  [
    "wait: { until: customer.birthday, days: 2 }",
    '5 steps[0].wait.days: unknown key "days"; expected one of until, offset, at, zone',
  ],
  [
    "await: { event: a, within: 1 day, match: { id: order } }",
    '5 steps[0].await.match.id: expected entry.<property>, customer.<field>, call.<step>.<field> or voucher.code, got "order"',
  ],
  [
    "await: { event: a, within: 1 day, match: { id: customer.emial } }",
    '5 steps[0].await.match.id: unknown field "customer.emial"; did you mean "customer.email"? (one of your own is customer.attributes.<key>)',
  ],
  [
    "await: { event: a, within: 1 day, match: { id: call.score } }",
    '5 steps[0].await.match.id: expected "call.<step>.<field>": a step and a field of its answer',
  ],
  [
    "await: { event: a, within: 1 day, match: { id: call.score.id } }",
    '5 steps[0].await.match.id: no step "score" in the journey, which calls nothing',
  ],
  [
    "await: { event: a, within: 1 day, match: { id: voucher.pin } }",
    '5 steps[0].await.match.id: expected voucher.code or voucher.expires_at, got "voucher.pin"',
  ],
  [
    "await: { event: a, within: 1 day, match: { id: voucher.code } }",
    '5 steps[0].await.match.id: "voucher.code" needs a voucher step before, found none',
  ],
  ["switch: {}", "5 steps[0].switch: expected at least one arm, got an empty mapping"],
  [
    "switch: { gold: yes }\ngold: []",
    '5 steps[0].switch.gold: expected a condition such as { customer.country: GB }, got "yes"',
  ],
  ["switch: { a: { segment: a } }", "5 steps[0].a: expected a list of steps, got nothing"],
  [
    "switch: { else: { segment: a } }\nelse: []",
    '5 steps[0].switch.else: an arm cannot be called "else"',
  ],
  [
    "switch: { a: { segment: a } }\na: []\nb: []",
    '7 steps[0].b: unknown key "b"; expected one of id, a, else',
  ],
  [
    "split: { a: 1, b: 1 }\na: []\nb: []\nwinner: { after: many, by: clicked, within: 7 days }",
    '8 steps[0].winner.after: expected a number of customers such as "1000 customers", got "many"',
  ],
  [
    "split: { a: 1, b: 1 }\na: []\nb: []\nwinner: { after: 10, within: 7 days }",
    "8 steps[0].winner.by: expected opened, clicked, converted or the name of an event, got nothing",
  ],
  [
    "split: { a: 1, b: 1 }\na: []\nb: []\nwinner: { after: 10, by: clicked }",
    '8 steps[0].winner.within: expected a duration such as "3 days", got nothing',
  ],
  [
    "set: {}",
    "5 steps[0].set: expected a mapping such as { customer.attributes.tier: gold }, got an empty mapping",
  ],
  [
    "set: { tier: gold }",
    "5 steps[0].set.tier: expected a field of the customer such as customer.tier",
  ],
  [
    "set: { customer.tier: gold }",
    '5 steps[0].set.customer.tier: unknown field "customer.tier"; expected one of external_id, email, phone, first_name, last_name, locale, zone, country, city, postcode, birthday, created_at, updated_at (one of your own is customer.attributes.<key>)',
  ],
  [
    "set: { customer.email: a@b.example }",
    '5 steps[0].set.customer.email: "customer.email" cannot be set by a journey',
  ],
  [
    "set: { customer.country: England }",
    '5 steps[0].set.customer.country: expected a two-letter country code such as GB, got "England"',
  ],
  [
    "set: { customer.zone: Mars/One }",
    '5 steps[0].set.customer.zone: expected an IANA time zone such as "Europe/London", got "Mars/One"',
  ],
  [
    "set: { customer.zone: { value: Erope/London } }",
    '5 steps[0].set.customer.zone.value: expected an IANA time zone (did you mean "Europe/London"?), got "Erope/London"',
  ],
  [
    "set: { customer.attributes.a: entry.total + 1 }",
    '5 steps[0].set.customer.attributes.a: expected a value or a name such as entry.total, got "entry.total + 1"; nothing is worked out in a text, "set" can { multiply: 2, of: entry.total }. For the very text write { value: "entry.total + 1" }',
  ],
  [
    'set: { customer.attributes.a: "{{entry.total}}" }',
    '5 steps[0].set.customer.attributes.a: expected a value or a name such as entry.total, got "{{entry.total}}"; nothing is worked out in a text, "set" can { multiply: 2, of: entry.total }. For the very text write { value: "{{entry.total}}" }',
  ],
  [
    "set: { customer.city: { add: 1 } }",
    "5 steps[0].set.customer.city: only an attribute can be added to",
  ],
  [
    "set: { customer.attributes.a: { add: one } }",
    '5 steps[0].set.customer.attributes.a.add: expected a number or a name such as entry.total, got "one"',
  ],
  [
    "set: { customer.attributes.a: { divide: 0 } }",
    "5 steps[0].set.customer.attributes.a.divide: expected a number other than 0, got 0",
  ],
  [
    "set: { customer.attributes.a: { multiply: customer.city } }",
    "5 steps[0].set.customer.attributes.a.multiply: expected a number, customer.city holds none",
  ],
  [
    "set: { customer.attributes.a: { subtract: 1, of: customer.country } }",
    "5 steps[0].set.customer.attributes.a.of: expected a number, customer.country holds none",
  ],
  [
    "set: { customer.attributes.a: { multiply: 2, from: entry.total } }",
    '5 steps[0].set.customer.attributes.a.from: unknown key "from"; expected one of multiply, of, round',
  ],
  [
    "set: { customer.attributes.a: { multiply: 2, round: 11 } }",
    "5 steps[0].set.customer.attributes.a.round: expected a whole number of digits, 0 to 10, got 11",
  ],
  [
    "set: { customer.attributes.a: { date: now, offset: 30 days } }",
    '5 steps[0].set.customer.attributes.a.offset: expected a duration "before" or "after", such as "30 days after", got "30 days"',
  ],
  [
    "set: { customer.attributes.a: { date: now } }",
    '5 steps[0].set.customer.attributes.a.offset: expected a duration "before" or "after", such as "30 days after", got nothing',
  ],
  [
    "set: { customer.attributes.a: { date: customer.city, offset: 1 day after } }",
    "5 steps[0].set.customer.attributes.a.date: expected a date, customer.city holds none",
  ],
  [
    "set: { customer.attributes.a: { join: [customer.ctiy] } }",
    '5 steps[0].set.customer.attributes.a.join[0]: unknown field "customer.ctiy"; did you mean "customer.city"? (one of your own is customer.attributes.<key>)',
  ],
  [
    "set: { customer.attributes.a: { join: [x, 1] } }",
    "5 steps[0].set.customer.attributes.a.join[1]: expected a text or a name such as entry.city, got 1",
  ],
  [
    "set: { customer.attributes.a: { join: hello } }",
    '5 steps[0].set.customer.attributes.a.join: expected a list of texts and names such as [customer.city, ", ", entry.shop], got "hello"',
  ],
  [
    "set: { customer.birthday: { date: now, offset: 1 day after } }",
    "5 steps[0].set.customer.birthday: only an attribute can hold what is worked out here",
  ],
  [
    "set: { customer.attributes.a: { plus: 1 } }",
    "5 steps[0].set.customer.attributes.a: expected a value, { add: <number> } or { value: <text> }, got a mapping of plus",
  ],
  [
    "set: { customer.attributes.a: [1, 2] }",
    "5 steps[0].set.customer.attributes.a: expected a text, a number, true or false, got a list",
  ],
  [
    "set: { customer.attributes.a: enrty.total }",
    '5 steps[0].set.customer.attributes.a: expected a value, got "enrty.total"; did you mean "entry.total"? For the very text write { value: "enrty.total" }',
  ],
  [
    "voucher: welcome 10",
    '5 steps[0].voucher: expected the name of a pool (letters, digits, "-" and "_"), got "welcome 10"',
  ],
  [
    "voucher: welcome-10\nexpires: soon",
    '6 steps[0].expires: expected a duration such as "3 days", got "soon"',
  ],
  [
    "call: example.com",
    '5 steps[0].call: expected an address such as https://example.com/hook, got "example.com"',
  ],
  [
    "call: ftp://example.com/",
    '5 steps[0].call: expected an address such as https://example.com/hook, got "ftp://example.com/"',
  ],
  [
    "call: https://me:secret@example.com/",
    "5 steps[0].call: expected an address without a password; calls are signed instead",
  ],
  ["call: https://example.com/#top", "5 steps[0].call: expected an address without a #fragment"],
  [
    "call: https://example.com/?key=${SECRET}",
    "5 steps[0].call: expected the whole address as it is; ${NAME} stands for a variable of the environment in headers alone, and what the journey knows goes into the body, or with GET into the query",
  ],
  [
    'call: https://example.com/\nbody: { key: "${SECRET}" }',
    '6 steps[0].body.key: expected a value or a name such as entry.total, got "${SECRET}"; nothing is worked out in a text, "set" can { multiply: 2, of: entry.total }. For the very text write { value: "${SECRET}" }',
  ],
  [
    'call: https://example.com/\nheaders: { X: "Bearer ${WAYPOST_SECRET}" }',
    "6 steps[0].headers.X: ${WAYPOST_SECRET} is Waypost's own and is refused; set another for the service",
  ],
  [
    "call: https://example.com/\nmethod: PATCH",
    '6 steps[0].method: expected a method (POST, PUT, GET), got "PATCH"',
  ],
  [
    "call: https://example.com/\nmethod: GET\nbody: { a: 1 }",
    '7 steps[0].body: a GET has no body; write "query" or use POST',
  ],
  [
    "call: https://example.com/\nquery: { a: 1 }",
    '6 steps[0].query: a POST says it in its body; write "body" or use GET',
  ],
  [
    "call: https://example.com/\nmethod: GET\nquery: { a: customer.ctiy }",
    '7 steps[0].query.a: unknown field "customer.ctiy"; did you mean "customer.city"? (one of your own is customer.attributes.<key>)',
  ],
  [
    "call: https://example.com/\nbody: { a: { add: 1 } }",
    '6 steps[0].body.a: "add" belongs in "set"',
  ],
  [
    "call: https://example.com/\nbody: { a: { date: now, offset: 1 day after } }",
    '6 steps[0].body.a: "date" belongs in "set"',
  ],
  [
    "call: https://example.com/\nheaders: { Host: here }",
    '6 steps[0].headers.Host: "Host" is set by Waypost',
  ],
  [
    "call: https://example.com/\nheaders: { X Y: here }",
    '6 steps[0].headers.X Y: expected the name of a header, got "X Y"',
  ],
  [
    'call: https://example.com/\nheaders: { X: "a\\nb" }',
    '6 steps[0].headers.X: expected a line of plain ASCII text, got "a\\nb"',
  ],
  [
    "task: { list: calls, do: 'Ring {{customer.first_name}}', outcomes: [reached], within: 3 days }",
    "5 steps[0].task.do: expected plain text, since nothing is filled in here: the list shows who it is beside it; write it without {{…}}",
  ],
  [
    "task: ring",
    '5 steps[0].task: expected a mapping such as { list: calls, do: Ring, outcomes: [reached], within: 3 days }, got "ring"',
  ],
  [
    "task: { list: calls, do: Ring, outcomes: [], within: 3 days }",
    "5 steps[0].task.outcomes: expected a list of outcomes, got an empty list",
  ],
  [
    "task: { list: calls, do: Ring, outcomes: [a, a], within: 3 days }",
    "5 steps[0].task.outcomes: expected each outcome once",
  ],
  [
    "task: { list: calls, do: Ring, outcomes: [else], within: 3 days }",
    '5 steps[0].task.outcomes[0]: an arm cannot be called "else"',
  ],
  [
    "task: { list: calls, do: Ring, outcomes: [a] }",
    '5 steps[0].task.within: expected a duration such as "3 days", got nothing',
  ],
  [
    "task: { list: calls, do: Ring, outcomes: [a], within: 3 days }\nb: []",
    '6 steps[0].b: unknown key "b"; expected one of id, a, else',
  ],
  ["enter: 5", "5 steps[0].enter: expected the name of a journey, got 5"],
  [
    "repeat: { times: 0 }\nsteps: [{ wait: 1 day }]",
    "5 steps[0].repeat.times: expected a whole number of rounds, 1 to 1000, got 0",
  ],
  ["repeat: { times: 3 }", "5 steps[0].steps: expected a list of steps, got nothing"],
  [
    "repeat: { times: 3 }\nsteps: []",
    "6 steps[0].steps: expected at least one step, got an empty list",
  ],
  [
    "repeat: { times: 3 }\nsteps: [{ send: a, by: email }]",
    "5 steps[0].repeat: the rounds of this repeat can follow one another at once; put a wait, an await or a task into its steps",
  ],
  [
    "repeat: { times: 3 }\nsteps: [{ if: { segment: a }, then: [{ wait: 1 day }] }]",
    "5 steps[0].repeat: the rounds of this repeat can follow one another at once; put a wait, an await or a task into its steps",
  ],
  [
    "if: { call.score: 5 }\nthen: []",
    '5 steps[0].if.call.score: expected "call.<step>.<field>": a step and a field of its answer',
  ],
  [
    "if: { task.ring: reached }\nthen: []",
    '5 steps[0].if.task.ring: no step "ring" in the journey, which has no task',
  ],
  [
    "if: { voucher: { step: welcome, was: redeemed } }\nthen: []",
    '5 steps[0].if.voucher.step: no step "welcome" in the journey, which hands out no voucher',
  ],
  [
    "if: { voucher: { was: used } }\nthen: []",
    '5 steps[0].if.voucher.was: expected what became of a voucher (handed_out, redeemed, expired), got "used"',
  ],
  [
    "if: { message: { step: later, was: sent } }\nthen: [{ wait: 1 day }, { send: later, by: email }]",
    '5 steps[0].if.message.step: the step "later" comes after this one; expected one that comes before',
  ],
  [
    "split: { a: 1, b: 1 }\na: [{ send: hello, by: email }]\nb: [{ if: { message: { step: hello, was: sent } }, then: [] }]",
    '7 steps[0].b[0].if.message.step: nobody who comes here was at the step "hello"; expected one that comes before',
  ],
];

test.each(mistakes)("%j is answered by one line", (written, line) => {
  expect(
    mistakesIn(aJourney({ steps: `steps:\n  - ${written.replaceAll("\n", "\n    ")}` })),
  ).toEqual([line]);
});
