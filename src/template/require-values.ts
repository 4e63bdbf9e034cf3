import Handlebars from "handlebars";
import type { Assembled } from "./assemble.ts";
import { grammarOf } from "./grammar.ts";
import { offsetOf } from "./source.ts";

/** A variable that must exist when the template is rendered, or the call of a helper, and where it stands. */
export interface Need {
  readonly file: string;
  readonly line: number;
  readonly path: string;
}

/** Where in its files a template reads something. */
export type Place = Pick<Need, "file" | "line">;

export interface Required {
  readonly text: string;
  /** What it reads, each where it does so first. */
  readonly reads: ReadonlyMap<string, Place>;
  /** What it says of the entries of lists, such as `entry.items[].name`, without asking about it. */
  readonly ofEntries: ReadonlyMap<string, Place>;
  /** What the text asks about before it says it, in whole or in part, or does without: it need not exist. */
  readonly optional: ReadonlySet<string>;
}

/**
 * Rewrites every variable that must exist into a call that says which one is missing: `{{customer.first_name}}`
 * becomes `{{value_ customer.first_name 3}}`, where 3 is its place in `needs`. Also gathers what the text reads.
 */
export function requireValues(assembled: Assembled, needs: Need[]): Required {
  const walk = new Walk(assembled, needs);
  walk.program(Handlebars.parse(assembled.text), root);
  let { text } = assembled;
  for (const edit of walk.edits.toSorted((a, b) => b.start - a.start)) {
    text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  }
  return { text, reads: walk.reads, ofEntries: walk.ofEntries, optional: walk.optional };
}

/** What the names inside a block stand for: paths from the root, null where they are computed. */
interface Scope {
  /** That of `this`. */
  readonly path: string | null;
  /** Arguments of the partial, which become fields of its `this`. */
  readonly given: ReadonlyMap<string, string | null>;
  /** Block parameters (`as |item|`), which inner blocks see too. */
  readonly named: ReadonlyMap<string, string | null>;
  /** The things of which some part is known to be there, such as `voucher` within `{{#if voucher.code}}`. */
  readonly there: ReadonlySet<string>;
  readonly outer: Scope | null;
}

const root: Scope = {
  path: "",
  given: new Map(),
  named: new Map(),
  there: new Set(),
  outer: null,
};

/** Inside of a block that nobody knows: what its names stand for is not known either. */
const nowhere: Omit<Scope, "outer"> = { ...root, path: null };

interface Call {
  readonly path: hbs.AST.Expression;
  readonly params: readonly hbs.AST.Expression[];
  readonly hash?: hbs.AST.Hash | undefined;
}

class Walk {
  readonly reads = new Map<string, Place>();
  readonly ofEntries = new Map<string, Place>();
  readonly optional = new Set<string>();
  readonly edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  private readonly assembled: Assembled;
  private readonly needs: Need[];
  constructor(assembled: Assembled, needs: Need[]) {
    this.assembled = assembled;
    this.needs = needs;
  }

  program(program: hbs.AST.Program | undefined | null, scope: Scope): void {
    for (const statement of program?.body ?? []) {
      const { path } = statement as Partial<hbs.AST.MustacheStatement>;
      // `{{"text"}}` is told as a mistake, and reads nothing.
      if (path?.type !== "PathExpression") continue;
      if (statement.type === "MustacheStatement") {
        this.mustache(statement as hbs.AST.MustacheStatement, scope);
      }
      if (statement.type === "BlockStatement")
        this.block(statement as hbs.AST.BlockStatement, scope);
    }
  }

  private mustache(node: hbs.AST.MustacheStatement, scope: Scope): void {
    const path = node.path as hbs.AST.PathExpression;
    // A helper that there is none of is told elsewhere; it is no variable.
    const isCall = node.params.length > 0 || node.hash !== undefined;
    if (isCall || grammarOf(path.original) !== undefined) return this.call(node, scope);
    this.require(path, scope, (read, need) => `value_ ${read} ${need}`);
  }

  private block(node: hbs.AST.BlockStatement, scope: Scope): void {
    this.call(node, scope);
    this.program(node.program, this.inside(node, scope));
    this.program(node.inverse, scope);
  }

  private call(node: Call, scope: Scope): void {
    const name = (node.path as hbs.AST.PathExpression).original;
    // A partial's arguments are needed where the partial reads them, not where they are given.
    const takesMissing = name === "partial_" || grammarOf(name)?.takesMissing === true;
    const named = (node.hash?.pairs ?? []).map((pair) => pair.value);
    for (const operand of [...node.params, ...named]) {
      if (operand.type === "SubExpression") this.call(operand as hbs.AST.SubExpression, scope);
      if (operand.type !== "PathExpression") continue;
      const path = operand as hbs.AST.PathExpression;
      if (takesMissing) this.note(this.resolve(path, scope), path, this.optional);
      else this.require(path, scope, (read, need) => `(given_ ${read} ${need})`);
    }
    if (grammarOf(name)?.refuses === true) this.locate(node);
  }

  /** Tells a helper where it is called, for what it says of values it cannot use: `{{money event.total at_=3}}`. */
  private locate(node: Call): void {
    const { text } = this.assembled;
    const last = node.hash?.pairs.at(-1)?.value ?? node.params.at(-1) ?? node.path;
    const start = offsetOf(text, node.path.loc.start);
    const end = offsetOf(text, last.loc.end);
    this.edits.push({ start: end, end, text: ` at_=${this.needs.length}` });
    const path = text.slice(start, end).replaceAll(/\s+/g, " ");
    this.needs.push({ ...this.assembled.placeOf(start), path });
  }

  private require(
    path: hbs.AST.PathExpression,
    scope: Scope,
    rewritten: (read: string, need: number) => string,
  ): void {
    const resolved = this.resolve(path, scope);
    const isThere = scope.there.has(thingOf(resolved) ?? "");
    this.note(resolved, path, isThere ? this.optional : undefined);
    if (path.data && path.parts[0] !== "root") return;
    const start = offsetOf(this.assembled.text, path.loc.start);
    const end = offsetOf(this.assembled.text, path.loc.end);
    const need = this.needs.length;
    if (resolved?.includes("[].") === true && !this.ofEntries.has(resolved))
      this.ofEntries.set(resolved, this.assembled.placeOf(start));
    this.needs.push({ ...this.assembled.placeOf(start), path: resolved || path.original });
    this.edits.push({ start, end, text: rewritten(this.assembled.text.slice(start, end), need) });
  }

  private inside(node: hbs.AST.BlockStatement, around: Scope): Scope {
    const there = new Set([...around.there, ...this.thingsAsked(node, around)]);
    const scope = { ...around, there };
    const name = node.path.original;
    const [first] = node.params;
    const subject =
      first?.type === "PathExpression"
        ? this.resolve(first as hbs.AST.PathExpression, scope)
        : null;
    if (name === "partial_")
      return this.insidePartial(node, scope, first === undefined ? scope.path : subject);
    if (grammarOf(name)?.block !== true) return { ...nowhere, outer: scope };
    if (name !== "each" && name !== "with") return scope;
    const path = name === "each" && subject !== null ? `${subject}[]` : subject;
    const parameter = node.program.blockParams?.[0];
    const named = new Map(scope.named);
    if (parameter !== undefined) named.set(parameter, path);
    return { path, given: new Map(), named, there, outer: scope };
  }

  /** What must be there, at least in part, for a block to be entered. */
  private thingsAsked(node: Call, scope: Scope): readonly string[] {
    if (!/^(?:if|with|and|eq|gt|lt)$/.test((node.path as hbs.AST.PathExpression).original))
      return [];
    return node.params.flatMap((operand) => {
      if (operand.type === "SubExpression")
        return this.thingsAsked(operand as hbs.AST.SubExpression, scope);
      if (operand.type !== "PathExpression") return [];
      return thingOf(this.resolve(operand as hbs.AST.PathExpression, scope)) ?? [];
    });
  }

  private insidePartial(node: hbs.AST.BlockStatement, scope: Scope, path: string | null): Scope {
    const given = new Map(node.params.length === 0 ? scope.given : []);
    for (const pair of node.hash?.pairs ?? []) {
      const isPath = pair.value.type === "PathExpression";
      given.set(
        pair.key,
        isPath ? this.resolve(pair.value as hbs.AST.PathExpression, scope) : null,
      );
    }
    return { path, given, named: scope.named, there: scope.there, outer: scope };
  }

  /** The full path from the root, such as `event.items[].name`; null when it stands for no single variable. */
  private resolve(path: hbs.AST.PathExpression, scope: Scope): string | null {
    if (path.data) return path.parts[0] === "root" ? path.parts.slice(1).join(".") : null;
    let here: Scope | null = scope;
    for (let depth = 0; depth < path.depth; depth++) here = here?.outer ?? null;
    if (here === null) return null;
    const [head = "", ...rest] = path.parts;
    const isPlain = path.depth === 0 && !/^(?:this\b|\.)/.test(path.original);
    const names = [...(isPlain ? [here.named] : []), here.given].find((known) => known.has(head));
    const base = names === undefined ? here.path : (names.get(head) ?? null);
    if (base === null) return null;
    return [base, ...(names === undefined ? path.parts : rest)]
      .filter((part) => part !== "")
      .join(".");
  }

  /** `event.items[].name` and `event.items.length` both read the list `event.items`. */
  private note(resolved: string | null, path: hbs.AST.PathExpression, also?: Set<string>): void {
    const read = wholeOf(resolved ?? "");
    if (read === "") return;
    const start = offsetOf(this.assembled.text, path.loc.start);
    if (!this.reads.has(read)) this.reads.set(read, this.assembled.placeOf(start));
    // To ask about a part of an entry is not to ask about the list.
    also?.add(resolved?.includes("[].") === true ? resolved : read);
  }
}

/** `event.items` of `event.items[].name`. */
function wholeOf(path: string): string {
  return path.replace(/\[\].*$|\.length$|\.\d+(?:\..*)?$/, "");
}

/** What is there as a whole or not at all: the entry, a voucher, the answer of one call. */
function thingOf(path: string | null): string | undefined {
  return /^(?:entry|event|voucher|call\.[^.[]+)(?=\.[^[]*$|$)/.exec(path ?? "")?.[0];
}
