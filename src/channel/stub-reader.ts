import type { StubRequest } from "./stub-request.ts";

/** What a mail client finds in a message. */
export interface Found {
  readonly images: readonly string[];
  readonly links: readonly string[];
  readonly leave: string | null;
}

/**
 * The images and links of a message that lie below `follow`, the address of the system under test: nothing else is ever
 * requested. Links that leave are not clicked by accident.
 */
export function findIn(request: StubRequest, follow: string | undefined): Found {
  if (follow === undefined) return { images: [], links: [], leave: null };
  const { html, text, headers } = request.message;
  const below = (url: string): boolean => url.startsWith(follow);
  const leave = /<(https?:[^>]+)>/.exec(headers["List-Unsubscribe"] ?? "")?.[1] ?? null;
  const links =
    (html === null ? text.match(/https?:\/\/[^\s<>"]+/g) : attributes(html, hrefs)) ?? [];
  return {
    images: html === null ? [] : attributes(html, sources).filter(below),
    links: links.filter(
      (url) => below(url) && url !== leave && !/unsubscribe|preferences|\/leave/i.test(url),
    ),
    leave: leave !== null && below(leave) ? leave : null,
  };
}

const hrefs = /<a\b[^>]*?\shref\s*=\s*["']([^"']+)["']/gi;
const sources = /<img\b[^>]*?\ssrc\s*=\s*["']([^"']+)["']/gi;

function attributes(html: string, pattern: RegExp): string[] {
  return [...html.matchAll(pattern)].map((match) =>
    (match[1] ?? "").replaceAll("&amp;", "&").replaceAll("&#x3D;", "="),
  );
}

/** Browsers and mail services as they name themselves. */
export const humanAgents: readonly string[] = [
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
];
export const machineAgents: readonly string[] = [
  "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
  "Mozilla/5.0",
];
export const scannerAgent =
  "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0; BarracudaCentral)";
