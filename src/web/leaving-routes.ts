import express, { Router } from "express";
import { type PreferenceWish, preferencesOf, savePreferences } from "../tracking/preferences.ts";
import { unsubscribe } from "../tracking/unsubscribe.ts";
import type { Page, PageWriter } from "./page.ts";
import type { Site } from "./site.ts";

/**
 * The pages of the customers themselves, reached from their messages: leaving in one press, and choosing what to get.
 * The token in the address is all there is. GET changes nothing: scanners follow every link.
 */
export function leavingRoutes({ engine, tokens }: Site, pages: PageWriter): Router {
  const { database, clock, config } = engine;
  const offer = { channels: Object.keys(config.channels), topics: config.topics };
  const routes = Router();
  const shop = config.shop.name;
  routes.get("/u/:token", async (request, response) => {
    const content = tokens.read("unsubscribe", request.params.token);
    if (content === undefined) return pages.showPlain(response.status(404), broken);
    const message = await database
      .selectFrom("messages")
      .select(["channel", "topic"])
      .where("delivery_id", "=", content.deliveryId)
      .executeTakeFirst();
    if (message === undefined) return pages.showPlain(response.status(404), broken);
    const about = config.topics[message.topic ?? ""] ?? null;
    const model = { shop, channel: channelName(message.channel), about };
    pages.showPlain(response, { view: "leave", title: "Unsubscribe", model });
  });
  // The body has been read by the mail programs' route; the button sends nothing more.
  routes.post("/u/:token", async (request, response) => {
    const { token } = request.params;
    const left = await unsubscribe(database, tokens, {
      token,
      method: "preferences",
      ip: request.ip ?? null,
      now: clock.now(),
    });
    const content = tokens.read("unsubscribe", token);
    if (left === undefined || content === undefined)
      return pages.showPlain(response.status(404), broken);
    const preferences = tokens.write("preferences", content.deliveryId);
    const model = { shop, channel: channelName(left.channel), preferences };
    pages.showPlain(response, { view: "left", title: "You are unsubscribed", model });
  });
  const form = express.urlencoded({ extended: false, limit: "64kb", parameterLimit: 2000 });
  routes
    .route("/p/:token")
    .get(async (request, response) => {
      const { token } = request.params;
      const page = await preferencesOf(database, tokens, token, offer, clock.now());
      if (page === undefined) return pages.showPlain(response.status(404), broken);
      pages.showPlain(response, preferencePage(page.preferences, shop, false));
    })
    .post(form, async (request, response) => {
      const { token } = request.params;
      const body = request.body as Record<string, unknown>;
      const wish = { token, wanted: wantedIn(body), ip: request.ip ?? null, now: clock.now() };
      const saved = await savePreferences(database, tokens, offer, wish);
      const page = await preferencesOf(database, tokens, token, offer, clock.now());
      if (saved === undefined || page === undefined)
        return pages.showPlain(response.status(404), broken);
      pages.showPlain(response, preferencePage(page.preferences, shop, true));
    });
  return routes;
}

const broken: Page = {
  view: "broken-link",
  title: "This link does not work",
  model: {},
};

/** Ticks are sent as `want=email/offers`, each part encoded. */
function wantedIn(body: Readonly<Record<string, unknown>>): PreferenceWish["wanted"] {
  if (body["nothing"] !== undefined) return "nothing";
  const { want } = body;
  const ticks = Array.isArray(want) ? want : want === undefined ? [] : [want];
  return ticks.flatMap((tick) => {
    const [channel, topic] = String(tick).split("/").map(decoded);
    return channel === undefined || topic === undefined ? [] : [{ channel, topic }];
  });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

interface Tick {
  readonly channel: string;
  readonly topic: string;
  readonly title: string;
  readonly granted: boolean;
}

function preferencePage(ticks: readonly Tick[], shop: string, isSaved: boolean): Page {
  const topics = [...new Set(ticks.map(({ topic }) => topic))].map((topic) => ({
    title: ticks.find((tick) => tick.topic === topic)?.title ?? topic,
    ticks: ticks
      .filter((tick) => tick.topic === topic)
      .map(({ channel, granted }) => ({
        value: `${encodeURIComponent(channel)}/${encodeURIComponent(topic)}`,
        label: channelName(channel),
        granted,
      })),
  }));
  return { view: "preferences", title: "Your preferences", model: { shop, topics, isSaved } };
}

const channelNames: Readonly<Record<string, string>> = {
  email: "e-mail",
  sms: "text message",
  phone: "telephone",
  whatsapp: "WhatsApp",
  post: "letter",
};

function channelName(channel: string): string {
  return channelNames[channel] ?? channel;
}
