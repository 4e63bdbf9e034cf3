import { addMask, masks, unmask } from "./mustache.ts";
import type { MarkupProblem } from "./mjml.ts";

const tag = /<([a-z][a-z0-9:-]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/gi;
const attribute = /([^\s=>"'/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?/g;
const linkTags = new Set(["a", "area", "mj-button", "mj-image", "mj-navbar-link"]);

/**
 * Puts every link's address into a block that tracks it, `{{#link_}}…{{/link_}}`, and quotes every attribute that
 * holds a value. Works on masked text; the blocks are masks of their own.
 */
export function wrapLinks(
  text: string,
  mustaches: string[],
): { readonly text: string; readonly problems: readonly MarkupProblem[] } {
  const problems: MarkupProblem[] = [];
  const wrapped = text.replace(tag, (whole, name: string, attributes: string, offset: number) => {
    const isLink = linkTags.has(name.toLowerCase());
    if (!isLink && !whole.includes("qzv")) return whole;
    const tracked = !/\sdata-track\s*=\s*["']?off\b/i.test(attributes);
    const rewritten = attributes.replace(attribute, (part, key: string, value?: string) => {
      if (/qzv\d/.test(key)) {
        const line = text.slice(0, offset).split("\n").length;
        problems.push({
          line,
          message: `a value stands between the attributes of <${name}>: expected it inside quotes`,
        });
      }
      if (key.toLowerCase() === "data-track") return "";
      if (value === undefined) return part;
      const plain = value.replace(/^(["'])(.*)\1$/s, "$2");
      const [, tags = "", bare = ""] = /^((?:qzb\d+bzq)*)(.*)$/.exec(key) ?? [];
      if (isLink && bare.toLowerCase() === "href")
        return `${tags}href="${maskLink(plain, mustaches, tracked)}"`;
      return value === plain && plain.includes("qzv") ? `${key}="${plain}"` : part;
    });
    return `<${name}${rewritten}>`;
  });
  return { text: wrapped, problems };
}

/** Addresses that the text part shows as they stand, outside any link. */
export function wrapPlainUrls(text: string, mustaches: string[]): string {
  return text.replace(/https?:\/\/[^\s<>"'()[\]]*[^\s<>"'()[\].,;:!?]/g, (url) =>
    maskLink(url.replaceAll("&", "&amp;"), mustaches, true),
  );
}

/** The address without HTML's escapes; the helper adds them after tracking. */
function maskLink(address: string, mustaches: string[], tracked: boolean): string {
  const alone = /^\s*qzv(\d+)vzq\s*$/.exec(address)?.[1];
  if (alone !== undefined && mustaches[Number(alone)]?.startsWith("{{#")) return address.trim();
  const inner = decodeEntities(address).replace(masks.value, (_, index: string) => {
    const value = unmask(mustaches[Number(index)] ?? "", mustaches);
    if (value.startsWith("{{#")) return value;
    return value
      .replace(/^\{\{(~?)\s*/, "{{{$1")
      .replace(/\{\{\{(~?)link(?=\s)/, "{{{$1url_")
      .replace(/(~?)\}\}$/, "$1}}}");
  });
  const helper = tracked ? "link_" : "untracked_";
  return addMask(mustaches, `{{#${helper}${placeIn(inner)}}}${inner.trim()}{{/${helper}}}`, "v");
}

/** An address is where the first value in it is: ` at_=3`; one without a value is as it was written. */
function placeIn(address: string): string {
  const [, value, call] =
    /\{\{\{~?(?:value_ [^}]*? (\d+)|[^}]*? at_=(\d+))~?\}\}\}/.exec(address) ?? [];
  const need = value ?? call;
  return need === undefined ? "" : ` at_=${need}`;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  quot: '"',
  apos: "'",
  lt: "<",
  gt: ">",
};

function decodeEntities(html: string): string {
  return html.replace(
    /&(?:#(\d+)|#x([\da-f]+)|([a-z]+));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
      return String.fromCodePoint(
        decimal === undefined ? Number.parseInt(hex ?? "20", 16) : Number(decimal),
      );
    },
  );
}
