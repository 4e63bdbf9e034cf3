import { describeMistake, nearMiss, reasonOf, WaypostError, type Mistake } from "../errors.ts";
import type { CompiledTemplate } from "./compile-template.ts";
import type { RenderPart } from "./environment.ts";
import { fileLocales, formatLocale, languageOf, zoneOf } from "./locale.ts";
import type { SeenPast } from "./look-past.ts";
import type { RenderState } from "./render-state.ts";
import { classes, type TemplateSource } from "./source.ts";
import type { Rendered, TemplateFile, Templates, TrackUrl, Variables } from "./template.ts";

/** What holds where the customer's own is unknown. */
export interface TemplateOptions {
  readonly locale: string;
  readonly currency: string;
  readonly zone: string;
}

export interface LibraryEntry {
  readonly template: TemplateSource;
  /** Of all that it is made with. */
  readonly hash: string;
  /** Null when the template, or what it is made with, has mistakes. */
  readonly compiled: CompiledTemplate | null;
  /** What can be seen past its mistakes; null when it has none. */
  readonly past: SeenPast | null;
  readonly mistakes: readonly Mistake[];
}

/** More than any mail program shows or provider takes; a template that writes more loops over the wrong list. */
const mostCharacters = 2_000_000;

export class TemplateLibrary implements Templates {
  readonly list: readonly TemplateFile[];
  private readonly entries = new Map<string, Map<string, LibraryEntry>>();
  private readonly options: TemplateOptions;
  constructor(entries: readonly LibraryEntry[], options: TemplateOptions) {
    this.options = options;
    this.list = entries.map(
      ({ template: { name, channel, locale, body, fields }, hash, compiled, past }) => ({
        name,
        channel,
        locale,
        file: body.file,
        hash,
        reads: (compiled ?? past)?.reads ?? null,
        isPartlyRead: compiled === null,
        ofEntries: (compiled ?? past)?.ofEntries ?? [],
        class: classes.find((each) => each === fields.class?.text) ?? null,
      }),
    );
    for (const entry of entries) {
      const key = `${entry.template.name}.${entry.template.channel}`;
      const locales = this.entries.get(key) ?? new Map<string, LibraryEntry>();
      this.entries.set(key, locales.set(entry.template.locale?.toLowerCase() ?? "", entry));
    }
  }

  has(name: string, channel: string): boolean {
    return this.entries.has(`${name}.${channel}`);
  }

  render(
    name: string,
    channel: string,
    locale: string | null,
    variables: Variables,
    track: TrackUrl,
  ): Rendered {
    const { template, compiled, mistakes } = this.find(name, channel, locale);
    if (compiled === null) {
      throw new WaypostError("WAYPOST_TEMPLATE", mistakes.map(describeMistake).join("\n"));
    }
    const state: RenderState = {
      file: template.body.file,
      needs: compiled.needs,
      root: variables,
      language: languageOf(template.locale ?? this.options.locale),
      locale: formatLocale(locale, template.locale ?? this.options.locale),
      zone: zoneOf(variables, this.options.zone),
      currency: this.options.currency,
      isEmail: channel === "email",
      track,
    };
    try {
      return renderParts(compiled, state);
    } catch (thrown) {
      if (thrown instanceof WaypostError) throw thrown;
      throw new WaypostError("WAYPOST_TEMPLATE", `${state.file}: ${reasonOf(thrown)}`, {
        cause: thrown,
      });
    }
  }

  private find(name: string, channel: string, locale: string | null): LibraryEntry {
    const locales = this.entries.get(`${name}.${channel}`);
    if (locales === undefined) throw this.notFound(name, channel);
    for (const candidate of fileLocales(locale, this.options.locale)) {
      const entry = locales.get(candidate);
      if (entry !== undefined) return entry;
    }
    const known = [...locales.keys()].join(", ");
    const found = `template "${name}" for ${channel} is written in ${known} only`;
    throw new WaypostError(
      "WAYPOST_TEMPLATE",
      `${found}: add ${name}.${channel}.hbs for everyone else`,
    );
  }

  private notFound(name: string, channel: string): WaypostError {
    const near = nearMiss(
      name,
      this.list.filter((file) => file.channel === channel).map((file) => file.name),
    );
    const advice = near === undefined ? `create ${name}.${channel}.hbs` : `did you mean "${near}"?`;
    return new WaypostError(
      "WAYPOST_TEMPLATE",
      `found no template "${name}" for ${channel}: ${advice}`,
    );
  }
}

function renderParts(compiled: CompiledTemplate, state: RenderState): Rendered {
  const html = compiled.html === null ? null : compiled.html(state);
  const text = compiled.text(state).trim();
  if (text.length > mostCharacters || (html !== null && html.length > mostCharacters)) {
    throw new WaypostError("WAYPOST_TEMPLATE", `${state.file}: the message is longer than 2 MB`);
  }
  return {
    subject: line(compiled.subject, state),
    preheader: line(compiled.preheader, state),
    from: line(compiled.from, state),
    replyTo: line(compiled.replyTo, state),
    html,
    text,
  };
}

/** One line for a header: a line break in a name must not begin a header of its own. */
function line(part: RenderPart | null, state: RenderState): string | null {
  return part === null
    ? null
    : part(state)
        .replace(/\s*[\p{Cc}\u2028\u2029]+\s*/gu, " ")
        .trim();
}
