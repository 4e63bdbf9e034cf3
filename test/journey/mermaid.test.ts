import { expect, test } from "vitest";
import { flowchartOf } from "../../src/journey/flowchart.ts";
import { writeMermaid } from "../../src/journey/mermaid.ts";
import { journeyFrom } from "./mistake-lines.ts";

const branching = `steps:
  - send: hello
    by: email
  - if: { customer.country: GB }
    then: [{ wait: 1 day }]
    else: [{ exit: enough }]`;

test("a journey is drawn with its start, its branches and its end", () => {
  const chart = flowchartOf(journeyFrom({ steps: branching }));
  expect(writeMermaid(chart).split("\n").slice(0, 11)).toEqual([
    "flowchart TD",
    '  n0(["on signed_up"]):::edge',
    '  n1["send hello by email"]',
    '  n2{{"if customer.country is GB"}}',
    '  n3("wait 1 day")',
    '  n4(["exit: enough"])',
    '  n5(["completed"]):::edge',
    "  n0 --> n1",
    "  n1 --> n2",
    '  n2 -->|"then"| n3',
    '  n2 -->|"else"| n4',
  ]);
});

test("what ends a passage at once stands beside it", () => {
  const head = "journey: welcome\ntopic: offers\nstop: [{ on: order_completed, as: converted }]";
  expect(writeMermaid(flowchartOf(journeyFrom({ head })))).toContain(
    'stop0>"stops on order_completed (converted)"]:::stop',
  );
});

test("the steps of a change are marked, and those that are gone drawn beside", () => {
  const text = writeMermaid(flowchartOf(journeyFrom({ steps: branching })), {
    changes: new Map([["hello", "changed"]]),
    removed: [{ id: "bye", line: "send bye by email" }],
  });
  expect(text).toContain('n1["send hello by email"]:::changed');
  expect(text).toContain('gone0["send bye by email"]:::removed');
});

test.each([
  ['the "end"] --> n9', "the #34;end#34;] --#62; n9"],
  ["<b>&amp;`x`#quot;", "#60;b#62;#38;amp;#96;x#96;#35;quot;"],
  ["%%{init: {}}%%", "#37;#37;{init: {}}#37;#37;"],
  ["50% off", "50% off"],
  ["two\nlines\u2028and \u202emore", "two lines and more"],
])("a hostile text %j stays text", (reason, written) => {
  const steps = `steps: [{ exit: ${JSON.stringify(reason)}, id: out }]`;
  expect(writeMermaid(flowchartOf(journeyFrom({ steps })))).toContain(`(["exit: ${written}"])`);
});
