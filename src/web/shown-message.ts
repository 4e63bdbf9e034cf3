import { readOutbox } from "../channel/outbox-file.ts";
import { reasonOf } from "../errors.ts";
import { preview } from "../message/compose.ts";
import { loadMessages } from "../message/details.ts";
import type { ListedMessage } from "../message/list.ts";
import type { Site } from "./site.ts";

/** What a message says, or why that cannot be shown. */
export interface ShownMessage {
  /** Kept by the outbox as it went out; else rendered now, from what is known of the customer today. */
  readonly isAsSent: boolean;
  readonly subject: string | null;
  readonly from: string | null;
  readonly html: string | null;
  readonly text: string | null;
  readonly failure: string | null;
}

const nothing = { subject: null, from: null, html: null, text: null, failure: null };

export async function shownMessage(
  { engine, outbox }: Site,
  message: Pick<ListedMessage, "id" | "deliveryId">,
): Promise<ShownMessage> {
  const kept = await readOutbox(outbox, message.deliveryId);
  if (kept !== undefined) return { ...nothing, ...pick(kept), isAsSent: true };
  const [loaded] = await loadMessages(engine.database, [message.id]);
  if (loaded === undefined) return { ...nothing, isAsSent: false, failure: "the message has gone" };
  try {
    const rendered = preview(engine.composer, loaded, engine.clock.now());
    return { ...nothing, ...pick(rendered), isAsSent: false };
  } catch (thrown) {
    return { ...nothing, isAsSent: false, failure: reasonOf(thrown) };
  }
}

type Said = Pick<ShownMessage, "subject" | "from" | "html" | "text">;

function pick({ subject, from, html, text }: Said): Said {
  return { subject, from, html, text };
}

/**
 * The HTML for the frame: nothing in it reaches out, so that looking at a message counts no open and no click. The frame's
 * policy would stop that too, loudly; pictures show their alternative text, links go nowhere.
 */
export function quietHtml(html: string): string {
  const quiet = html
    .replace(/<link\b[^>]*>/gi, "")
    .replace(/@import\b[^;]*;/gi, "")
    .replace(/(<img\b[^>]*?\s)src\s*=\s*(?!["']?data:)/gi, "$1data-src=")
    .replace(/\s(?:srcset|background)\s*=\s*("[^"]*"|'[^']*')/gi, "")
    .replace(/url\(\s*(["']?)(?!data:)[^)]*\1\s*\)/gi, "none")
    .replace(/<(script|iframe|object|embed|form|base|meta[^>]*http-equiv)\b/gi, "<x-$1")
    .replace(/\starget\s*=\s*("[^"]*"|'[^']*')/gi, "");
  const base = '<base target="_blank">';
  return /<head\b[^>]*>/i.test(quiet)
    ? quiet.replace(/<head\b[^>]*>/i, (head) => head + base)
    : base + quiet;
}
