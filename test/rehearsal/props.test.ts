import { expect, test } from "vitest";
import { aTerminal } from "../cli/terminal.ts";
import { aDatabase } from "../support/database.ts";
import { describeMistake } from "../../src/errors.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { readTestFile } from "../../src/rehearsal/read-test-file.ts";

const terminal = aTerminal(await aDatabase());

const welcome = `journey: welcome
topic: offers
start: { on: signed_up }
steps:
  - call: https://scores.example.com/v1/score
    id: score
    within: 2 hours
    else:
      - if: { call.score.error: unknown }
        then: [{ exit: nobody knows }]
        else: [{ exit: nobody answered }]
  - if: { call.score.value: { gte: 0.5 } }
    then:
      - voucher: welcome-10
        expires: 30 days
        else: [{ exit: no vouchers }]
      - { send: with-a-code, by: email }
    else: []
  - task: { list: calls, do: Ring, outcomes: [reached, no_answer], within: 3 days }
    id: ring
    reached: [{ exit: spoken to }]
    no_answer: [{ send: with-a-code, by: email, id: sorry }]
  - if: { voucher: { step: welcome-10, was: redeemed } }
    then: [{ exit: used it }]
    else: []
`;
terminal.write("workflows/welcome.yaml", welcome);
terminal.write(
  "templates/with-a-code.email.hbs",
  `---
subject: Hello
---
<p>{{#if voucher}}Your code is {{voucher.code}}, until {{date voucher.expires_at "d MMMM"}}.{{else}}No code.{{/if}}</p>
`,
);

const head = `journey: welcome
begins: "2026-03-02 12:00"
zone: Europe/London
customers: { ada: {}, bert: {} }
answers: { score: { value: 0.8 } }
`;

async function outcomes(text: string): Promise<readonly unknown[]> {
  terminal.write("workflows/welcome.test.yaml", text);
  const ended = await terminal.waypost("test", "workflows/welcome.test.yaml", "--json");
  expect(ended.err).toBe("");
  const [{ tests }] = ended.json() as [{ tests: readonly { failures: readonly unknown[] }[] }];
  return tests.flatMap(({ failures }) => failures);
}

test("codes of a test's pool are handed out, the one that spoils first before the others, until there are none", async () => {
  const failures = await outcomes(`${head}
vouchers: { welcome-10: [LATE, { code: SOON, expires: +10 days }] }
tests:
- test: The first two get one each
  customers: { carl: {} }
  when: [{ ada: signed_up }, { at: +1 hour, bert: signed_up }, { at: +2 hours, carl: signed_up }]
  then:
  - { ada: with-a-code, says: "Your code is SOON, until 12 March" }
  - { bert: with-a-code, says: [LATE, 1 April] }
  - { at: +2 hours, carl: exits, as: no vouchers }
- test: A pool of its own stands in the place of the file's
  vouchers: { welcome-10: 1 }
  when: [{ ada: signed_up }, { at: +1 day, ada: voucher_redeemed, code: welcome-10-1 }]
  then:
  - { ada: with-a-code, says: welcome-10-1 }
  - { at: +3 days, ada: exits, as: used it }
- test: Without codes nobody gets any
  vouchers: { welcome-10: 0 }
  when: [{ ada: signed_up }]
  then: [{ ada: exits, as: no vouchers }]
`);
  expect(failures).toEqual([]);
});

test("a service answers what the test says, fails, or never answers", async () => {
  const failures = await outcomes(`${head}
tests:
- test: A low score goes without
  answers: { score: { value: 0.1 } }
  when: [{ ada: signed_up }]
  then: [{ at: +3 days, ada: completes }]
- test: A failure is known at once
  answers: { score: fails }
  when: [{ ada: signed_up }]
  then: [{ at: "2026-03-02 12:00", ada: exits, as: nobody answered }]
- test: What a failure says is read in the way of else
  answers: { score: { fails: { error: unknown } } }
  when: [{ ada: signed_up }]
  then: [{ at: "2026-03-02 12:00", ada: exits, as: nobody knows }]
- test: Silence is waited out
  answers: { score: no answer }
  when: [{ ada: signed_up }]
  then: [{ at: +2 hours, ada: exits, as: nobody answered }]
`);
  expect(failures).toEqual([]);
});

test("an agent's outcome sends the customer on, and one that is recorded too late is told", async () => {
  const low = head.replace("0.8", "0.1");
  const failures = await outcomes(`${low}
tests:
- test: Who is reached leaves
  when: [{ ada: signed_up }, { at: +1 day, ada: task done, as: reached }]
  then: [{ at: +1 day, ada: exits, as: spoken to }]
- test: Who is not gets a letter
  when: [{ ada: signed_up }, { at: +1 day, ada: task done, task: ring, as: no_answer }]
  then: [{ at: +1 day, ada: with-a-code, says: No code }, { ada: completes }]
- test: Nobody is reached twice
  when: [{ ada: signed_up }, { at: +4 days, ada: task done, as: reached }]
  then: nothing
`);
  expect(failures).toEqual([{ line: 15, message: "ada task done, but no task was open by then" }]);
});

const { journey, mistakes: none, ...rest } = readJourney(welcome, "workflows/welcome.yaml");
if (journey === undefined) throw new Error(JSON.stringify(none));
const project = {
  journeys: [{ journey, file: "workflows/welcome.yaml", source: welcome, ...rest }],
  channels: ["email"],
  topics: ["offers"],
  zone: "UTC",
  country: "GB",
  currency: "GBP",
};

test.each([
  [
    "vouchers: { welcom-10: 3 }",
    'vouchers.welcom-10: unknown pool "welcom-10"; did you mean "welcome-10"?',
  ],
  [
    "vouchers: { welcome-10: many }",
    'vouchers.welcome-10: expected how many codes there are, or a list of them such as [welcome-10-1], got "many"',
  ],
  [
    "vouchers: { welcome-10: [A, A] }",
    'vouchers.welcome-10[1]: expected each code once, got "A" again',
  ],
  [
    "vouchers: { welcome-10: [two words] }",
    "vouchers.welcome-10[0]: expected a code: a text without spaces",
  ],
  [
    "vouchers: { welcome-10: [{ code: A, until: +1 day }] }",
    'vouchers.welcome-10[0].until: unknown key "until"',
  ],
  [
    "vouchers: { welcome-10: [{ code: A, expires: soon }] }",
    "vouchers.welcome-10[0].expires: expected a time",
  ],
  [
    "vouchers: [welcome-10]",
    "vouchers: expected each pool by its name, such as { welcome-10: 3 }, got a list",
  ],
  ["answers: { scor: {} }", 'answers.scor: unknown call "scor"; did you mean "score"?'],
  [
    "answers: { score: badly }",
    "answers.score: expected what is answered, such as { value: 0.8 }, or fails, or no answer",
  ],
  [
    "when: [{ ada: task done, as: reachd }]",
    'when[0].as: expected an outcome of the task (did you mean "reached"?), got "reachd"',
  ],
  [
    "when: [{ ada: task done }]",
    "when[0].as: expected an outcome of the task (reached, no_answer), got nothing",
  ],
  [
    "when: [{ ada: task done, task: rang, as: reached }]",
    'when[0].task: expected a task of the journey (did you mean "ring"?)',
  ],
  ["when: [{ ada: task done, outcome: reached }]", 'when[0].outcome: unknown key "outcome"'],
])("%j is told at its line", (line, mistake) => {
  const text = `journey: welcome\ncustomers: { ada: {} }\ntests:\n- test: It is so\n  ${line}\n  then: nothing\n`;
  const { mistakes } = readTestFile(text, "a.test.yaml", project);
  const told = mistakes.map((each) =>
    describeMistake(each).replace(/^a.test.yaml:5 tests\[0\]\./, ""),
  );
  expect(told.map((each) => each.slice(0, mistake.length))).toContain(mistake);
});
