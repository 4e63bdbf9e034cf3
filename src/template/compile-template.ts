import { MistakesError, type Mistake } from "../errors.ts";
import { assemble, type Assembled } from "./assemble.ts";
import { compilePart, type RenderPart } from "./environment.ts";
import { emailParts } from "./html-part.ts";
import { isMjml } from "./mjml.ts";
import { requireValues, type Need, type Place } from "./require-values.ts";
import type { VariableRead } from "./template.ts";
import {
  offsetOf,
  type FieldName,
  type SharedSources,
  type Source,
  type TemplateSource,
} from "./source.ts";

/** A template ready to be rendered any number of times. */
export interface CompiledTemplate {
  readonly subject: RenderPart | null;
  readonly preheader: RenderPart | null;
  readonly from: RenderPart | null;
  readonly replyTo: RenderPart | null;
  readonly html: RenderPart | null;
  readonly text: RenderPart;
  readonly needs: readonly Need[];
  readonly reads: readonly VariableRead[];
  readonly ofEntries: readonly VariableRead[];
}

/** Compile a checked template. Throws MistakesError for what only shows when its pieces are put together. */
export async function compileTemplate(
  template: TemplateSource,
  shared: SharedSources,
): Promise<CompiledTemplate> {
  const pieces = new Pieces(template, shared);
  const fields = {
    subject: pieces.field("subject"),
    preheader: pieces.field("preheader"),
    from: pieces.field("from"),
    replyTo: pieces.field("reply-to"),
  };
  const body = template.channel === "email" ? await emailBody(pieces) : plainBody(pieces);
  return {
    ...fields,
    ...body,
    needs: pieces.needs,
    reads: pieces.variables(),
    ofEntries: pieces.ofEntries(),
  };
}

type Body = Pick<CompiledTemplate, "html" | "text">;

function plainBody(pieces: Pieces): Body {
  return { html: null, text: compilePart("text", pieces.whole().text) };
}

async function emailBody(pieces: Pieces): Promise<Body> {
  const { text: source, assembled } = pieces.whole();
  const { preheader } = pieces.template.fields;
  const isShown = preheader === undefined || assembled.included.has("preheader");
  const parts = await emailParts(source, isShown ? null : pieces.take(preheader).text);
  if (parts.problems.length > 0) {
    throw new MistakesError(parts.problems.map((problem) => located(problem, assembled)));
  }
  const written = pieces.template.text;
  const text =
    written === null
      ? compilePart("text", parts.text, "laid out")
      : compilePart("text", pieces.take(written).text);
  return { html: compilePart("html", parts.html), text };
}

function located(problem: { line: number; message: string }, assembled: Assembled): Mistake {
  const place = assembled.placeOf(offsetOf(assembled.text, { line: problem.line, column: 0 }));
  return { ...place, column: 1, path: "", message: problem.message };
}

/** What is wrong with the markup of an e-mail, when its other mistakes are looked past. */
export async function markupMistakes(pieces: Pieces): Promise<readonly Mistake[]> {
  const { text, assembled } = pieces.whole();
  const { problems } = await emailParts(text, null);
  return problems.map((problem) => located(problem, assembled));
}

/** Takes in one source after the other, and what they need and use between them. */
export class Pieces {
  readonly needs: Need[] = [];
  private readonly reads = new Map<string, Place>();
  private readonly said = new Map<string, Place>();
  private readonly optional = new Set<string>();
  readonly template: TemplateSource;
  private readonly shared: SharedSources;
  constructor(template: TemplateSource, shared: SharedSources) {
    this.template = template;
    this.shared = shared;
  }

  field(name: FieldName): RenderPart | null {
    const source = this.template.fields[name];
    return source === undefined ? null : compilePart("text", this.take(source).text);
  }

  whole(): Taken {
    return this.keep(assembleWhole(this.template, this.shared));
  }

  take(source: Source): Taken {
    return this.keep(assemble(source, this.shared, new Map()));
  }

  all(): void {
    const { subject, preheader, from, "reply-to": replyTo } = this.template.fields;
    const sources = [subject, preheader, from, replyTo, this.template.text ?? undefined];
    for (const source of sources) if (source !== undefined) this.take(source);
    this.whole();
  }

  /** Every variable that it reads. Those must exist that it asks about nowhere, and that are in none it asks about. */
  variables(): readonly VariableRead[] {
    return [...this.reads]
      .map(([path, place]) => ({ ...place, path, isRequired: !this.isOptional(path) }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  ofEntries(): readonly VariableRead[] {
    return [...this.said]
      .filter(([path]) => !this.isOptional(path))
      .map(([path, place]) => ({ ...place, path, isRequired: true }));
  }

  private isOptional(path: string): boolean {
    const parts = path.split(".");
    return parts.some((_, index) => this.optional.has(parts.slice(0, index + 1).join(".")));
  }

  private keep(assembled: Assembled): Taken {
    const required = requireValues(assembled, this.needs);
    for (const [path, place] of required.reads)
      if (!this.reads.has(path)) this.reads.set(path, place);
    for (const [path, place] of required.ofEntries)
      if (!this.said.has(path)) this.said.set(path, place);
    for (const path of required.optional) this.optional.add(path);
    return { text: required.text, assembled };
  }
}

interface Taken {
  readonly text: string;
  readonly assembled: Assembled;
}

/** The body within its layout. */
function assembleWhole({ fields, body }: TemplateSource, shared: SharedSources): Assembled {
  const layout = fields.layout === undefined ? undefined : shared.layouts.get(fields.layout.text);
  if (layout === undefined) return assemble(body, shared, new Map());
  const empty: Source = { ...body, text: "" };
  const slots = new Map([
    ["content", isMjml(layout.text) ? asMjml(body, shared) : body],
    ["subject", fields.subject ?? empty],
    ["preheader", fields.preheader ?? empty],
  ]);
  return assemble(layout, shared, slots);
}

/** The template's own files and those of its layout and partials. */
export function filesOf(template: TemplateSource, shared: SharedSources): ReadonlySet<string> {
  const sources = [...Object.values(template.fields), template.text ?? template.body];
  const parts = sources.map((source) => assemble(source, shared, new Map()));
  return new Set([...parts, assembleWhole(template, shared)].flatMap(({ files }) => [...files]));
}

/** A body of plain HTML may use an MJML layout: it becomes one section of it. */
function asMjml(body: Source, shared: SharedSources): Source {
  if (assemble(body, shared, new Map()).text.includes("<mj-")) return body;
  const text = `<mj-section><mj-column><mj-text>${body.text}</mj-text></mj-column></mj-section>`;
  return { ...body, text };
}
