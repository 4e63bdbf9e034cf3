import type { Outgoing } from "../channel/channel.ts";
import type { Database } from "../database/database.ts";
import { reasonOf } from "../errors.ts";
import type { VariableRoot } from "../journey/variable.ts";
import type { Rendered, Templates, TrackUrl, Variables } from "../template/template.ts";
import { type LinkBook, trackLinks } from "../tracking/links.ts";
import { type TrackingUrls, listUnsubscribeHeaders } from "../tracking/urls.ts";
import type { ClaimedMessage } from "./message.ts";

/** What turns a claimed message into one that can be handed over. */
export interface Composer {
  readonly templates: Templates;
  readonly links: LinkBook;
  readonly urls: TrackingUrls;
  readonly shop: Readonly<Record<string, unknown>>;
  /** The provider of each channel: where reports about its messages come back to. */
  readonly carriers: Readonly<Record<string, string>>;
  /** The sender of each channel, where the template names none. */
  readonly from: Readonly<Record<string, string | undefined>>;
}

/** `to` is missing on purpose: the address is the one read when sending opens. */
export type Composed = {
  readonly message: ClaimedMessage;
  readonly outgoing: Omit<Outgoing, "to">;
};
export interface Uncomposable {
  readonly message: ClaimedMessage;
  readonly failure: string;
  /** This worker has no such template; one that was started later may. */
  readonly lacksTemplate: boolean;
}

/**
 * Renders a batch. URLs seen for the first time are stored for the whole batch in one statement, before anything that
 * links to them can leave. A message that cannot be rendered is returned with its reason and holds up no other.
 */
export async function compose(
  database: Database,
  composer: Composer,
  messages: readonly ClaimedMessage[],
  now: Date,
): Promise<{ composed: Composed[]; failed: Uncomposable[] }> {
  const composed: Composed[] = [];
  const failed: Uncomposable[] = [];
  const newUrls = new Set<string>();
  const again: ClaimedMessage[] = [];
  for (const message of messages) {
    let isComplete = true;
    const result = composeOne(composer, message, now, (url) => {
      newUrls.add(url);
      isComplete = false;
    });
    if ("failure" in result) failed.push(result);
    else if (isComplete) composed.push(result);
    else again.push(message);
  }
  if (again.length === 0) return { composed, failed };
  await composer.links.remember(database, newUrls);
  for (const message of again) {
    const result = composeOne(composer, message, now, ignoreUrl);
    if ("failure" in result) failed.push(result);
    else composed.push(result);
  }
  return { composed, failed };
}

const ignoreUrl = () => {};

function composeOne(
  composer: Composer,
  message: ClaimedMessage,
  now: Date,
  onNewUrl: (url: string) => void,
): Composed | Uncomposable {
  try {
    const rendered = renderTracked(composer, message, now, onNewUrl);
    return { message, outgoing: outgoingOf(composer, message, rendered) };
  } catch (thrown) {
    const lacksTemplate = !composer.templates.has(message.template, message.channel);
    return { message, failure: reasonOf(thrown), lacksTemplate };
  }
}

/** The message with its links tagged and signed. A URL that is not stored yet is passed to `onNewUrl` and stays plain. */
function renderTracked(
  composer: Composer,
  message: ClaimedMessage,
  now: Date,
  onNewUrl: (url: string) => void,
): Rendered {
  const utm = {
    source: "waypost",
    medium: message.channel,
    campaign: message.journey,
    content: message.step,
  };
  const track = once(trackLinks(composer, message.deliveryId, utm, onNewUrl));
  const { template, channel, customer } = message;
  const variables = variablesOf(composer, message, now);
  return composer.templates.render(template, channel, customer.locale, variables, track);
}

/** A link stands in the HTML and again in the text: it is tagged and signed once. */
function once(track: TrackUrl): TrackUrl {
  const tracked = new Map<string, string>();
  return (url) => {
    const known = tracked.get(url) ?? track(url);
    tracked.set(url, known);
    return known;
  };
}

/** What a template may say about a customer and the occasion. */
function variablesOf(
  composer: Pick<Composer, "urls" | "shop">,
  message: Pick<
    ClaimedMessage,
    "deliveryId" | "customer" | "account" | "entry" | "voucher" | "call" | "journey" | "step"
  >,
  now: Date,
): Variables & Readonly<Record<VariableRoot, unknown>> {
  return {
    customer: message.customer,
    account: message.account,
    event: message.entry,
    entry: message.entry,
    voucher: message.voucher,
    call: message.call,
    journey: { name: message.journey },
    step: { id: message.step },
    shop: composer.shop,
    unsubscribe_url: composer.urls.unsubscribe(message.deliveryId),
    preferences_url: composer.urls.preferences(message.deliveryId),
    now,
  };
}

function outgoingOf(
  composer: Composer,
  message: ClaimedMessage,
  rendered: Rendered,
): Omit<Outgoing, "to"> {
  const isMarketingMail = message.channel === "email" && message.class === "marketing";
  return {
    deliveryId: message.deliveryId,
    channel: message.channel,
    from: rendered.from ?? composer.from[message.channel] ?? null,
    replyTo: rendered.replyTo,
    subject: rendered.subject,
    html:
      rendered.html === null
        ? null
        : withPixel(rendered.html, composer.urls.open(message.deliveryId)),
    text: rendered.text,
    headers: isMarketingMail ? listUnsubscribeHeaders(composer.urls, message.deliveryId) : {},
    reportUrl: composer.urls.report(
      composer.carriers[message.channel] ?? message.channel,
      message.deliveryId,
    ),
    validUntil: message.expiresAt,
  };
}

function withPixel(html: string, url: string): string {
  const pixel = `<img src="${url}" width="1" height="1" alt="" style="display:block">`;
  const end = html.lastIndexOf("</body>");
  return end === -1 ? html + pixel : html.slice(0, end) + pixel + html.slice(end);
}

/** The message as its customer would get it now, with plain links: for previews. */
export function preview(composer: Composer, message: ClaimedMessage, now: Date): Rendered {
  const { template, channel, customer } = message;
  const variables = variablesOf(composer, message, now);
  return composer.templates.render(template, channel, customer.locale, variables, (url) => url);
}
