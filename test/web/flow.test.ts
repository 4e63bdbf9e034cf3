import { expect, test } from "vitest";
import type { StepCounts } from "../../src/enrollment/journey-counts.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { type FlowStep, drawFlow } from "../../src/web/flow.ts";

function draw(steps: string, counts: readonly StepCounts[] = []): readonly FlowStep[] {
  const text = `journey: test\ntopic: offers\nstart: { on: signed_up }\nsteps:\n${steps}`;
  const { journey, mistakes } = readJourney(text, "workflows/test.yaml");
  if (journey === undefined) throw new Error(JSON.stringify(mistakes));
  return drawFlow(journey, counts, []);
}

/** `a (then: b, else: ) c` */
function outline(steps: readonly FlowStep[]): string {
  return steps
    .map(({ id, branches }) =>
      branches.length === 0
        ? id
        : `${id} (${branches.map((one) => `${one.label}: ${outline(one.steps)}`).join(" | ")})`,
    )
    .join(" ");
}

const ifGb = "if: { customer.country: GB }, id: gb";
const send = (id: string) => `{ send: hello, by: email, id: ${id} }`;

test("branches meet again at the step that follows them", () => {
  const steps = `- ${send("a")}
- { ${ifGb}, then: [${send("b")}], else: [${send("c")}] }
- ${send("d")}`;
  expect(outline(draw(steps))).toBe("a gb (then: b | else: c) d");
});

test("a branch that is left out goes on", () => {
  const steps = `- { ${ifGb}, then: [${send("b")}] }\n- ${send("d")}`;
  const [gb] = draw(steps);
  expect(outline(draw(steps))).toBe("gb (then: b | else: ) d");
  expect(gb?.branches.map(({ ends }) => ends)).toEqual([false, false]);
});

test("a branch that exits leaves the rest to the other", () => {
  const steps = `- { ${ifGb}, then: [{ exit: enough, id: out }] }\n- ${send("d")}`;
  expect(outline(draw(steps))).toBe("gb (then: out | else: d)");
});

test("a split inside a branch keeps its arms, and an empty arm at the end ends", () => {
  const split = `{ split: { x: 50, y: 50 }, id: s, x: [${send("e")}], y: [] }`;
  const [gb] = draw(`- { ${ifGb}, else: [${split}] }`);
  expect(outline(gb === undefined ? [] : [gb])).toBe("gb (then:  | else: s (x: e | y: ))");
  expect(gb?.branches[1]?.steps[0]?.branches[1]?.ends).toBe(true);
});

test("each branch tells how many took it", () => {
  const counts = [
    {
      id: "gb",
      kind: "if",
      at: 1,
      held: 0,
      estimated: [],
      passed: 10,
      to: { b: 7, c: 3 },
      messages: {},
    },
  ] as const;
  const steps = `- { ${ifGb}, then: [${send("b")}], else: [${send("c")}] }`;
  const [gb] = draw(steps, counts);
  expect(gb?.branches.map(({ taken }) => taken)).toEqual([7, 3]);
});

test("a journey of sixty branches in a row is drawn in no time", () => {
  const steps = Array.from(
    { length: 60 },
    (_, n) =>
      `- { if: { customer.country: GB }, id: i${n}, then: [${send(`t${n}`)}], else: [${send(`e${n}`)}] }`,
  ).join("\n");
  expect(draw(steps)).toHaveLength(60);
});

test("branches inside a repeat meet inside it, and what follows comes after", () => {
  const body = `[{ ${ifGb}, then: [${send("b")}], else: [${send("c")}] }, { wait: 1 day, id: d }]`;
  const steps = `- { repeat: { times: 2 }, id: r, steps: ${body} }\n- ${send("e")}`;
  expect(outline(draw(steps))).toBe("r (again: gb (then: b | else: c) d | done: ) e");
});
