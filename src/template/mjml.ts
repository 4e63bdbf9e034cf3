import type { Masked } from "./mustache.ts";

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
  /<!--[\s\S]*?-->|<(\/?)(mjml|mj-[a-z-]+)((?:"[^"]*"|'[^']*'|[^'">])*)>|qz([vb])(\d+)\4zq/g;

export function isMjml(text: string): boolean {
  return /<mjml[\s>]/.test(text);
}

/**
 * `{{#each}}` may stand between sections or rows: such a tag is put into <mj-raw>, which MJML carries over. Says, too,
 * which elements are not closed, as MJML itself does not.
 */
export function protectBlocks(text: string): {
  readonly text: string;
  readonly problems: readonly MarkupProblem[];
} {
  const open: string[] = [];
  const problems: MarkupProblem[] = [];
  const protectedText = text.replace(piece, (...match: readonly unknown[]) => {
    const [found, slash, name, rest, kind] = match as readonly string[];
    const problem = (message: string): void => {
      problems.push({ line: text.slice(0, Number(match[6])).split("\n").length, message });
    };
    if (name !== undefined) {
      if (slash === "/") {
        const expected = open.pop();
        if (expected !== name) problem(`expected </${expected ?? "…"}>, found </${name}>`);
      } else if (!rest?.trimEnd().endsWith("/")) open.push(name);
      return found ?? "";
    }
    if (kind === undefined || !structural.has(open.at(-1) ?? "")) return found ?? "";
    if (kind === "b") return `<mj-raw>${found}</mj-raw>`;
    problem(
      `a value stands directly in <${open.at(-1)}>, where MJML drops text: put it into <mj-text>`,
    );
    return found ?? "";
  });
  return { text: protectedText, problems };
}

/** MJML to HTML. Imported when the first MJML template is met: it takes half a second to load. */
export async function compileMjml(
  masked: Masked,
): Promise<{ readonly html: string; readonly problems: readonly MarkupProblem[] }> {
  const { text, problems } = protectBlocks(masked.text);
  if (problems.length > 0) return { html: "", problems };
  const { default: mjml } = await import("mjml");
  const { html, errors } = await mjml(text, { keepComments: false, ignoreIncludes: true });
  return {
    html: withoutIndent(html),
    problems: errors.map(({ line, message }) => ({ line, message: `MJML: ${message}` })),
  };
}

/** MJML's indentation is a third of its output. */
function withoutIndent(html: string): string {
  return html.includes("<pre") ? html : html.replace(/^[ \t]+/gm, "").replace(/\n{2,}/g, "\n");
}

/** `<mj-image />` means an open element to an HTML parser. */
export function withoutSelfClosing(mjml: string): string {
  return mjml.replace(/<(mj-[a-z-]+)((?:"[^"]*"|'[^']*'|[^'">])*)\/>/g, "<$1$2></$1>");
}
