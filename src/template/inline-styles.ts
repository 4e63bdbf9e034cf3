/** Put the rules of `css` into style attributes; what cannot be (media queries) belongs into a style element. */
export async function inlineStyles(html: string, css: string): Promise<string> {
  if (css.trim() === "") return html;
  const { default: juice } = await import("juice");
  return juice(html, {
    extraCss: css,
    applyStyleTags: false,
    removeStyleTags: false,
    insertPreservedExtraCss: false,
  });
}

/** Put the rules of a document's own style elements into style attributes; media queries stay where they are. */
export async function inlineDocumentStyles(html: string): Promise<string> {
  if (!/<style[\s>]/i.test(html)) return html;
  const { default: juice } = await import("juice");
  return juice(html, { preserveImportant: true });
}
