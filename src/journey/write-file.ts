import { Document, type YAMLMap, isMap, isPair, isScalar, isSeq, visit } from "yaml";
import { type Outlined, type Ways, outline } from "./outline.ts";
import type { Written } from "./write-condition.ts";

/** What a file is to say: its head, each step without branches, the ways between them, and what is not known yet. */
export interface FileContent {
  readonly head: Written;
  readonly steps: ReadonlyMap<string, Written>;
  readonly ways: Ways;
  /** By step, or "" for the head: what a person has to fill in. */
  readonly gaps: ReadonlyMap<string, readonly string[]>;
}

export interface WrittenFile {
  readonly text: string;
  /** Every gap, as the comments say it. */
  readonly gaps: readonly string[];
}

/** A workflow file. What is missing has a comment above it. */
export function writeFile({ head, steps, ways, gaps }: FileContent): WrittenFile {
  const comments = new Map<object, readonly string[]>();
  const said: string[] = [...(gaps.get("") ?? [])];
  const list = (outlined: readonly Outlined[]): Written[] =>
    outlined.flatMap((one) => {
      const { id, branches, ends, isJump } = one;
      const missing = isJump
        ? [`the drawing goes on at "${id}" from here, and a file cannot jump`]
        : (gaps.get(id) ?? []);
      said.push(...missing.map((gap) => `${id}: ${gap}`));
      const arms = branches.map(({ label, steps: those, ends: isEnd }) => {
        const written = list(those);
        return [keyOf(label), isEnd ? [...written, theEnd] : written] as const;
      });
      const act = isJump ? { exit: "to be filled in" } : (steps.get(id) ?? {});
      const step = { ...act, ...Object.fromEntries(arms) };
      if (missing.length > 0) comments.set(step, missing);
      return ends ? [step, { ...theEnd }] : [step];
    });
  const content = { ...head, steps: list(outline(ways)) };
  const document = new Document(content, { aliasDuplicateObjects: false });
  commentOn(document, content.steps, comments);
  const above = (gaps.get("") ?? []).map((gap) => ` to be filled in: ${gap}`).join("\n");
  if (above !== "") document.commentBefore = above;
  return { text: document.toString({ lineWidth: 120 }), gaps: said };
}

const theEnd: Written = { exit: "completed" };

function keyOf(label: string | null): string {
  return label === "again" ? "steps" : (label ?? "then");
}

/** Nodes of the document stand in the order of the objects they were made of. */
function commentOn(
  document: Document,
  steps: readonly Written[],
  comments: ReadonlyMap<object, readonly string[]>,
): void {
  const pairs: [object, YAMLMap][] = [];
  const walk = (value: unknown, node: unknown): void => {
    if (Array.isArray(value) && isSeq(node))
      value.forEach((each, index) => walk(each, node.items[index]));
    else if (typeof value === "object" && value !== null && isMap(node)) {
      pairs.push([value, node]);
      for (const [key, each] of Object.entries(value)) walk(each, node.get(key, true));
    }
  };
  walk(steps, document.get("steps", true));
  for (const [value, node] of pairs) {
    const gaps = comments.get(value);
    if (gaps !== undefined)
      node.commentBefore = gaps.map((gap) => ` to be filled in: ${gap}`).join("\n");
  }
  // Short mappings of tests and the like read better on one line.
  visit(document, {
    Map(_, node) {
      const isShort = node.items.every((pair) => isPair(pair) && isScalar(pair.value));
      if (isShort && !node.commentBefore && node.items.length <= 4 && !node.has("id"))
        node.flow = true;
    },
    Seq(_, node) {
      if (node.items.every((item) => isScalar(item))) node.flow = true;
    },
  });
}
