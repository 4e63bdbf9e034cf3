import { deliveryIdOf } from "../channel/delivery-id.ts";
import { WaypostError } from "../errors.ts";
import { type ListedMessage, findMessage } from "../message/list.ts";
import { messageLog } from "./message-log.ts";
import type { Page } from "./page.ts";
import { shownMessage } from "./shown-message.ts";
import type { Site } from "./site.ts";

/** One message: what became of it and when, what let it go out, and what it said. */
export async function messagePage(site: Site, id: string): Promise<Page> {
  const message = await getMessage(site, id);
  const log = await messageLog(site.engine.database, message.id);
  const shown = await shownMessage(site, message);
  const isDead = ["failed", "expired", "suppressed"].includes(message.state);
  const model = {
    ...message,
    ...log,
    isDead,
    isUnknown: message.state === "unknown",
    shown,
  };
  return { view: "message", title: message.subject ?? message.template, model };
}

export async function getMessage({ engine }: Site, id: string): Promise<ListedMessage> {
  const isId = /^\d{1,18}$/.test(id) || deliveryIdOf(id) !== null;
  const message = isId ? await findMessage(engine.database, id) : undefined;
  if (message !== undefined) return message;
  throw new WaypostError(
    "WAYPOST_NOT_FOUND",
    "There is no such message. It may have been erased since the link was made.",
  );
}
