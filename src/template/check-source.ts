import Handlebars from "handlebars";
import { nearMiss, type Mistake } from "../errors.ts";
import { blankComments } from "./assemble.ts";
import { grammar, grammarOf, loopVariables } from "./grammar.ts";
import { repairSource } from "./repair-source.ts";
import { mistakeAt, offsetOf, type Source } from "./source.ts";

/** Every mistake of one source that can be seen without its layout and its data; what cannot be read hides nothing beside it. */
export function checkSource(source: Source, partials: ReadonlySet<string>): readonly Mistake[] {
  const repaired = repairSource(source);
  const check = new SourceCheck(repaired.source, partials);
  check.program(Handlebars.parse(repaired.source.text));
  return oncePerPlace([...checkBraces(source), ...repaired.mistakes, ...check.mistakes]);
}

/** In their order; of several at one place the first says what the others come of. */
function oncePerPlace(mistakes: readonly Mistake[]): readonly Mistake[] {
  const first = new Map<string, Mistake>();
  for (const mistake of mistakes) {
    const place = `${mistake.line}:${mistake.column}`;
    if (!first.has(place)) first.set(place, mistake);
  }
  return [...first.values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function checkBraces(source: Source): Mistake[] {
  const unsafe = /\\\{\{|\{\{\{\{?|\{\{~?&/g;
  return [...blankComments(source.text).matchAll(unsafe)].map((match) =>
    mistakeAt(
      source,
      match.index,
      match[0].startsWith("\\")
        ? "a backslash before {{ is not supported: write &#123;&#123; for literal braces"
        : `expected {{…}}, found ${match[0]}: values are always escaped as their channel needs it`,
    ),
  );
}

class SourceCheck {
  readonly mistakes: Mistake[] = [];
  private readonly source: Source;
  private readonly partials: ReadonlySet<string>;
  constructor(source: Source, partials: ReadonlySet<string>) {
    this.source = source;
    this.partials = partials;
  }

  program(program: hbs.AST.Program | undefined | null): void {
    for (const statement of program?.body ?? []) this.statement(statement);
  }

  private statement(statement: hbs.AST.Statement): void {
    switch (statement.type) {
      case "MustacheStatement":
        return this.call(statement as hbs.AST.MustacheStatement, false);
      case "BlockStatement": {
        const block = statement as hbs.AST.BlockStatement;
        this.call(block, true);
        this.program(block.program);
        return this.program(block.inverse);
      }
      case "PartialStatement":
        return this.partial(statement as hbs.AST.PartialStatement);
      case "ContentStatement":
      case "CommentStatement":
        return;
      default:
        this.report(
          statement,
          "expected {{> name}}: block partials and decorators are not supported",
        );
    }
  }

  private partial(statement: hbs.AST.PartialStatement): void {
    if (statement.name.type !== "PathExpression") {
      return this.report(statement, "expected the name of a partial: it cannot come from data");
    }
    const name = statement.name.original;
    if (!this.partials.has(name)) {
      const found = `found no partial "${name}"`;
      this.report(
        statement,
        `${found}${this.hint(name, this.partials, `create templates/partials/${name}.hbs`)}`,
      );
    }
    if (statement.params.length > 1) {
      this.report(statement, `{{> ${name}}} takes at most one value besides named ones`);
    }
    this.operands(statement.params, statement.hash);
  }

  private call(node: hbs.AST.MustacheStatement | hbs.AST.BlockStatement, block: boolean): void {
    if (node.path.type !== "PathExpression") {
      return this.report(node, "expected the name of a variable or a helper inside {{…}}");
    }
    const path = node.path as hbs.AST.PathExpression;
    const isCall = block || node.params.length > 0 || node.hash !== undefined;
    if (isCall || grammarOf(path.original) !== undefined) this.helper(path.original, node, block);
    else this.path(path);
    this.operands(node.params, node.hash);
  }

  private helper(
    name: string,
    node: hbs.AST.MustacheStatement | hbs.AST.BlockStatement | hbs.AST.SubExpression,
    block: boolean,
  ): void {
    const takes = grammarOf(name);
    if (takes === undefined) {
      const known = Object.keys(grammar);
      const advice = block ? "write {{#if …}} or {{#each …}}" : `helpers are ${known.join(", ")}`;
      return this.report(node, `found no helper "${name}"${this.hint(name, known, advice)}`);
    }
    const count = node.params.length;
    if (takes.block !== block || count < takes.least || count > takes.most) {
      this.report(node, `${name}: expected it as in ${takes.usage}`);
    }
    for (const pair of node.hash?.pairs ?? []) {
      if (takes.named.includes(pair.key)) continue;
      const has =
        takes.named.length === 0 ? "takes no named value" : `takes only ${takes.named.join(", ")}`;
      this.report(pair, `${name} ${has}, found "${pair.key}"`);
    }
  }

  private operands(params: readonly hbs.AST.Expression[], hash: hbs.AST.Hash | undefined): void {
    const named = (hash?.pairs ?? []).map((pair) => pair.value);
    for (const operand of [...params, ...named]) {
      if (operand.type === "PathExpression") this.path(operand as hbs.AST.PathExpression);
      if (operand.type !== "SubExpression") continue;
      const call = operand as hbs.AST.SubExpression;
      this.helper(call.path.original, call, false);
      this.operands(call.params, call.hash);
    }
  }

  private path(path: hbs.AST.PathExpression): void {
    if (!path.data) return;
    const name = path.parts[0] ?? "";
    if ((loopVariables as readonly string[]).includes(name)) return;
    this.report(
      path,
      `found no "@${name}"${this.hint(name, loopVariables, "write @index, @key, @first, @last or @language")}`,
    );
  }

  private hint(word: string, candidates: Iterable<string>, otherwise: string): string {
    const near = nearMiss(word, candidates);
    return near === undefined ? `: ${otherwise}` : `: did you mean "${near}"?`;
  }

  private report(node: hbs.AST.Node, message: string): void {
    this.mistakes.push(mistakeAt(this.source, offsetOf(this.source.text, node.loc.start), message));
  }
}
