import type { Request, Response } from "express";
import { assetVersion } from "./asset-routes.ts";
import type { Config } from "../config.ts";
import { createFormats } from "./formats.ts";
import { type Views, loadViews } from "./views.ts";

/** A screen: which view, and everything it shows. */
export interface Page {
  readonly view: string;
  readonly title: string;
  readonly model: object;
}

const places = [
  { href: "/", label: "Overview", icon: "overview", of: /^\/(journeys.*)?$/ },
  { href: "/messages", label: "Messages", icon: "message", of: /^\/messages/ },
  { href: "/customers", label: "Customers", icon: "customer", of: /^\/customers/ },
  { href: "/segments", label: "Segments", icon: "segment", of: /^\/segments/ },
  { href: "/tasks", label: "Tasks", icon: "task", of: /^\/tasks/ },
  { href: "/vouchers", label: "Vouchers", icon: "voucher", of: /^\/vouchers/ },
  { href: "/channels", label: "Channels", icon: "channel", of: /^\/channels/ },
] as const;

/** What a button just did, told on the page that follows. */
const notes = new Map<unknown, string>([
  ["paused", "Paused. Nothing is lost: everything waits where it is."],
  ["resumed", "Resumed. It goes on where it stopped."],
  ["replayed", "Planned again. The rules are read anew before it goes out."],
  ["recorded", "Recorded. The customer goes on at once."],
  ["unchanged", "Nothing to do: it has changed meanwhile."],
]);

/** Puts pages into their frames: the dashboard's, or the plain one of login, leave-taking and errors. */
export class PageWriter {
  readonly #views: Views;
  readonly #shop: string;

  constructor(config: Config) {
    this.#views = loadViews(createFormats(config));
    this.#shop = config.shop.name;
  }

  show(request: Request, response: Response, page: Page, now: Date): void {
    const nav = places.map(({ href, label, icon, of }) => ({
      href,
      label,
      icon,
      current: of.test(request.path),
    }));
    const note = notes.get(request.query["note"]) ?? null;
    this.#send(response, "layout", page, { nav, note }, now);
  }

  /** A page for somebody who is not in, or for whom there is nothing here. */
  showPlain(response: Response, page: Page, now = new Date()): void {
    this.#send(response, "plain", page, {}, now);
  }

  #send(response: Response, frame: string, page: Page, more: object, now: Date): void {
    const { view, title, model } = page;
    const body = this.#views.render(view, model, now);
    const around = { title, shop: this.#shop, assets: assetVersion };
    const html = this.#views.render(frame, { ...around, ...more, body }, now);
    response.set("Cache-Control", "no-store").type("html").send(html);
  }
}
