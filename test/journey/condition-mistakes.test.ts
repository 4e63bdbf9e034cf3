import { expect, test } from "vitest";
import { aJourney, mistakesIn } from "./mistake-lines.ts";

/** A condition in line 6, and the line that says what is wrong. One mistake each. */
const mistakes: readonly (readonly [string, string])[] = [
  ["", "6 stop[0].if: expected a condition such as { customer.country: GB }, got nothing"],
  ["GB", '6 stop[0].if: expected a condition such as { customer.country: GB }, got "GB"'],
  [
    "{}",
    "6 stop[0].if: expected a condition such as { customer.country: GB }, got an empty mapping",
  ],
  [
    "[ { customer.country: GB } ]",
    '6 stop[0].if: expected a condition; write "all:" or "any:" before the list, got a list',
  ],
  [
    "{ customer.contry: GB }",
    '6 stop[0].if.customer.contry: unknown field "customer.contry"; did you mean "customer.country"? (one of your own is customer.attributes.<key>)',
  ],
  [
    "{ customer.shoe_size: 43 }",
    '6 stop[0].if.customer.shoe_size: unknown field "customer.shoe_size"; expected one of external_id, email, phone, first_name, last_name, locale, zone, country, city, postcode, birthday, created_at, updated_at (one of your own is customer.attributes.<key>)',
  ],
  [
    "{ customer.zone: Mars/One }",
    '6 stop[0].if.customer.zone: expected an IANA time zone such as "Europe/London", got "Mars/One"',
  ],
  [
    "{ country: GB }",
    '6 stop[0].if.country: unknown subject "country"; did you mean "customer.country"?',
  ],
  [
    "{ customer: { country: GB } }",
    '6 stop[0].if.customer: unknown subject "customer"; expected one of all, any, not, orders, segment, consent, message, voucher, sql, event, customer.<field>, account.<field>, entry.<property>, call.<step>.<field>, task.<step>',
  ],
  [
    "{ weather: fine }",
    '6 stop[0].if.weather: unknown subject "weather"; expected one of all, any, not, orders, segment, consent, message, voucher, sql, event, customer.<field>, account.<field>, entry.<property>, call.<step>.<field>, task.<step>',
  ],
  [
    "{ ordrs: { count: 1 } }",
    '6 stop[0].if.ordrs: unknown subject "ordrs"; did you mean "orders"?',
  ],
  [
    "{ score.churn: { gt: 1 } }",
    "6 stop[0].if.score.churn: score conditions are not supported yet",
  ],
  [
    "{ account.employes: 5 }",
    '6 stop[0].if.account.employes: unknown field "account.employes"; did you mean "account.employees"? (one of your own is account.attributes.<key>)',
  ],
  [
    "{ customer.attributes.: 5 }",
    '6 stop[0].if.customer.attributes.: unknown field "customer.attributes."; expected one of external_id, email, phone, first_name, last_name, locale, zone, country, city, postcode, birthday, created_at, updated_at (one of your own is customer.attributes.<key>)',
  ],
  [
    "{ customer.country: gb }",
    '6 stop[0].if.customer.country: expected a two-letter country code such as GB, got "gb"',
  ],
  [
    "{ customer.postcode: 01234 }",
    "6 stop[0].if.customer.postcode: expected a text; put it in quotes, got 1234",
  ],
  [
    "{ customer.city: }",
    "6 stop[0].if.customer.city: expected a value, got nothing; ask for an absent one by { exists: false }",
  ],
  [
    "{ customer.city: [] }",
    "6 stop[0].if.customer.city: expected a list with at least one value, got an empty list",
  ],
  [
    "{ customer.city: { eqals: Paris } }",
    '6 stop[0].if.customer.city.eqals: unknown operator "eqals"; expected one of eq, ne, in, not_in, contains, starts_with, exists',
  ],
  [
    "{ customer.city: { gt: 5 } }",
    '6 stop[0].if.customer.city.gt: "gt" cannot be asked here; expected one of eq, ne, in, not_in, contains, starts_with, exists',
  ],
  [
    "{ customer.city: {} }",
    "6 stop[0].if.customer.city: expected a test such as { gte: 3 }, got an empty mapping",
  ],
  [
    "{ customer.birthday: 1990-02-30 }",
    '6 stop[0].if.customer.birthday: expected a day such as 2026-01-31 or an instant such as 2026-01-31T09:00:00Z, got "1990-02-30"',
  ],
  [
    "{ customer.created_at: { before: yesterday } }",
    '6 stop[0].if.customer.created_at.before: expected a day such as 2026-01-31, or how long ago such as "30 days", got "yesterday"',
  ],
  [
    "{ customer.created_at: { before: [2026-01-31] } }",
    '6 stop[0].if.customer.created_at.before: expected a day such as 2026-01-31, or how long ago such as "30 days", got a list',
  ],
  [
    "{ customer.created_at: { after: 2026-01-31T09:00:00+99:00 } }",
    '6 stop[0].if.customer.created_at.after: expected a day such as 2026-01-31, or how long ago such as "30 days", got "2026-01-31T09:00:00+99:00"',
  ],
  [
    "{ customer.created_at: { within: 30 } }",
    '6 stop[0].if.customer.created_at.within: expected a duration such as "3 days", got 30',
  ],
  [
    "{ customer.email: { exists: yes } }",
    '6 stop[0].if.customer.email.exists: expected true or false, got "yes"',
  ],
  [
    "{ customer.attributes.x: { gt: large } }",
    '6 stop[0].if.customer.attributes.x.gt: expected a number, an amount such as "50 EUR" or a share such as "12%", got "large"',
  ],
  [
    "{ customer.attributes.x: { in: 5 } }",
    "6 stop[0].if.customer.attributes.x.in: expected a list with at least one value, got 5",
  ],
  [
    "{ customer.attributes.x: { starts_with: 5 } }",
    "6 stop[0].if.customer.attributes.x.starts_with: expected a text, got 5",
  ],
  ["{ count: 3 }", '6 stop[0].if.count: "count" belongs beside an "event:"'],
  ["{ event: }", "6 stop[0].if.event: expected the name of an event, got nothing"],
  ["{ event: seen, count: many }", '6 stop[0].if.count: expected a whole number, got "many"'],
  ["{ event: seen, count: 1.5 }", "6 stop[0].if.count: expected a whole number, got 1.5"],
  [
    "{ event: seen, within: 7 }",
    '6 stop[0].if.within: expected a duration such as "3 days", got 7',
  ],
  [
    "{ event: seen, where: { path: { beginswith: a } } }",
    '6 stop[0].if.where.path.beginswith: unknown operator "beginswith"; expected one of eq, ne, gt, gte, lt, lte, in, not_in, contains, starts_with, exists, before, after, within',
  ],
  [
    "{ orders: {} }",
    "6 stop[0].if.orders: expected what to ask of the orders, got an empty mapping",
  ],
  [
    "{ orders: 3 }",
    "6 stop[0].if.orders: expected a mapping such as { count: { gte: 1 }, within: 90 days }, got 3",
  ],
  [
    "{ orders: { totl: 5 } }",
    '6 stop[0].if.orders.totl: unknown key "totl"; did you mean "total"?',
  ],
  [
    "{ orders: { where: { product.colour: red } } }",
    '6 stop[0].if.orders.where.product.colour: unknown field "product.colour"; expected one of external_id, status, currency, total, line.quantity, line.unit_price, product.external_id, product.name, product.category, product.price, product.currency, product.url, product.created_at, product.updated_at (one of your own is attributes.<key> or product.attributes.<key>)',
  ],
  [
    "{ orders: { total: { gte: 5 EUR, lt: 9 USD } } }",
    "6 stop[0].if.orders.total: expected amounts in one currency",
  ],
  ["{ segment: [a] }", "6 stop[0].if.segment: expected the name of a segment, got a list"],
  ["{ consent: { channel: email } }", "6 stop[0].if.consent.topic: expected a topic, got nothing"],
  [
    "{ consent: { channel: email, topic: offers, granted: maybe } }",
    '6 stop[0].if.consent.granted: expected true or false, got "maybe"',
  ],
  [
    "{ message: { was: oppened } }",
    '6 stop[0].if.message.was: expected what became of a message (did you mean "opened"?), got "oppened"',
  ],
  [
    "{ message: { step: hello } }",
    "6 stop[0].if.message.was: expected what became of a message (sent, delivered, opened, clicked, bounced, failed, suppressed, unsubscribed), got nothing",
  ],
  [
    "{ message: { step: helo, was: sent } }",
    '6 stop[0].if.message.step: no step "helo" in the journey; did you mean "hello"?',
  ],
  [
    "{ message: { step: wait-3-days, was: sent } }",
    '6 stop[0].if.message.step: expected a step that sends a message, got "wait-3-days", which is "wait"',
  ],
  [
    "{ all: { segment: a } }",
    "6 stop[0].if.all: expected a list of conditions, got a mapping of segment",
  ],
  ["{ any: [] }", "6 stop[0].if.any: expected a list of conditions, got an empty list"],
  [
    "{ not: [] }",
    '6 stop[0].if.not: expected a condition; write "all:" or "any:" before the list, got an empty list',
  ],
  [
    "{ entry.total: { gte: x } }",
    '6 stop[0].if.entry.total.gte: expected a number, an amount such as "50 EUR" or a share such as "12%", got "x"',
  ],
  [
    "{ entry: 5 }",
    '6 stop[0].if.entry: unknown subject "entry"; expected one of all, any, not, orders, segment, consent, message, voucher, sql, event, customer.<field>, account.<field>, entry.<property>, call.<step>.<field>, task.<step>',
  ],
  [
    "{ sql: x = 1 }",
    "6 stop[0].if.sql: sql belongs in a segment; put it there and write { segment: <name> }",
  ],
  [
    "{ event: seen, first: lately }",
    '6 stop[0].if.first: expected a day such as 2026-01-31 or an instant such as 2026-01-31T09:00:00Z, got "lately"',
  ],
  [
    '{ customer.attributes.x: "a\\0b" }',
    "6 stop[0].if.customer.attributes.x: expected text without NUL characters and broken emoji",
  ],
  [
    "{ customer.attributes.x: .inf }",
    "6 stop[0].if.customer.attributes.x: expected a text, a number, true or false, got Infinity",
  ],
];

test.each(mistakes)("%j is answered by one line", (written, line) => {
  expect(
    mistakesIn(
      aJourney({ start: `start: { on: signed_up }\nstop:\n  - as: done\n    if: ${written}` }),
    ),
  ).toEqual([line]);
});
