import { kindOf, refusal, type HelperCall, type RenderState } from "./render-state.ts";

/**
 * The URL that takes a link's place: the tracker's for http and https, the same for the rest. Anything that is no
 * absolute web, mail or phone address is an error: `javascript:` and `data:` above all, but an empty one too.
 */
export function trackedUrl(
  rendered: string,
  call: Pick<HelperCall, "data" | "hash">,
  track: boolean,
): string {
  const url = cleanUrl(rendered);
  const { state } = call.data;
  if (/^https?:\/\/[^/?#]/i.test(url)) {
    return track && !isOwnPage(url, state) ? state.track(url) : url;
  }
  if (/^(?:mailto:|tel:|#)/i.test(url)) return url;
  // Without a place in the template it is as the template has it, and holds nothing of a customer.
  const isWritten = call.hash["at_"] === undefined;
  const found = isWritten && url !== "" ? `"${url.slice(0, 80)}"` : kindOf(url);
  throw refusal(call, `expected an address such as "https://…" for a link, found ${found}`);
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
