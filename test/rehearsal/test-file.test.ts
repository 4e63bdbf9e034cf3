import { expect, test } from "vitest";
import { describeMistake } from "../../src/errors.ts";
import { readProject } from "../../src/journey/read-project.ts";
import { readTestFile } from "../../src/rehearsal/read-test-file.ts";

const { journeys } = readProject("workflows");
const project = {
  journeys,
  channels: ["email", "sms"],
  topics: ["offers", "service"],
  zone: "UTC",
  country: "GB",
  currency: "GBP",
};

function mistakesIn(text: string): readonly string[] {
  return readTestFile(text, "a.test.yaml", project).mistakes.map(describeMistake);
}

const head = "journey: first-purchase\ncustomers: { ada: {} }\ntests:\n";
const aTest = (lines: string) => `${head}- test: It is so\n${lines}`;

test("a whole file is read, its times counted from the beginning", () => {
  const { cases, mistakes } = readTestFile(
    aTest(
      "  when: [{ at: +1 day, ada: orders, total: 50 }]\n  then: [{ at: +1 day, ada: thank-you, by: email }]",
    ),
    "a.test.yaml",
    project,
  );
  expect(mistakes).toEqual([]);
  expect(cases[0]).toMatchObject({
    title: "It is so",
    line: 4,
    when: [
      { at: new Date("2026-03-03T09:00:00Z"), event: "order_completed", properties: { total: 50 } },
    ],
    then: [{ kind: "message", template: "thank-you", by: "email" }],
  });
});

test.each([
  [
    "journey: first-purchas\ntests: []",
    '1 journey: expected a journey (did you mean "first-purchase"?), got "first-purchas"',
  ],
  [
    "journey: birthday\ncustomers:\n  ada:\n    zone: Mars\ntests: []",
    '4 customers.ada.zone: expected an IANA time zone such as "Europe/London", got "Mars"',
  ],
  [
    "journey: birthday\ncustomers:\n  ada: { birthday: 30 Feb }\ntests: []",
    "3 customers.ada.birthday: ",
  ],
  [
    "journey: birthday\ncustomers:\n  ada: { country: Atlantis }\ntests: []",
    "3 customers.ada.country: ",
  ],
  [
    "journey: birthday\ncustomers:\n  ada: { holdout: true }\ntests: []",
    "3 customers.ada.holdout: expected a journey that leaves somebody alone, found none with objective.holdout",
  ],
  [
    aTest("  when: [{ at: +1 day, ada: clicks, message: thank-yu }]\n  then: nothing"),
    "5 when[0].message: expected a template or a step that sends",
  ],
  [
    "journey: birthday\nbegins: soon\ntests: []",
    '2 begins: expected a time such as "2026-03-01 09:00", got "soon"',
  ],
  [
    "journey: birthday\ncostumers: {}\ntests: []",
    '2 costumers: unknown key "costumers"; expected one of journey, zone, begins',
  ],
  [
    aTest("  then: [{ ada: thank-yuo }]"),
    '5 then[0].ada: expected a template the journey sends, or what becomes of a passage (did you mean "thank-you"?), got "thank-yuo"',
  ],
  [
    aTest("  then: [{ bert: thank-you }]"),
    '5 then[0].bert: unknown customer "bert"; expected one of ada',
  ],
  [
    aTest("  then: [{ ada: thank-you, by: fax }]"),
    '5 then[0].by: expected a channel (email, sms), got "fax"',
  ],
  [
    aTest("  then: [{ ada: waits, step: reminder }]"),
    "5 then[0].step: expected a step of the journey",
  ],
  [
    aTest("  then: [{ at: later, ada: thank-you }]"),
    '5 then[0].at: expected a time such as "+3 days 10:00"',
  ],
  [
    aTest("  given: [{ at: +1 day, ada: orders }]\n  then: nothing"),
    "5 given[0]: expected what was before the journey began",
  ],
  [
    aTest("  when: [{ at: -1 day, ada: orders }]\n  then: nothing"),
    "5 when[0]: expected what comes when the journey has begun",
  ],
  [
    aTest("  when: [{ ada: clicks, mesage: x }]\n  then: nothing"),
    '5 when[0].mesage: unknown key "mesage"; did you mean "message"?',
  ],
  [
    aTest("  when: [{ ada: agrees, to: everything }]\n  then: nothing"),
    "5 when[0].to: expected a topic (offers, service)",
  ],
  [
    aTest("  customers: { ada: { emial: x } }\n  then: nothing"),
    '5 customers.ada.emial: unknown key "emial"; did you mean "email"?',
  ],
  [
    aTest("  customers: { ada: { arm: { splitt: a } } }\n  then: nothing"),
    '5 customers.ada.arm.splitt: unknown split "splitt"',
  ],
  [
    aTest("  customers: { ada: { arm: { split-short-long: tall } } }\n  then: nothing"),
    "5 customers.ada.arm.split-short-long: expected an arm of the split (short, long)",
  ],
  [
    aTest("  customers: { ada: { consent: [ofers] } }\n  then: nothing"),
    '5 customers.ada.consent[0]: expected a topic (did you mean "offers"?)',
  ],
  [
    aTest("  customers: { ada: { consent: { fax: all } } }\n  then: nothing"),
    '5 customers.ada.consent.fax: unknown channel "fax"',
  ],
])("%j is told at its line", (text, mistake) => {
  expect(
    mistakesIn(text).map((line) =>
      line
        .replace(/^a.test.yaml:(\d+ )tests\[0\]\./, "$1")
        .replace("a.test.yaml:", "")
        .slice(0, mistake.length),
    ),
  ).toContain(mistake);
});

test("all mistakes of a file are told at once", () => {
  expect(
    mistakesIn(
      aTest("  when: [{ ada: clicks, link: 3 }, { eve: opens }]\n  then: [{ ada: nobody }]"),
    ),
  ).toHaveLength(3);
});
