import type { DomNode, FormatCallback, HtmlToTextOptions } from "html-to-text";
import { wrapPlainUrls } from "./link-source.ts";
import { withoutSelfClosing } from "./mjml.ts";
import { unmask } from "./mustache.ts";

/**
 * The text part of an e-mail, from the masked source of its HTML or MJML, with the mustaches kept: to render it costs
 * no HTML parsing.
 */
export async function deriveText(source: string, mustaches: string[]): Promise<string> {
  const { convert } = await import("html-to-text");
  const text = convert(withoutSelfClosing(source), conversion(mustaches));
  const literal = text
    .replaceAll("{{", "\\{{")
    .replace(/\\+(?=qz[vb]\d)/g, "")
    .replace(/[ \t]+$/gm, "");
  return unmask(tidyBlocks(wrapPlainUrls(literal, mustaches), mustaches), mustaches);
}

function conversion(mustaches: readonly string[]): HtmlToTextOptions {
  const link = linkFormat(mustaches);
  const paragraph = { leadingLineBreaks: 2, trailingLineBreaks: 2 };
  const skipped = [
    "head",
    "mj-head",
    "style",
    "script",
    "title",
    "img",
    "mj-image",
    "mj-social",
    "mj-divider",
    "hr",
  ];
  return {
    wordwrap: false,
    formatters: {
      link,
      button(element, walk, builder, options) {
        builder.openBlock({ leadingLineBreaks: 2 });
        link(element, walk, builder, options);
        builder.closeBlock({ trailingLineBreaks: 2 });
      },
      cell(element, walk, builder) {
        walk(element.children, builder);
        builder.addInline(" ");
      },
    },
    selectors: [
      ...skipped.map((selector) => ({ selector, format: "skip" })),
      ...["a", "mj-navbar-link"].map((selector) => ({ selector, format: "link" })),
      ...["td", "th"].map((selector) => ({ selector, format: "cell" })),
      ...[1, 2, 3, 4, 5, 6].map((level) => ({
        selector: `h${level}`,
        options: { uppercase: false },
      })),
      ...["mj-text", "mj-section", "mj-column", "mj-table"].map((selector) => ({
        selector,
        format: "block",
        options: paragraph,
      })),
      { selector: "mj-button", format: "button" },
      { selector: "tr", format: "block", options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
      { selector: "ul", options: { itemPrefix: "- " } },
    ],
  };
}

/** `See your order <https://…>`; the address alone when it is its own label. */
function linkFormat(mustaches: readonly string[]): FormatCallback {
  const spoken = (text: string): string =>
    unmask(text, mustaches)
      .replace(/ at_=\d+/g, "")
      .replace(/\{\{#(?:link|untracked)_\}\}|\{\{\/(?:link|untracked)_\}\}/g, "")
      .replace(/\{\{\{?value_ (.*?) \d+\}\}\}?/g, "{{$1}}")
      .trim();
  return (element, walk, builder) => {
    const attributes = element.attribs as Readonly<Record<string, string>> | undefined;
    const address = attributes?.["href"] ?? "";
    const label = spoken(textOf(element));
    const target = spoken(address);
    if (label === target && address !== "")
      return builder.addInline(address, { noWordTransform: true });
    walk(element.children, builder);
    const isSaid =
      address === "" || label === "" || [`mailto:${label}`, `tel:${label}`].includes(target);
    if (!isSaid && !target.startsWith("#"))
      builder.addInline(` <${address}>`, { noWordTransform: true });
  };
}

function textOf(node: DomNode): string {
  const children = (node.children as readonly DomNode[] | undefined) ?? [];
  return (node.data ?? "") + children.map(textOf).join("");
}

/**
 * A block tag alone on its line takes the line breaks after it, so that a skipped `{{#if}}` leaves no gap and each
 * round of an `{{#each}}` brings its own break. Where a list ends, the gap after it stays.
 */
function tidyBlocks(text: string, mustaches: readonly string[]): string {
  const isClosing = (tag: string): boolean => /^\{\{~?\//.test(unmask(tag, mustaches));
  return text.replace(
    /(^|\n+)((?:(?:[ \t]*qzb\d+bzq)+[ \t]*(?:\n+|$))+)/g,
    (_, before: string, group: string) => {
      const tags = group.trim().split(/\s+|(?<=bzq)(?=qzb)/);
      const opening = tags.findIndex((tag) => !isClosing(tag));
      const closing = opening < 0 ? tags : tags.slice(0, opening);
      const after = Math.max(0, ...(group.match(/\n+/g) ?? []).map((breaks) => breaks.length));
      const owed = before === "" || closing.length === 0 ? 0 : Math.max(0, after - before.length);
      return before + closing.join("") + "\n".repeat(owed) + tags.slice(closing.length).join("");
    },
  );
}
