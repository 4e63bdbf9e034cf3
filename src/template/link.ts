import { problemIn, shown, type RenderState } from "./render-state.ts";

/**
 * The URL that takes a link's place: the tracker's for http and https, the same for the rest. Anything that is no
 * absolute web, mail or phone address is an error: `javascript:` and `data:` above all, but an empty one too.
 */
export function trackedUrl(rendered: string, state: RenderState, track: boolean): string {
  const url = cleanUrl(rendered);
  if (/^https?:\/\/[^/?#]/i.test(url)) {
    return track && !isOwnPage(url, state) ? state.track(url) : url;
  }
  if (/^(?:mailto:|tel:|#)/i.test(url)) return url;
  throw problemIn(state, `link: expected an address such as "https://…", found ${shown(url)}`);
}

/** As browsers do: no surrounding blanks, no control characters inside, blanks inside written out. */
function cleanUrl(rendered: string): string {
  if (!/[\s\p{Cc}]/u.test(rendered)) return rendered;
  return rendered
    .trim()
    .replace(/\p{Cc}/gu, "")
    .replaceAll(" ", "%20");
}

/** Leaving must not depend on the tracker. */
function isOwnPage(url: string, { root }: RenderState): boolean {
  return url === root["unsubscribe_url"] || url === root["preferences_url"];
}
