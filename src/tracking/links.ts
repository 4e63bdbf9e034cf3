import { sql } from "kysely";
import { LRUCache } from "lru-cache";
import type { Database } from "../database/database.ts";
import type { TrackUrl } from "../template/template.ts";
import type { TrackingUrls } from "./urls.ts";

const keptUrls = 50_000;
/** A URL may be thousands of letters long, and a campaign may have one of its own for each customer. */
const keptBytes = 32_000_000;
/** What an entry weighs beside its URL. */
const entryBytes = 200;
const longestUrl = 8_000;

/**
 * The ids of the URLs that messages may link to, each stored once. Rendering cannot wait, so it asks `find`; what was
 * not known is stored for the whole batch by `remember`, before anything that links to it leaves, and rendered again.
 */
export class LinkBook {
  readonly #ids: LRUCache<string, string>;

  constructor(options: { readonly keptUrls?: number; readonly keptBytes?: number } = {}) {
    this.#ids = new LRUCache({
      max: options.keptUrls ?? keptUrls,
      maxSize: options.keptBytes ?? keptBytes,
      sizeCalculation: (_, url) => url.length + entryBytes,
    });
  }

  /** The id of a URL this process has seen; undefined when it must be remembered first. */
  find(url: string): string | undefined {
    return this.#ids.get(url);
  }

  /** Stores URLs. What cannot be redirected to (`isTrackable`) is passed over. Never inside a transaction: what is rolled back must not be found. */
  async remember(database: Database, urls: Iterable<string>): Promise<void> {
    if (database.isTransaction)
      throw new Error("LinkBook.remember: expected a database, got a transaction");
    const wanted = [...new Set(urls)].filter((url) => isTrackable(url) && !this.#ids.has(url));
    for (let start = 0; start < wanted.length; start += 1000) {
      const chunk = wanted.slice(start, start + 1000);
      for (const [url, id] of await storeLinks(database, chunk)) this.#ids.set(url, id);
    }
  }

  /** The ids of URLs, stored now where they were not. What cannot be redirected to is missing from the answer. */
  async idsOf(database: Database, urls: Iterable<string>): Promise<Map<string, string>> {
    const wanted = [...new Set(urls)];
    await this.remember(database, wanted);
    const ids = new Map<string, string>();
    for (const url of wanted) {
      const id = this.#ids.get(url);
      if (id !== undefined) ids.set(url, id);
    }
    return ids;
  }
}

/**
 * Whether a link can go through a redirect of ours: an absolute http or https URL, without a name or password in it,
 * without spaces, control characters or backslashes. Everything else (mailto:, tel:, #top) stays as it was written.
 */
export function isTrackable(url: string): boolean {
  if (url.length > longestUrl || !/^https?:\/\/[^/\\]/i.test(url)) return false;
  if (/[\s\u0000-\u001f\u007f\\]/u.test(url) || !url.isWellFormed()) return false;
  const parsed = URL.parse(url);
  return parsed?.username === "" && parsed.password === "";
}

async function storeLinks(
  database: Database,
  urls: readonly string[],
): Promise<Map<string, string>> {
  // In the order of the hashes, so that two workers that store the same URLs cannot wait for one another.
  const { rows } = await sql<{ url: string; id: string }>`
    with given as materialized (
      select url, sha256(convert_to(url, 'UTF8')) as hash from unnest(${urls}::text[]) as url
    ), known as materialized (
      select links.url, links.id from links where hash in (select hash from given)
    ), added as (
      insert into links (url, hash) select url, hash from given where url not in (select url from known)
      order by hash
      on conflict do nothing
      returning url, id
    )
    select url, id from known union all select url, id from added`.execute(database);
  const ids = new Map(rows.map(({ url, id }) => [url, id]));
  // Another worker stored them in the meantime.
  const missing = urls.filter((url) => !ids.has(url));
  if (missing.length > 0)
    for (const [url, id] of await findLinks(database, missing)) ids.set(url, id);
  return ids;
}

async function findLinks(
  database: Database,
  urls: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql<{ url: string; id: string }>`
    select url, id from links
    where hash in (select sha256(convert_to(given, 'UTF8')) from unnest(${urls}::text[]) as given)`.execute(
    database,
  );
  return new Map(rows.map(({ url, id }) => [url, id]));
}

export interface Utm {
  readonly source?: string | null;
  readonly medium?: string | null;
  readonly campaign?: string | null;
  readonly content?: string | null;
}

const utmNames = ["source", "medium", "campaign", "content"] as const;

/** The parameters as they are written into a query, and what shows that a query has one already. */
interface UtmTags {
  readonly each: readonly { readonly text: string; readonly isIn: RegExp }[];
  readonly all: string;
}

const isIn = Object.fromEntries(
  utmNames.map((name) => [name, new RegExp(`(^|[&;])utm_${name}(=|&|;|$)`, "i")]),
) as Readonly<Record<(typeof utmNames)[number], RegExp>>;

function tagsOf(utm: Utm): UtmTags {
  const each = utmNames.flatMap((name) => {
    const value = utm[name];
    if (value === undefined || value === null || value === "") return [];
    return [{ text: `utm_${name}=${encodeURIComponent(value.toWellFormed())}`, isIn: isIn[name] }];
  });
  return { each, all: each.map(({ text }) => text).join("&") };
}

/**
 * The URL with UTM parameters at the end of its query. Parameters that it has already win; host, path and fragment are
 * left as they were written, letter by letter. What is no http URL is returned unchanged.
 */
export function withUtm(url: string, utm: Utm): string {
  return tagged(url, tagsOf(utm));
}

function tagged(url: string, { each, all }: UtmTags): string {
  if (!/^https?:\/\//i.test(url)) return url;
  const hash = url.indexOf("#");
  const address = hash === -1 ? url : url.slice(0, hash);
  const fragment = hash === -1 ? "" : url.slice(hash);
  const mark = address.indexOf("?");
  if (mark === -1) return all === "" ? url : `${address}?${all}${fragment}`;
  const query = address.slice(mark + 1);
  const added = each.filter((tag) => !tag.isIn.test(query)).map(({ text }) => text);
  if (added.length === 0) return url;
  const joint = query === "" || query.endsWith("&") ? "" : "&";
  return `${address}${joint}${added.join("&")}${fragment}`;
}

/**
 * What the renderer calls for each link of one message. Our own pages and what is no web address stay as they are; a URL
 * that is not stored yet stays plain and goes to `onNewUrl`: remember it, and render the message again.
 */
export function trackLinks(
  { links, urls }: { readonly links: LinkBook; readonly urls: TrackingUrls },
  deliveryId: string,
  utm: Utm,
  onNewUrl: (url: string) => void,
): TrackUrl {
  const tags = tagsOf(utm);
  return (url) => {
    if (urls.isOurs(url)) return url;
    const target = tagged(url, tags);
    const id = links.find(target);
    if (id !== undefined) return urls.click(deliveryId, id);
    if (isTrackable(target)) onNewUrl(target);
    return target;
  };
}
