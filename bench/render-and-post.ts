import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createWire } from "../src/channel/wire.ts";
import type { Config } from "../src/config.ts";
import { loadTemplates } from "../src/template/load-templates.ts";
import type { Rendered, Templates, Variables } from "../src/template/template.ts";

/** Renders one of the bench's messages, with plain links. */
export function renderOne(templates: Templates, index: number): Rendered {
  const variables: Variables = {
    customer: {
      first_name: "Ada",
      last_name: `Number ${index}`,
      city: "Leeds",
      country: "GB",
      attributes: { plan: "gold", points: index % 1000 },
    },
    shop: { name: "The shop", address: "1 High Street" },
    preferences_url: `https://mail.shop.example/p/${index}`,
    unsubscribe_url: `https://mail.shop.example/u/${index}`,
  };
  return templates.render("news", "email", null, variables, (url) => url);
}

/** The bare ceiling of sending: the same renderer, HTTP client and calls in flight, and no database. Returns the seconds. */
export async function renderAndPost(
  { folder, locale, currency, zone }: Config,
  work: { readonly url: string; readonly messages: number; readonly inFlight: number },
): Promise<number> {
  const templates = await loadTemplates(join(folder, "templates"), { locale, currency, zone });
  const wire = createWire({ connections: work.inFlight });
  let next = 0;
  const from = performance.now();
  const lane = async () => {
    while (next < work.messages) {
      const result = await wire.call({
        method: "POST",
        origin: work.url,
        path: "/v3/mail/send",
        headers: { authorization: "Bearer key", "content-type": "application/json" },
        body: bodyOf(renderOne(templates, next++), next),
        signal: AbortSignal.timeout(30_000),
      });
      if (result.kind !== "answered" || result.status !== 202)
        throw new Error(`expected the stub's 202, got ${JSON.stringify(result)}`);
    }
  };
  await Promise.all(Array.from({ length: work.inFlight }, lane));
  const seconds = (performance.now() - from) / 1000;
  await wire.close();
  return seconds;
}

export function bodyOf({ subject, text, html, from }: Rendered, index: number): string {
  return JSON.stringify({
    from: { email: from },
    subject,
    personalizations: [
      {
        to: [{ email: `person-${index}@example.com` }],
        custom_args: { delivery_id: randomUUID() },
      },
    ],
    content: [
      { type: "text/plain", value: text },
      { type: "text/html", value: html },
    ],
  });
}
