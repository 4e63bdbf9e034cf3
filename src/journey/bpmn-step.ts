import type { ReadNode, ReadProcess } from "./bpmn-read.ts";
import type { Written } from "./write-condition.ts";

/** What a node of somebody's drawing probably means, and what a person has to fill in. */
export interface Guess {
  readonly act: Written;
  readonly gaps: readonly string[];
  /** What the ways out are called in a file, by the ids of their flows. */
  readonly labels?: ReadonlyMap<string, string>;
}

/** A way out of a node. */
export interface Out {
  readonly id: string;
  readonly to: string;
  readonly name: string | null;
  readonly way: string | null;
  /** The catch event it leads to, of an event-based gateway. */
  readonly event: ReadNode | null;
}

/** A condition that can be read and holds of nobody. */
const unknownCondition = { "customer.attributes.to_be_filled_in": true };

export function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[^a-z0-9_]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return slug.slice(0, 60) || "step";
}

export function guessHead(process: ReadProcess, start: ReadNode): Guess {
  if (start.carries !== null) return { act: start.carries, gaps: [] };
  const name = slugOf(process.name);
  const head = {
    journey: name,
    ...(process.documentation !== "" && { describe: process.documentation }),
    topic: "offers",
  };
  const usual = [
    "the topic: what customers must have agreed to",
    "the objective: what the journey is for",
  ];
  const { kind, detail } = start.trigger ?? { kind: "none", detail: "" };
  const called = slugOf(detail === "" ? start.name : detail).replaceAll("-", "_");
  switch (kind) {
    case "message":
      return { act: { ...head, start: { on: called } }, gaps: usual };
    case "timer":
      return /^\S+ \S+ \S+ \S+ \S+$/.test(detail)
        ? {
            act: { ...head, start: { every: detail } },
            gaps: [...usual, "whom the schedule lets in: an if"],
          }
        : {
            act: { ...head, start: { every: "0 9 * * 1" } },
            gaps: [...usual, `when it starts, instead of Mondays at nine: "${detail}"`],
          };
    case "conditional":
      return {
        act: { ...head, start: { segment: slugOf(start.name) } },
        gaps: [...usual, `the segment of those who: "${detail}"`],
      };
    case "signal":
      return { act: { ...head, start: { request: true } }, gaps: usual };
    default:
      return {
        act: { ...head, start: { request: true } },
        gaps: [...usual, "what starts it: an event, a segment, a schedule or a date"],
      };
  }
}

export function guessStep(node: ReadNode, out: readonly Out[]): Guess {
  const { element, name, trigger } = node;
  switch (element) {
    case "sendTask":
      return {
        act: { send: slugOf(name), by: "email" },
        gaps: [`the template and the channels of "${name}"`],
      };
    case "intermediateThrowEvent":
      return trigger?.kind === "message"
        ? {
            act: { send: slugOf(name), by: "email" },
            gaps: [`the template and the channels of "${name}"`],
          }
        : passedOver(node);
    case "intermediateCatchEvent":
      return trigger?.kind === "timer" ? waiting(trigger.detail, name) : awaiting(node);
    case "receiveTask":
      return awaiting(node);
    case "serviceTask":
      return {
        act: { call: "https://example.com/to-be-filled-in" },
        gaps: [`the address that "${name}" calls`],
      };
    case "userTask":
    case "manualTask":
      return {
        act: {
          task: {
            list: "calls",
            do: node.documentation === "" ? name : node.documentation,
            outcomes: ["done"],
            within: "7 days",
          },
        },
        gaps: [`the list, the outcomes and the time limit of "${name}"`],
      };
    case "callActivity":
      return { act: { enter: slugOf(node.calls ?? name) }, gaps: [] };
    case "endEvent":
      return { act: { exit: name === "" ? "ended" : name }, gaps: [] };
    case "exclusiveGateway":
    case "complexGateway":
      return choosing(node, out);
    case "eventBasedGateway":
      return racing(node, out);
    default:
      return passedOver(node);
  }
}

/** Nothing happens, and the comment says what should. */
function passedOver({ element, name }: ReadNode): Guess {
  const gap = `"${name === "" ? element : name}" (${element}) has no counterpart in a journey; nothing is done here`;
  return { act: { wait: "1 second" }, gaps: [gap] };
}

function waiting(detail: string, name: string): Guess {
  const duration = readIso(detail);
  return duration === undefined
    ? { act: { wait: "1 day" }, gaps: [`how long to wait: "${detail === "" ? name : detail}"`] }
    : { act: { wait: duration }, gaps: [] };
}

/** "P3DT12H" as "3 days 12 hours"; undefined for what is no duration, such as a date or a cycle. */
function readIso(detail: string): string | undefined {
  const match =
    /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(
      detail,
    );
  if (match === null) return undefined;
  const units = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];
  const parts = units.flatMap((unit, index) => {
    const count = Number(match[index + 1] ?? 0);
    return count === 0 ? [] : [`${count} ${count === 1 ? unit.slice(0, -1) : unit}`];
  });
  return parts.length === 0 ? undefined : parts.join(" ");
}

function awaiting({ name, trigger }: ReadNode): Guess {
  const event = slugOf(trigger?.detail ? trigger.detail : name).replaceAll("-", "_");
  return {
    act: { await: { event, within: "30 days" } },
    gaps: [`how long to wait for "${event}", and what to do when it does not come`],
  };
}

/** A gateway with two ways is an if, with more a switch; the default flow, or one called no or else, is else. */
function choosing({ name, usual }: ReadNode, out: readonly Out[]): Guess {
  const isElse = (flow: Out) =>
    flow.id === usual || /^(no|else|otherwise|false)$/i.test(flow.name ?? "");
  const other = out.find(isElse) ?? (out.length === 2 ? out[1] : undefined);
  const asked = out.filter((flow) => flow !== other);
  const gap = `the condition of "${name === "" ? "the gateway" : name}"`;
  if (asked.length === 1) {
    const labels = new Map([
      ...asked.map(({ id }) => [id, "then"] as const),
      ...(other === undefined ? [] : [[other.id, "else"] as const]),
    ]);
    return { act: { if: unknownCondition }, gaps: [gap], labels };
  }
  const names = armNames(asked);
  const labels = new Map([...names, ...(other === undefined ? [] : [[other.id, "else"] as const])]);
  const arms = Object.fromEntries([...names.values()].map((arm) => [arm, unknownCondition]));
  return { act: { switch: arms }, gaps: [`${gap}, one for each way`], labels };
}

/** Names that no key of a step has. */
function armNames(flows: readonly Out[]): ReadonlyMap<string, string> {
  const taken = new Set(["then", "else", "id", "switch", "steps"]);
  return new Map(
    flows.map(({ id, name }, index) => {
      const base = slugOf(name ?? `way-${index + 1}`);
      const arm = taken.has(base) ? `${base}-${index + 1}` : base;
      taken.add(arm);
      return [id, arm] as const;
    }),
  );
}

/** The first message is awaited until the first timer. */
function racing({ name }: ReadNode, out: readonly Out[]): Guess {
  const message = out.find(
    ({ event }) => event?.trigger?.kind === "message" || event?.element === "receiveTask",
  );
  const timer = out.find(({ event }) => event?.trigger?.kind === "timer");
  const within = readIso(timer?.event?.trigger?.detail ?? "");
  const said = message?.event?.trigger?.detail;
  const event = slugOf(
    said === undefined || said === "" ? (message?.event?.name ?? name) : said,
  ).replaceAll("-", "_");
  const others = out.filter((flow) => flow !== message && flow !== timer);
  return {
    act: { await: { event, within: within ?? "30 days" } },
    gaps: [
      ...(message === undefined ? ["the event that is awaited"] : []),
      ...(within === undefined ? [`how long to wait for "${event}"`] : []),
      ...others.map(
        (flow) => `only one event can be awaited; "${flow.event?.name ?? flow.id}" is left out`,
      ),
    ],
    labels: new Map([
      ...(message === undefined ? [] : [[message.id, "then"] as const]),
      ...(timer === undefined ? [] : [[timer.id, "else"] as const]),
    ]),
  };
}
