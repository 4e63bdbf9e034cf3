import type { Mistake } from "../errors.ts";
import { type CompiledTemplate, Pieces, filesOf, markupMistakes } from "./compile-template.ts";
import { type Repaired, repairSource } from "./repair-source.ts";
import type { SharedSources, Source, TemplateSource } from "./source.ts";

/** What can be seen of a template past its mistakes. */
export interface SeenPast extends Pick<CompiledTemplate, "ofEntries"> {
  /** Null where it cannot be told what is inside of which block. */
  readonly reads: CompiledTemplate["reads"] | null;
  /** Those of its markup. */
  readonly mistakes: readonly Mistake[];
}

/** Where tags are lost nothing that is read must exist: what asks about it may be among them. */
export async function lookPast(template: TemplateSource, shared: SharedSources): Promise<SeenPast> {
  const mending = new Mending(filesOf(template, shared));
  const pieces = new Pieces(mending.template(template), mending.shared(shared));
  if (mending.lost.has("blocks")) return { reads: null, ofEntries: [], mistakes: [] };
  pieces.all();
  const reads = pieces.variables();
  if (mending.lost.has("tags")) {
    const perhaps = reads.map((read) => ({ ...read, isRequired: false }));
    return { reads: perhaps, ofEntries: [], mistakes: [] };
  }
  const mistakes = template.channel === "email" ? await markupMistakes(pieces) : [];
  return { reads, ofEntries: pieces.ofEntries(), mistakes };
}

class Mending {
  /** What is lost in the files that matter. */
  readonly lost = new Set<Repaired["lost"]>();
  readonly #files: ReadonlySet<string>;
  constructor(files: ReadonlySet<string>) {
    this.#files = files;
  }

  template({ fields, body, text, ...rest }: TemplateSource): TemplateSource {
    const mended = Object.entries(fields).map(([name, field]) => [name, this.#mend(field)]);
    return {
      ...rest,
      fields: Object.fromEntries(mended) as TemplateSource["fields"],
      body: this.#mend(body),
      text: text && this.#mend(text),
    };
  }

  shared({ layouts, partials }: SharedSources): SharedSources {
    return { layouts: this.#all(layouts), partials: this.#all(partials) };
  }

  #all(sources: ReadonlyMap<string, Source>): ReadonlyMap<string, Source> {
    return new Map([...sources].map(([name, source]) => [name, this.#mend(source)]));
  }

  #mend(source: Source): Source {
    const { source: mended, lost } = repairSource(source);
    if (this.#files.has(source.file)) this.lost.add(lost);
    return mended;
  }
}
