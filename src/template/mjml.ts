import { inlineStyles } from "./inline-styles.ts";

export interface MarkupProblem {
  /** Line of the text, from 1. */
  readonly line: number;
  readonly message: string;
}

/** MJML elements that hold other elements, and would drop a bare `{{#each}}` between these. */
const structural = new Set(
  "mj-body mj-section mj-column mj-wrapper mj-group mj-hero mj-accordion mj-accordion-element mj-navbar mj-social".split(
    " ",
  ),
);

const piece =
  /<!--[\s\S]*?-->|<(?<slash>\/?)(?<element>mjml|mj-[a-z-]+)(?<rest>(?:"[^"]*"|'[^']*'|[^'">])*)>|qz(?<kind>[vb])\d+\k<kind>zq/g;

export function isMjml(text: string): boolean {
  return /<mjml[\s>]/.test(text);
}

/**
 * `{{#each}}` may stand between sections or rows: such a tag is put into <mj-raw>, which MJML carries over. Says, too,
 * which elements are not closed, as MJML itself does not.
 */
function protectBlocks(text: string): {
  readonly text: string;
  readonly problems: readonly MarkupProblem[];
} {
  const open: string[] = [];
  const problems: MarkupProblem[] = [];
  let written = "";
  let done = 0;
  for (const match of text.matchAll(piece)) {
    const { slash, element, rest = "", kind } = match.groups ?? {};
    const within = open.at(-1) ?? "";
    const problem = (message: string): void => {
      problems.push({ line: text.slice(0, match.index).split("\n").length, message });
    };
    if (element !== undefined && slash === "/" && open.pop() !== element) {
      problem(`expected </${within}>, found </${element}>`);
    }
    if (element !== undefined && slash === "" && !rest.endsWith("/")) open.push(element);
    if (kind === undefined || !structural.has(within)) continue;
    if (kind === "v")
      problem(
        `a value stands directly in <${within}>, where MJML drops text: put it into <mj-text>`,
      );
    written += `${text.slice(done, match.index)}<mj-raw>${match[0]}</mj-raw>`;
    done = match.index + match[0].length;
  }
  return { text: written + text.slice(done), problems };
}

/** MJML to HTML, on masked text. Imported when the first MJML template is met: it takes half a second to load. */
export async function compileMjml(
  masked: string,
): Promise<{ readonly html: string; readonly problems: readonly MarkupProblem[] }> {
  const { text, problems } = protectBlocks(masked);
  if (problems.length > 0) return { html: "", problems };
  const { source, css } = takeInlineStyles(text);
  const { default: mjml } = await import("mjml-browser");
  const { html, errors } = await mjml(source, { keepComments: false, ignoreIncludes: true });
  const mistakes = errors.map(({ line, message }) => ({ line, message: `MJML: ${message}` }));
  return { html: withoutIndent(await inlineStyles(html, css)), problems: mistakes };
}

/** `<mj-style inline="inline">` is inlined by us, as in plain HTML; its lines stay, for the lines of mistakes. */
function takeInlineStyles(text: string): { readonly source: string; readonly css: string } {
  let css = "";
  const source = text.replace(
    /<mj-style\b[^>]*\binline\s*=\s*["']inline["'][^>]*>([\s\S]*?)<\/mj-style>/g,
    (whole, style: string) => {
      css += style;
      return whole.replace(/[^\n]/g, "");
    },
  );
  return { source, css };
}

/** MJML's indentation is a third of its output. */
function withoutIndent(html: string): string {
  return html.includes("<pre") ? html : html.replace(/^[ \t]+/gm, "").replace(/\n{2,}/g, "\n");
}

/** `<mj-image />` means an open element to an HTML parser. */
export function withoutSelfClosing(mjml: string): string {
  return mjml.replace(/<(mj-[a-z-]+)((?:"[^"]*"|'[^']*'|[^'">])*)\/>/g, "<$1$2></$1>");
}
