import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { importBpmn } from "../../src/journey/bpmn-import.ts";
import { writeBpmn } from "../../src/journey/bpmn-write.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { stepsInOrder } from "../../src/journey/step.ts";
import { type XmlElement, readXml } from "../../src/journey/xml-tree.ts";
import { journeyFrom, linesOf } from "./mistake-lines.ts";

const shipped = readdirSync("workflows")
  .filter((name) => /^[^.]+\.yaml$/.test(name) && name !== "data.yaml")
  .map((name) => {
    const { journey } = readJourney(readFileSync(`workflows/${name}`, "utf8"), name);
    if (journey === undefined) throw new Error(`${name} has mistakes`);
    return [name, journey] as const;
  });

/** Every kind of step and condition, with a loop and a voucher that may run out. */
const whole = journeyFrom({
  head: "journey: whole\ntopic: offers\npriority: 3\nstop: [{ if: { customer.attributes.quiet: true }, as: quiet }]",
  start: "start: { on: order_completed, where: { total: { gt: 10 } }, again: after 3 days }",
  steps: `steps:
  - repeat: { times: 3, until: { event: page_viewed, count: { gte: 2 } } }
    steps:
      - { send: nudge, by: [email, sms], fallback: true }
      - if: { not: { customer.country: [GB, IE] } }
        then: [{ wait: 1 day }]
        else: [{ wait: 90 minutes }]
      - wait: { until: "10:00", weekdays: [monday, friday] }
  - voucher: welcome-10
    expires: 30 days
    else: [{ exit: nothing left }]
  - await: { event: paid, match: { order_id: entry.order_id }, within: 2 days }
    then: [{ set: { customer.attributes.paid: now, customer.attributes.times: { add: 1 }, customer.attributes.points: { multiply: 0.1, of: entry.total, round: 0 }, customer.attributes.ends: { date: now, offset: 30 days after }, customer.attributes.said: { join: [Hi, entry.name] } } }]
  - switch: { gold: { customer.attributes.plan: gold }, near: { orders: { total: { gte: 50 } } } }
    gold: [{ enter: other }]
    near: []
    else: [{ wait: { until: customer.attributes.renewal, offset: 2 days before } }]
  - split: { a: 30%, b: 70% }
    winner: { after: 100, by: clicked, within: 7 days }
    a: [{ send: short, by: best }]
    b: []
  - call: https://example.com/hook
    body: { id: entry.order_id, word: { value: now } }
    id: hook
    then: [{ task: { list: calls, do: Ring, outcomes: [reached, no_answer], within: 3 days }, id: ring, reached: [{ exit: "done <&> \\"quoted\\"" }] }]`,
});
const journeys = [...shipped, ["every kind of step", whole] as const];

test.each(journeys)("%s comes back from BPMN as it was", (_, journey) => {
  const { text, gaps } = importBpmn(writeBpmn(journey), "a.bpmn");
  expect(gaps).toEqual([]);
  const again = readJourney(text, "a.yaml");
  expect(linesOf(again.mistakes)).toEqual([]);
  expect(again.journey).toEqual(journey);
});

function parsed(text: string): XmlElement {
  const root = readXml(text, "a.bpmn");
  if ("message" in root) throw new Error(root.message);
  return root;
}

function everyElement(element: XmlElement): readonly XmlElement[] {
  return [element, ...element.children.flatMap(everyElement)];
}

test.each(journeys)(
  "the BPMN of %s is whole: ids once, references that resolve, a shape for all",
  (_, journey) => {
    const elements = everyElement(parsed(writeBpmn(journey)));
    const ids = elements.flatMap(({ attributes }) => attributes.get("id") ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z_][\w.-]*$/);
    for (const { name, text, attributes } of elements) {
      for (const key of ["sourceRef", "targetRef", "bpmnElement", "messageRef", "signalRef"])
        expect(ids).toContain(attributes.get(key) ?? ids[0]);
      expect(ids).toContain(name === "incoming" || name === "outgoing" ? text : ids[0]);
    }
    const drawn = elements.flatMap(({ attributes }) => attributes.get("bpmnElement") ?? []);
    const toDraw = elements.filter(({ name }) =>
      /(Task|Event|Gateway|Activity|Flow|subProcess)$/.test(name),
    );
    expect(drawn).toEqual(
      expect.arrayContaining(toDraw.map(({ attributes }) => attributes.get("id"))),
    );
    for (const edge of elements.filter(({ name }) => name === "BPMNEdge"))
      expect(edge.children.filter(({ name }) => name === "waypoint").length).toBeGreaterThan(1);
  },
);

test("steps stand as what modellers know", () => {
  const names = everyElement(parsed(writeBpmn(whole))).map(({ name }) => name);
  for (const name of [
    "startEvent",
    "sendTask",
    "serviceTask",
    "userTask",
    "callActivity",
    "intermediateCatchEvent",
    "eventBasedGateway",
    "exclusiveGateway",
    "endEvent",
    "subProcess",
    "messageEventDefinition",
    "timerEventDefinition",
    "conditionalEventDefinition",
  ])
    expect(names).toContain(name);
});

const foreign = (body: string) =>
  `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"><message id="m" name="Invoice paid"/><process id="p" name="Dunning letters">${body}</process></definitions>`;
const flows = (...pairs: readonly string[]) =>
  pairs
    .map((pair, index) => {
      const [from, to, name] = pair.split(" ");
      return `<sequenceFlow id="f${index}" sourceRef="${from}" targetRef="${to}"${name === undefined ? "" : ` name="${name}"`}/>`;
    })
    .join("");

const drawing = foreign(`
  <startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>
  <sendTask id="a" name="Send reminder"/>
  <intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>P3DT12H</timeDuration></timerEventDefinition></intermediateCatchEvent>
  <exclusiveGateway id="g" name="Paid?"/>
  <userTask id="u" name="Ring the customer"/>
  <exclusiveGateway id="j"/>
  <scriptTask id="x" name="Book it"/>
  <endEvent id="e"/>
  ${flows("s a", "a t", "t g", "g u no", "g j yes", "u j", "j x", "x e")}`);

test("a drawing of somebody else becomes steps, with what is missing above each", () => {
  const { text, gaps } = importBpmn(drawing, "a.bpmn");
  const { journey, mistakes } = readJourney(text, "a.yaml");
  expect(linesOf(mistakes)).toEqual([]);
  expect(journey?.name).toBe("dunning-letters");
  expect(journey?.start).toMatchObject({ kind: "event", event: "invoice_paid" });
  expect(
    (journey === undefined ? [] : stepsInOrder(journey)).map(({ id, kind }) => `${id} ${kind}`),
  ).toEqual(["send-reminder send", "t wait", "paid if", "ring-the-customer task", "book-it wait"]);
  expect(text).toContain('# to be filled in: the condition of "Paid?"\n  - if:');
  expect(gaps).toContain('paid: the condition of "Paid?"');
  expect(gaps).toContain(
    'book-it: "Book it" (scriptTask) has no counterpart in a journey; nothing is done here',
  );
});

test("a race of an event and a timer is an await", () => {
  const { text } = importBpmn(
    foreign(`<startEvent id="s"/><eventBasedGateway id="g"/>
      <intermediateCatchEvent id="m1"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>
      <intermediateCatchEvent id="t1"><timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition></intermediateCatchEvent>
      <sendTask id="a" name="Thanks"/><endEvent id="e"/>${flows("s g", "g m1", "g t1", "m1 a", "a e", "t1 e")}`),
    "a.bpmn",
  );
  expect(text).toContain("await: { event: invoice_paid, within: 7 days }");
  expect(readJourney(text, "a.yaml").journey?.steps["thanks"]).toMatchObject({ kind: "send" });
});

test("ways that a file cannot nest are named", () => {
  const { text, gaps } = importBpmn(
    foreign(`<startEvent id="s"/><sendTask id="a" name="A"/><exclusiveGateway id="g"/><endEvent id="e"/>
      ${flows("s a", "a g", "g a again", "g e")}`),
    "a.bpmn",
  );
  expect(gaps).toContain('a: the drawing goes on at "a" from here, and a file cannot jump');
  expect(linesOf(readJourney(text, "a.yaml").mistakes)).toEqual([]);
});

const bomb = `<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>`;

test.each([
  [bomb, "expected no document type"],
  [
    '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "expected no document type",
  ],
  ["<a>&unknown;</a>", "undefined entity"],
  ["<a>".repeat(100), "at most 60 deep"],
  [`<a>${"<b/>".repeat(60_000)}</a>`, "at most 50000 elements"],
  ["x".repeat(4_000_001), "at most 4000000 characters"],
  ["<a><b></a>", "unexpected close tag"],
  ["", "document must contain a root element"],
  ["<html/>", "expected BPMN 2.0"],
  [foreign(""), "expected a process with a start event"],
])("a hostile or broken file is refused: %#", (text, reason) => {
  expect(() => importBpmn(text, "a.bpmn")).toThrow(reason);
});

test("what claims to be ours and is not is read as a drawing", () => {
  const carried =
    '<extensionElements><w:step xmlns:w="urn:waypost:journey:1">[1, 2</w:step></extensionElements>';
  const { text } = importBpmn(
    foreign(
      `<startEvent id="s"/><sendTask id="a" name="Hello">${carried}</sendTask>${flows("s a")}`,
    ),
    "a.bpmn",
  );
  expect(text).toContain("send: hello");
});
