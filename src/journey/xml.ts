/** Text between two elements. */
export function escapeText(text: string): string {
  return escapeXml(text)
    .replaceAll("&#34;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&#62;", "&gt;");
}

/** Text as it may stand in XML, in an attribute too. What XML cannot hold at all becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(
      /[\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{7f}-\u{84}\u{86}-\u{9f}\u{fffe}\u{ffff}]/gu,
      "\u{fffd}",
    )
    .replaceAll(/[<>&"'\t\n\r]/g, (found) => `&#${found.codePointAt(0)};`);
}
