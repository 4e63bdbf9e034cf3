import { type Mistake, MistakesError } from "../errors.ts";
import { type ReadNode, type ReadProcess, readProcess } from "./bpmn-read.ts";
import { type Guess, type Out, guessHead, guessStep, slugOf } from "./bpmn-step.ts";
import type { Way } from "./outline.ts";
import { type WrittenFile, writeFile } from "./write-file.ts";
import type { Written } from "./write-condition.ts";
import { readXml } from "./xml-tree.ts";
import { MODEL } from "./bpmn.ts";

/**
 * A BPMN file as a workflow file. What Waypost wrote comes back as it was; of what others drew, the subset of docs/flowcharts.md
 * becomes steps, and whatever is missing or has no place in a journey is a gap with a comment. Throws MistakesError for a file that
 * cannot be read.
 */
export function importBpmn(text: string, file: string): WrittenFile {
  const root = readXml(text, file);
  if ("message" in root) throw new MistakesError([root]);
  const wrong = (message: string): Mistake => ({
    file,
    line: root.line,
    column: 1,
    path: "",
    message,
  });
  if (root.name !== "definitions" || root.space !== MODEL)
    throw new MistakesError([
      wrong(`expected BPMN 2.0 (definitions of ${MODEL}), found <${root.name}>`),
    ]);
  const process = readProcess(root);
  if (process === undefined)
    throw new MistakesError([wrong("expected a process with a start event, found none")]);
  return draft(process);
}

function draft(process: ReadProcess): WrittenFile {
  const { nodes } = process;
  const start = [...nodes.values()].find(({ element }) => element === "startEvent");
  const ids = idsOf(process);
  const steps = new Map<string, Written>();
  const ways = new Map<string, readonly Way[]>();
  const gaps = new Map<string, readonly string[]>();
  const head: Guess = start === undefined ? { act: {}, gaps: [] } : guessHead(process, start);
  for (const node of reachedFrom(nodes, start)) {
    const id = ids.get(node.id);
    if (id === undefined) continue;
    const guess = guessStep(node, outOf(node, nodes));
    const missing = node.carries === null ? gapsOf(node, guess) : [];
    steps.set(id, { ...(node.carries ?? guess.act), id });
    ways.set(id, waysOf(node, nodes, ids, guess));
    if (missing.length > 0) gaps.set(id, missing);
  }
  const first = start === undefined ? null : follow(start.out[0]?.to ?? "", nodes, ids);
  const unreached = [...nodes.values()].filter(
    ({ id, element }) => ids.has(id) && !steps.has(ids.get(id) ?? "") && element !== "startEvent",
  );
  const general = [
    ...head.gaps,
    ...process.passedOver,
    ...unreached.map(
      ({ name, id }) => `"${name === "" ? id : name}" is not reached from the start, and left out`,
    ),
    ...(first === null ? ["the process has no steps"] : []),
  ];
  const begun = first ?? "nothing-yet";
  if (first === null) steps.set(begun, { exit: "to be filled in" });
  return writeFile({
    head: head.act,
    steps,
    ways: { first: begun, of: ways },
    gaps: new Map([["", general], ...gaps]),
  });
}

/** Steps are called as we called them, else by their names. Nodes that are no steps have no id: plain ends, joins, parts. */
function idsOf({ nodes }: ReadProcess): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const node of nodes.values()) {
    if (!isStep(node)) continue;
    const own = node.carries?.["id"];
    const base =
      typeof own === "string" && own !== "" ? own : slugOf(node.name === "" ? node.id : node.name);
    let id = base;
    for (let count = 2; taken.has(id); count++) id = `${base}-${count}`;
    taken.add(id);
    ids.set(node.id, id);
  }
  return ids;
}

function isStep({ element, carries, isPart, out, name, trigger }: ReadNode): boolean {
  if (isPart || element === "startEvent") return false;
  if (carries !== null) return true;
  if (element === "endEvent") return trigger !== null || !/^(end|completed|done|)$/i.test(name);
  // A gateway with one way out only joins.
  return !element.endsWith("Gateway") || out.length > 1;
}

function reachedFrom(
  nodes: ReadonlyMap<string, ReadNode>,
  start: ReadNode | undefined,
): ReadonlySet<ReadNode> {
  const seen = new Set<ReadNode>(start === undefined ? [] : [start]);
  for (const node of seen)
    for (const { to } of node.out) {
      const next = nodes.get(to);
      if (next !== undefined) seen.add(next);
    }
  return seen;
}

/** The step that a flow leads to in the end, past joins and parts; null is the end. */
function follow(
  to: string,
  nodes: ReadonlyMap<string, ReadNode>,
  ids: ReadonlyMap<string, string>,
): string | null {
  const seen = new Set<string>();
  for (let at = to; !seen.has(at);) {
    seen.add(at);
    const id = ids.get(at);
    if (id !== undefined) return id;
    const next = nodes.get(at)?.out[0]?.to;
    if (next === undefined) return null;
    at = next;
  }
  return null;
}

/** What leads out of a step: of one with a part behind it, what leads out of that. */
function outOf(node: ReadNode, nodes: ReadonlyMap<string, ReadNode>): readonly Out[] {
  return node.out.flatMap((flow): readonly Out[] => {
    const next = nodes.get(flow.to);
    const isEvent = node.element === "eventBasedGateway";
    if (next !== undefined && next.isPart && next.out.length > 1) return outOf(next, nodes);
    return [{ ...flow, event: isEvent ? (next ?? null) : null }];
  });
}

function gapsOf({ out }: ReadNode, { gaps, labels }: Guess): readonly string[] {
  if (labels !== undefined || out.length < 2) return gaps;
  return [...gaps, "a file goes on in one way here; the others are left out"];
}

/** Of what others drew, the ways that a file has words for. */
function takenOver({ carries }: ReadNode, out: readonly Out[], { labels }: Guess): readonly Out[] {
  if (carries !== null) return out;
  return labels === undefined ? out.slice(0, 1) : out.filter(({ id }) => labels.has(id));
}

function waysOf(
  node: ReadNode,
  nodes: ReadonlyMap<string, ReadNode>,
  ids: ReadonlyMap<string, string>,
  guess: Guess,
): readonly Way[] {
  const isRepeat = node.carries !== null && "repeat" in node.carries;
  const isVoucher = node.carries !== null && "voucher" in node.carries;
  return takenOver(node, outOf(node, nodes), guess).map(({ id, to, name, way, event }) => {
    const label = way ?? guess.labels?.get(id) ?? name;
    const past = event !== null && !event.isPart ? (event.out[0]?.to ?? "") : to;
    return {
      label,
      to: follow(past, nodes, ids),
      isTrunk: (isRepeat && label === "done") || (isVoucher && label === "then"),
      isBody: isRepeat && label === "again",
    };
  });
}
