import { expect, test } from "vitest";
import { END, START, type FlowNode, flowchartOf } from "../../src/journey/flowchart.ts";
import { type Point, type Sized, layOut } from "../../src/journey/flowchart-layout.ts";
import { readProject } from "../../src/journey/read-project.ts";
import { chartStyle } from "../../src/journey/flowchart-style.ts";
import { drawSvg } from "../../src/journey/svg.ts";
import { journeyFrom } from "./mistake-lines.ts";

const { journeys } = readProject("workflows");
const charts = journeys.map(({ journey }) => [journey.name, flowchartOf(journey)] as const);

const looping = flowchartOf(
  journeyFrom({
    steps: `steps:
  - repeat: { times: 3 }
    steps:
      - send: nudge
        by: email
      - if: { customer.country: GB }
        then: [{ wait: 1 day }]
        else: [{ wait: 2 days, id: longer }]
  - send: goodbye
    by: email`,
  }),
);

test("a journey begins at its start and ends at its end", () => {
  const chart = flowchartOf(journeyFrom({}));
  expect(chart.nodes.map(({ id }) => id)).toEqual([START, "hello", "wait-3-days", END]);
  expect(chart.edges.map(({ from, to }) => `${from} ${to}`)).toEqual([
    ":start hello",
    "hello wait-3-days",
    "wait-3-days :end",
  ]);
});

test("the last steps of a round lead back", () => {
  const back = looping.edges.filter(({ isBack }) => isBack);
  expect(back.map(({ from, to }) => `${from} ${to}`)).toEqual([
    "wait-1-day repeat",
    "longer repeat",
  ]);
});

test("what leads back runs beside its round, not around all the rest", () => {
  const chart = flowchartOf(
    journeyFrom({
      steps: `steps:
  - switch: { a: { customer.country: GB }, b: { customer.country: IE }, c: { customer.country: DE } }
    a:
      - repeat: { times: 3 }
        steps: [{ send: nudge, by: email }, { wait: 1 day }]
    b: [{ send: hello, by: email, id: b-hello }]
    c: [{ send: hello, by: email, id: c-hello }]
  - send: goodbye
    by: email`,
    }),
  );
  const { nodes, edges, width } = layOut(chart, size, sizeOfLabel);
  const round = nodes.find(({ node }) => node.id === "repeat");
  const back = edges.find(({ edge }) => edge.isBack);
  const reach = Math.max(...(back?.points ?? []).map(({ x }) => Math.abs(x - (round?.x ?? 0))));
  expect(reach).toBeLessThan(width / 3);
});

const size = (): Sized => ({ width: 180, height: 50 });
const sizeOfLabel = () => ({ width: 60, height: 20 });
const overlap = (a: Point & Sized, b: Point & Sized) =>
  Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2;

test.each([...charts, ["a loop", looping] as const])(
  "in the drawing of %s nothing lies upon another",
  (_, chart) => {
    const { nodes, edges } = layOut(chart, size, sizeOfLabel);
    const boxes = [...nodes, ...edges.map(({ label }) => label)];
    const touching = boxes.flatMap((a, index) =>
      boxes.slice(index + 1).filter((b) => overlap(a, b)),
    );
    expect(touching).toEqual([]);
  },
);

test.each([...charts, ["a loop", looping] as const])(
  "in the drawing of %s each line leaves its step below and reaches the next from above",
  (_, chart) => {
    const { nodes, edges } = layOut(chart, size, sizeOfLabel);
    const at = (id: string) => nodes.find(({ node }) => node.id === id) as Point & Sized;
    for (const { edge, points } of edges) {
      const [from, to] = [at(edge.from), at(edge.to)];
      expect(points[0]).toEqual({ x: from.x, y: from.y + 25 });
      expect(points.at(-1)).toEqual({ x: to.x, y: to.y - 25 });
      const isDown = points.every(
        ({ y }, index) => index === 0 || y >= (points[index - 1]?.y ?? y),
      );
      expect(isDown || edge.isBack).toBe(true);
      for (const [index, point] of points.slice(1).entries()) {
        const before = points[index] as Point;
        expect(before.x === point.x || before.y === point.y).toBe(true);
      }
    }
  },
);

test("lines run down where no edge has a label, too", () => {
  const { edges } = layOut(looping, size, () => ({ width: 8, height: 0 }));
  for (const { edge, points } of edges) {
    const heights = points.map(({ y }) => y);
    expect(edge.isBack ? [] : heights).toEqual(
      edge.isBack ? [] : heights.toSorted((a, b) => a - b),
    );
  }
});

test("a drawing says in words what it shows", () => {
  const svg = drawSvg(flowchartOf(journeyFrom({})), {
    ofNode: ({ id }) => (id === "hello" ? "4 here" : null),
  });
  expect(svg).toContain("<title>Flowchart of welcome</title>");
  expect(svg).toContain("send hello by email (4 here), then wait 3 days.");
});

test("hostile text stays text, and a page may forbid styles", () => {
  const steps = `steps: [{ exit: '</text><script>alert("1")</script>\u0001&#x3c;', id: out }]`;
  const svg = drawSvg(flowchartOf(journeyFrom({ steps })));
  expect(svg).not.toContain("<script>");
  expect(svg).not.toMatch(/style|\u0001/);
  expect(drawSvg(flowchartOf(journeyFrom({ steps })), {}, chartStyle)).toContain(
    "prefers-color-scheme: dark",
  );
});

test("a node may be a link, and stands out where somebody is", () => {
  const svg = drawSvg(flowchartOf(journeyFrom({})), {
    isBusy: ({ kind }: FlowNode) => kind === "wait",
    hrefOf: ({ id }: FlowNode) => `#step-${id}`,
  });
  expect(svg).toContain('<a href="#step-hello"><g class="node send">');
  expect(svg).toContain('<g class="node wait busy">');
});

test("a journey of two hundred branches in a row is drawn in no time", () => {
  const steps = Array.from(
    { length: 200 },
    (_, n) =>
      `  - if: { customer.country: GB }\n    id: i${n}\n    then: [{ wait: 1 day, id: t${n} }]`,
  );
  const chart = flowchartOf(journeyFrom({ steps: `steps:\n${steps.join("\n")}` }));
  expect(layOut(chart, size, sizeOfLabel).nodes).toHaveLength(402);
});
