import { inlineDocumentStyles } from "./inline-styles.ts";
import { wrapLinks } from "./link-source.ts";
import { compileMjml, isMjml, type MarkupProblem } from "./mjml.ts";
import { maskMustaches, unmask } from "./mustache.ts";
import { deriveText } from "./text-part.ts";

export interface EmailParts {
  readonly html: string;
  readonly text: string;
  readonly problems: readonly MarkupProblem[];
}

/** From assembled source to what Handlebars compiles: HTML with inlined styles and tracked links, and its text part. */
export async function emailParts(source: string, preheader: string | null): Promise<EmailParts> {
  const { text: masked, mustaches } = maskMustaches(source);
  const linked = wrapLinks(masked, mustaches);
  const built = isMjml(source)
    ? await compileMjml(linked.text)
    : { html: await inlineDocumentStyles(linked.text), problems: [] };
  const problems = [...linked.problems, ...built.problems];
  if (problems.length > 0) return { html: "", text: "", problems };
  const text = await deriveText(linked.text, mustaches);
  const html = unmask(wrapLinks(built.html, mustaches).text, mustaches);
  return { html: withPreheader(html, preheader), text, problems };
}

/** What mail programs show beside the subject; a layout may place it itself with `{{> preheader}}`. */
function withPreheader(html: string, preheader: string | null): string {
  if (preheader === null) return html;
  const hidden = `<div style="display:none;max-height:0;overflow:hidden;opacity:0">${preheader}</div>`;
  const body = /<body\b[^>]*>/i.exec(html);
  if (body === null) return hidden + html;
  const at = body.index + body[0].length;
  return html.slice(0, at) + hidden + html.slice(at);
}
