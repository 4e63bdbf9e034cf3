import { createTokens } from "./tokens.ts";

/** The addresses of ours that a message or a provider gets. Each carries a token and nothing about the customer. */
export interface TrackingUrls {
  click(deliveryId: string, linkId: string): string;
  open(deliveryId: string): string;
  /** GET shows a page that asks, POST leaves (RFC 8058). */
  unsubscribe(deliveryId: string): string;
  preferences(deliveryId: string): string;
  /** Where a provider reports to, when it takes an address for each message. */
  report(provider: string, deliveryId: string): string;
  /** Whether a URL is one of ours for the customer: these are put into a message as they are, neither tagged nor counted. */
  isOurs(url: string): boolean;
}

/** `baseUrl` has no slash at its end. The first secret signs. */
export function trackingUrls(baseUrl: string, secrets: readonly string[]): TrackingUrls {
  const tokens = createTokens(secrets);
  const ours = [`${baseUrl}/u/`, `${baseUrl}/p/`];
  return {
    click: (deliveryId, linkId) => `${baseUrl}/c/${tokens.write("click", deliveryId, linkId)}`,
    open: (deliveryId) => `${baseUrl}/o/${tokens.write("open", deliveryId)}`,
    unsubscribe: (deliveryId) => `${baseUrl}/u/${tokens.write("unsubscribe", deliveryId)}`,
    preferences: (deliveryId) => `${baseUrl}/p/${tokens.write("preferences", deliveryId)}`,
    report: (provider, deliveryId) =>
      `${baseUrl}/r/${encodeURIComponent(provider)}/${tokens.write("report", deliveryId)}`,
    isOurs: (url) => ours.some((start) => url.startsWith(start)),
  };
}

/** The two headers of RFC 8058: exactly one HTTPS URI, which leaves with one POST. Both must be signed by DKIM. */
export function listUnsubscribeHeaders(
  urls: Pick<TrackingUrls, "unsubscribe">,
  deliveryId: string,
): Record<string, string> {
  return {
    "List-Unsubscribe": `<${urls.unsubscribe(deliveryId)}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
}
