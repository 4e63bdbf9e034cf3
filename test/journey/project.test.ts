import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeMistake } from "../../src/errors.ts";
import { type Known, checkProject } from "../../src/journey/check-project.ts";
import { doubtfulAttributes } from "../../src/journey/check-attributes.ts";
import { doubtfulEvents, unheardEvents } from "../../src/journey/check-events.ts";
import { idleParts } from "../../src/journey/check-idle.ts";
import { readProject } from "../../src/journey/read-project.ts";
import { aJourney, linesOf, required } from "./mistake-lines.ts";

const known: Known = {
  templates: [
    { name: "hello", channel: "email" },
    { name: "hello", channel: "sms" },
    { name: "letter", channel: "email" },
    { name: "postcard-only", channel: "post" },
    { name: "receipt", channel: "email", class: "transactional" },
    ...[
      "entry.total",
      "event.total",
      "voucher.code",
      "call.score.value",
      "customer.attributes.anything",
      "customer.postcode",
    ].map((path) => ({
      name: `needs-${path.replaceAll(".", "-")}`,
      channel: "email",
      file: "templates/x.email.hbs",
      reads: [required(path)],
    })),
  ],
  channels: ["email", "sms"],
  topics: ["offers", "service"],
  pools: ["welcome-10"],
  shop: ["name", "url"],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waypost-journey-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string | Buffer): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** All mistakes of the folder, `a.yaml:3 path: message`. */
function check(): readonly string[] {
  const project = readProject(folder);
  return [...project.mistakes, ...checkProject(project, known)].map((mistake) =>
    describeMistake(mistake).replaceAll(`${folder}/`, ""),
  );
}

const segment = (name: string, condition: string) => `segment: ${name}\nif: ${condition}\n`;

test("a folder in order has no mistakes, and its files come by name", () => {
  write("b.yaml", aJourney({ head: "journey: second\ntopic: offers" }));
  write("a.yaml", aJourney({ start: "start: { segment: vip }" }));
  write("segments/vip.yaml", segment("vip", "{ orders: { count: 5 } }"));
  expect(check()).toEqual([]);
  const { journeys, segments } = readProject(folder);
  expect(journeys.map(({ journey }) => journey.name)).toEqual(["welcome", "second"]);
  const source = aJourney({ start: "start: { segment: vip }" });
  expect(journeys[0]).toMatchObject({ file: join(folder, "a.yaml"), source });
  expect(segments).toMatchObject([{ name: "vip", file: join(folder, "segments/vip.yaml") }]);
  const called = readProject(folder, undefined, "workflows");
  expect(called.journeys[0]).toMatchObject({ file: "workflows/a.yaml", source });
  expect(called.segments).toMatchObject([{ file: "workflows/segments/vip.yaml" }]);
});

test("a bad file costs nothing beside itself", () => {
  write("bad.yaml", "journey: [");
  write("good.yaml", aJourney({ start: "start: { segment: vip }" }));
  write("segments/vip.yaml", segment("vip", "{ ordres: 5 }"));
  expect(readProject(folder).journeys).toHaveLength(1);
  expect(check()).toEqual([
    expect.stringMatching(/^bad.yaml:\d+ not valid YAML/),
    'segments/vip.yaml:2 if.ordres: unknown subject "ordres"; did you mean "orders"?',
  ]);
});

test("files that are none of ours, hidden ones and the example are passed over", () => {
  write("example.yaml", "not: a journey");
  write("data.yaml", "not: a journey");
  write(".hidden.yaml", "not: a journey");
  write("notes.txt", "not a journey");
  expect(check()).toEqual([]);
});

test("a folder that is missing, a wrong ending and bytes that are no text are mistakes", () => {
  write("a.yml", aJourney());
  write("b.yaml", Buffer.from([0x6a, 0xff, 0xfe]));
  mkdirSync(join(folder, "c.yaml"));
  expect(check()).toEqual([
    'a.yml:1 expected the ending ".yaml"; rename it to a.yaml',
    expect.stringMatching(/^b.yaml:1 expected a file of UTF-8 text/),
    expect.stringMatching(/^c.yaml:1 expected a file of UTF-8 text/),
  ]);
  expect(readProject(join(folder, "none")).mistakes).toMatchObject([
    { message: "expected a folder of workflow files" },
  ]);
});

test.each([
  [
    "steps: [{ send: helo, by: email }]",
    'a.yaml:4 steps[0].send: no template "helo"; did you mean "hello"?',
  ],
  [
    "steps: [{ send: postcard, by: [email, sms] }]",
    'a.yaml:4 steps[0].send: no template "postcard"; expected templates/postcard.email.hbs and templates/postcard.sms.hbs',
  ],
  [
    "steps: [{ send: letter, by: [email, sms] }]",
    'a.yaml:4 steps[0].send: template "letter" cannot be sent by sms; expected templates/letter.sms.hbs',
  ],
  [
    "steps: [{ send: hello, by: [emial, sms] }]",
    'a.yaml:4 steps[0].by[0]: unknown channel "emial"; did you mean "email"?',
  ],
  [
    "steps: [{ if: { segment: vpi }, then: [] }]",
    'a.yaml:4 steps[0].if.segment: unknown segment "vpi"; did you mean "vip"?',
  ],
  [
    "steps: [{ if: { consent: { channel: fax, topic: ofers } }, then: [] }]",
    'a.yaml:4 steps[0].if.consent.channel: unknown channel "fax"; expected one of email, sms\n' +
      'a.yaml:4 steps[0].if.consent.topic: unknown topic "ofers"; did you mean "offers"?',
  ],
  [
    "steps: [{ if: { message: { journey: wellcome, was: sent } }, then: [] }]",
    'a.yaml:4 steps[0].if.message.journey: unknown journey "wellcome"; did you mean "welcome"?',
  ],
  [
    "steps: [{ if: { message: { journey: other, step: bye, was: sent } }, then: [] }]",
    'a.yaml:4 steps[0].if.message.step: no step "bye" in the journey; expected one of hello',
  ],
  [
    "steps: [{ send: postcard-only, by: best }]",
    'a.yaml:4 steps[0].send: template "postcard-only" is for no channel of waypost.yaml (email, sms)',
  ],
  [
    "steps: [{ send: postcrd, by: best }]",
    'a.yaml:4 steps[0].send: no template "postcrd"; expected templates/postcrd.<channel>.hbs',
  ],
  [
    "steps: [{ voucher: welcom-10 }]",
    'a.yaml:4 steps[0].voucher: unknown pool "welcom-10"; did you mean "welcome-10"?',
  ],
  [
    "steps: [{ enter: othr }]",
    'a.yaml:4 steps[0].enter: unknown journey "othr"; did you mean "other"?',
  ],
  [
    "steps: [{ send: receipt, by: email }]",
    "a.yaml:4 steps[0]: templates/receipt.email.hbs is transactional, this journey is marketing",
  ],
])("%s leads nowhere, and is told so", (steps, lines) => {
  write("a.yaml", aJourney({ steps }));
  write("other.yaml", aJourney({ head: "journey: other\ntopic: offers" }));
  write("segments/vip.yaml", segment("vip", "{ orders: { count: 5 } }"));
  expect(check()).toEqual(lines.split("\n"));
});

test("a call to a host that is not called is a mistake", () => {
  const steps = "steps: [{ call: 'http://localhost:9000/x' }, { call: 'https://example.com/x' }]";
  write("a.yaml", aJourney({ steps }));
  const refusedHostOf = (address: string) => (/localhost/.test(address) ? "localhost" : undefined);
  expect(linesOf(checkProject(readProject(folder), { ...known, refusedHostOf }))).toEqual([
    '4 steps[0]: "localhost" is inside a network and is not called; allow it in waypost.yaml, calls: { allow: [localhost] }',
  ]);
});

test("an unknown topic of a journey is a mistake", () => {
  write("a.yaml", aJourney({ head: "journey: welcome\ntopic: news" }));
  expect(check()).toEqual([
    'a.yaml:2 topic: unknown topic "news"; expected one of offers, service',
  ]);
});

test("names defined twice are mistakes of the second file", () => {
  write("a.yaml", aJourney());
  write("b.yaml", aJourney());
  write("segments/a.yaml", segment("vip", "{ orders: { count: 5 } }"));
  write("segments/b.yaml", segment("vip", "{ orders: { count: 6 } }"));
  expect(check()).toEqual([
    'b.yaml:1 a journey called "welcome" is defined in a.yaml already',
    'segments/b.yaml:1 a segment called "vip" is defined in segments/a.yaml already',
  ]);
});

test("segments that need one another in a circle are mistakes, a chain is none", () => {
  write("segments/a.yaml", segment("a", "{ segment: b }"));
  write("segments/b.yaml", segment("b", "{ not: { segment: a } }"));
  write("segments/c.yaml", segment("c", "{ segment: a }"));
  write("segments/d.yaml", segment("d", "{ segment: d }"));
  expect(check()).toEqual([
    'segments/a.yaml:2 if.segment: segment "a" needs "b", which needs "a" itself',
    'segments/b.yaml:2 if.not.segment: segment "b" needs "a", which needs "b" itself',
    'segments/d.yaml:2 if.segment: segment "d" needs "d", which needs "d" itself',
  ]);
});

test("a journey keeps the lateness of the project unless it says its own", () => {
  write("a.yaml", aJourney());
  write("b.yaml", aJourney({ head: "journey: b\ntopic: offers\nmax_lateness: 2 days" }));
  const hour = { months: 0, days: 0, seconds: 3600 };
  const { journeys } = readProject(folder, hour);
  expect(journeys.map(({ journey }) => journey.maxLateness)).toEqual([
    hour,
    { months: 0, days: 2, seconds: 0 },
  ]);
});

const needing = (path: string) => `{ send: needs-${path.replaceAll(".", "-")}, by: email }`;

test.each([
  ["entry.total", "start: { segment: vip }", "and no event or request starts this journey"],
  ["event.total", 'start: { every: "0 9 * * 1" }', "and no event or request starts this journey"],
  ["voucher.code", "start: { on: a }", "and no voucher is handed out before"],
  ["call.score.value", "start: { on: a }", 'and no call "score" comes before'],
])("a template that needs %s cannot be sent where it cannot be", (path, start, why) => {
  const after = "{ voucher: v }, { call: 'https://example.com', id: score }";
  write("a.yaml", aJourney({ start, steps: `steps: [${needing(path)}, ${after}]` }));
  write("segments/vip.yaml", segment("vip", "{ orders: { count: 5 } }"));
  expect(check()).toEqual([`a.yaml:4 steps[0]: templates/x.email.hbs needs {{${path}}}, ${why}`]);
});

test("a template may need what the journey has by then", () => {
  const before = "{ voucher: v }, { call: 'https://example.com', id: score }";
  const paths = ["entry.total", "voucher.code", "call.score.value", "customer.attributes.anything"];
  const sends = [...paths, "customer.postcode"].map(needing).join(", ");
  write("a.yaml", aJourney({ steps: `steps: [${before}, ${sends}]` }));
  expect(check()).toEqual([]);
});

test("a journey that another lets customers into has that one's entry", () => {
  const steps = `steps: [${needing("entry.total")}]`;
  write("a.yaml", aJourney({ start: "start: { segment: vip }", steps }));
  write(
    "b.yaml",
    aJourney({ head: "journey: b\ntopic: offers", steps: "steps: [{ enter: welcome }]" }),
  );
  write("segments/vip.yaml", segment("vip", "{ orders: { count: 5 } }"));
  expect(check()).toEqual([]);
});

test("journeys that let customers in round and round are mistakes", () => {
  const journey = (name: string, next: string) =>
    aJourney({ head: `journey: ${name}\ntopic: offers`, steps: `steps: [{ enter: ${next} }]` });
  write("a.yaml", journey("a", "b"));
  write("b.yaml", journey("b", "a"));
  write("c.yaml", journey("c", "a"));
  write("d.yaml", journey("d", "d"));
  const round =
    "whoever is inside would go round without an end; use a repeat, or an event or a segment as the start of one of them";
  // Once for each circle; "c" only leads into one.
  expect(check()).toEqual([
    `a.yaml:4 steps[0]: "a" enters "b", which leads back into it: ${round}`,
    `d.yaml:4 steps[0]: "d" enters itself: ${round}`,
  ]);
});

test("an event that only one place names, and that is nearly another, is doubtful", () => {
  const on = (event: string) => aJourney({ start: `start: { on: ${event} }` });
  write("a.yaml", on("order_completed"));
  write(
    "b.yaml",
    aJourney({
      start: "start: { on: order_completed }",
      steps: "steps: [{ await: { event: order_competed, within: 1 day } }]",
    }),
  );
  write("c.yaml", on("order_cancelled"));
  write("d.yaml", on("level_2_reached"));
  write("e.yaml", on("level_3_reached"));
  write("f.yaml", on("OrderCompleted"));
  const doubts = (happened: readonly string[] = []) =>
    doubtfulEvents(readProject(folder), happened).map(({ message }) => message);
  expect(doubts()).toEqual([
    'no other file knows the event "order_competed"; did you mean "order_completed"?',
    'no other file knows the event "OrderCompleted"; did you mean "order_completed"?',
  ]);
  expect(doubts(["OrderCompleted", "order_canceled"])).toEqual([
    'no other file knows the event "order_competed"; did you mean "order_completed"?',
    'no other file knows the event "order_cancelled"; did you mean "order_canceled"?',
  ]);
});

test("of two events that are nearly the same and named once each neither is blamed, and both places are told", () => {
  write("a.yaml", aJourney({ start: "start: { on: basket_updated }" }));
  write("b.yaml", aJourney({ start: "start: { on: baskt_updated }" }));
  const doubts = (happened: readonly string[] = []) =>
    linesOf(doubtfulEvents(readProject(folder), happened));
  expect(doubts()).toEqual([
    `3 start.on: the event "baskt_updated" is named here alone, and "basket_updated" at ${join(folder, "a.yaml")}:3 alone; if one is meant, write it alike in both places`,
  ]);
  expect(doubts(["basket_updated"])).toEqual([
    '3 start.on: no other file knows the event "baskt_updated"; did you mean "basket_updated"?',
  ]);
  expect(doubts(["baskt_updated"])).toEqual([
    '3 start.on: no other file knows the event "basket_updated"; did you mean "baskt_updated"?',
  ]);
  expect(doubts(["basket_updated", "baskt_updated"])).toEqual([]);
});

test("what nearly is order_completed is doubtful, and order_completed never is", () => {
  write("a.yaml", aJourney({ start: "start: { on: order_complete }" }));
  write("b.yaml", aJourney({ start: "start: { on: order_completed }" }));
  const doubt =
    '3 start.on: no other file knows the event "order_complete"; did you mean "order_completed"?';
  expect(linesOf(doubtfulEvents(readProject(folder)))).toEqual([doubt]);
  rmSync(join(folder, "b.yaml"));
  expect(linesOf(doubtfulEvents(readProject(folder)))).toEqual([doubt]);
});

test("an event that never came is doubtful where a journey hears of it, once any event came", () => {
  const start =
    "start: { on: signed_up, if: { event: visited } }\nstop: [{ on: gone, as: gone }, { on: gone }]\nobjective: { goal: bought }";
  const steps = "steps: [{ await: { event: moved_house, within: 1 day } }]";
  write("a.yaml", aJourney({ start, steps }));
  const unheard = (happened: readonly string[]) => {
    const project = readProject(folder);
    return linesOf(unheardEvents(project, happened, doubtfulEvents(project, happened)));
  };
  expect(unheard([])).toEqual([]);
  expect(unheard(["signed_up", "bougth"])).toEqual([
    '4 stop[0].on: the event "gone" never came so far',
    '6 steps[0].await.event: the event "moved_house" never came so far',
  ]);
});

test("a split that nobody takes an arm of, and opens of what is spoken or printed, are doubtful", () => {
  write("segments/a.yaml", segment("a", "{ message: { journey: b, step: letter, was: clicked } }"));
  write(
    "b.yaml",
    `journey: b
topic: offers
start: { on: signed_up, if: { message: { step: letter, was: opened } } }
steps:
  - { send: letter, by: [post, phone] }
  - { send: hello, by: [phone, email] }
  - { send: best, by: best }
  - if: { not: { message: { step: letter, was: clicked } } }
    then: [{ if: { message: { step: letter, was: delivered } }, then: [] }]
  - if: { any: [{ message: { step: hello, was: clicked } }, { message: { step: best, was: clicked } }] }
    then: []
  - split: { short: 1, long: 0 }
    short: []
    long: [{ exit: never }]
`,
  );
  const mute = '"letter" is sent by post and phone alone, and nobody sees that such a message was';
  expect(linesOf(idleParts(readProject(folder)))).toEqual([
    '12 steps[5]: nobody takes the arm "long", whose weight is 0; leave it out once no customer is inside it',
    `3 start.if.message.step: ${mute} opened`,
    `8 steps[3].if.not.message.step: ${mute} clicked`,
    `2 if.message.step: ${mute} clicked`,
  ]);
});

test("an attribute that nobody has, and that is nearly one that somebody has, is doubtful", () => {
  write("segments/a.yaml", segment("a", "{ not: { account.attributes.sise: large } }"));
  write(
    "b.yaml",
    `journey: b
topic: offers
start: { date: customer.attributes.renewl, if: { customer.attributes.plan: gold } }
stop: [{ if: { any: [{ customer.attributes.paln: gold }, { customer.attributes.shoes: 43 }] }, as: a }]
steps:
  - set: { customer.attributes.scores: 1 }
  - if: { customer.attributes.scores: 1 }
    then: []
  - if: { customer.attributes.score: 1 }
    then: []
  - wait: { until: customer.attributes.trail_ends }
  - send: hello
    by: email
`,
  );
  const known = { customer: ["plan", "renewal", "trial_ends"], account: ["size"] };
  expect(linesOf(doubtfulAttributes(readProject(folder), known))).toEqual([
    '2 if: no account has "account.attributes.sise"; did you mean "account.attributes.size"?',
    '4 stop[0]: no customer has "customer.attributes.paln"; did you mean "customer.attributes.plan"?',
    '9 steps[2]: no customer has "customer.attributes.score"; did you mean "customer.attributes.scores"?',
    '1 no customer has "customer.attributes.renewl"; did you mean "customer.attributes.renewal"?',
    '11 steps[3]: no customer has "customer.attributes.trail_ends"; did you mean "customer.attributes.trial_ends"?',
  ]);
});
