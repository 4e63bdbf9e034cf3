/**
 * Mustaches as opaque words. While HTML tools (MJML, the CSS inliner, the text converter) work on a template, each
 * `{{…}}` is replaced by a word they leave alone, so that quotes and braces inside it cannot confuse them.
 */
export interface Masked {
  readonly text: string;
  readonly mustaches: string[];
}

const mustache =
  /\{\{~?!--[\s\S]*?--~?\}\}|\{\{~?![\s\S]*?\}\}|\{\{\{(?:"[^"]*"|'[^']*'|[^"'}])*\}\}\}|\{\{(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^"'}[])*\}\}/g;

/** Values and block tags get different words: `qzv12vzq`, `qzb12bzq`. */
export const masks = { value: /qzv(\d+)vzq/g, block: /qzb(\d+)bzq/g, any: /qz([vb])(\d+)\1zq/g };

export function maskMustaches(text: string): Masked {
  const mustaches: string[] = [];
  const masked = text.replace(mustache, (source) => {
    if (/^\{\{~?!/.test(source)) return source.replace(/[^\n]/g, "");
    return addMask(mustaches, source, isBlockTag(source) ? "b" : "v");
  });
  return { text: masked, mustaches };
}

export function addMask(mustaches: string[], source: string, kind: "v" | "b"): string {
  mustaches.push(source);
  return `qz${kind}${mustaches.length - 1}${kind}zq`;
}

/** Put the mustaches back; words inside restored mustaches (a link's parts) are restored too. */
export function unmask(text: string, mustaches: readonly string[]): string {
  return text.replace(masks.any, (_, _kind: string, index: string) =>
    unmask(mustaches[Number(index)] ?? "", mustaches),
  );
}

function isBlockTag(source: string): boolean {
  return /^\{\{~?(?:[#/^]|else\b)/.test(source);
}
