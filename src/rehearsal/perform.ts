import type { Outgoing, Report } from "../channel/channel.ts";
import { recordConsents } from "../customer/consent.ts";
import { ingestBatch } from "../customer/ingest.ts";
import { recordClick } from "../tracking/clicks.ts";
import { receiveReports } from "../tracking/report-inbox.ts";
import { leave } from "../tracking/unsubscribe.ts";
import type { Player } from "./cast.ts";
import { finishTask } from "./finish-task.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { Happening, MessageAct } from "./test-file.ts";

/** What was handed over, by delivery id. */
export type Handed = ReadonlyMap<string, Outgoing>;

const browser =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";

/** Lets it happen by the door it would come in by. Returns why it cannot, such as a click on a message that never came. */
export async function perform(
  rehearsal: Rehearsal,
  happening: Happening,
  player: Player,
  handed: Handed,
): Promise<string | undefined> {
  const { database } = rehearsal.engine;
  switch (happening.kind) {
    case "event":
    case "traits":
      return tell(rehearsal, happening, player);
    case "task":
      return finishTask(database, happening, player);
    case "consent": {
      const { state, channel, topic, at } = happening;
      const consent = {
        customer_id: player.id,
        channel,
        topic,
        state,
        method: "form",
        occurred_at: at,
      };
      await recordConsents(database, [consent]);
      return undefined;
    }
    case "message": {
      const message = await messageOf(rehearsal, happening, player);
      if (message === undefined)
        return `${happening.customer} ${happening.act}, but ${happening.message === null ? "no message" : `"${happening.message}"`} had left by then`;
      return react(rehearsal, happening, { ...message, outgoing: handed.get(message.delivery_id) });
    }
  }
}

type Told = Extract<Happening, { kind: "event" | "traits" }>;

async function tell(rehearsal: Rehearsal, happening: Told, { userId }: Player) {
  const { config, database } = rehearsal.engine;
  const { country, zone, currency } = config;
  const head = { userId, timestamp: happening.at.toISOString() };
  const message =
    happening.kind === "traits"
      ? { ...head, type: "identify", traits: happening.traits }
      : { ...head, type: "track", event: happening.event, properties: ownOrder(happening, userId) };
  const { errors } = await ingestBatch(database, [message], {
    now: rehearsal.now,
    country,
    zone,
    currency,
  });
  return errors[0]?.reason;
}

/** The same order number in two tests is two orders. */
function ownOrder({ properties }: Extract<Happening, { kind: "event" }>, userId: string) {
  const number = properties["order_id"];
  return typeof number === "string" && number.startsWith("T-")
    ? { ...properties, order_id: `${number}-${userId}` }
    : properties;
}

interface Sent {
  readonly delivery_id: string;
  readonly channel: string;
}

async function messageOf(
  { engine }: Rehearsal,
  { message, at }: Extract<Happening, { kind: "message" }>,
  { id }: Player,
): Promise<Sent | undefined> {
  const sent = engine.database
    .selectFrom("messages")
    .select(["delivery_id", "channel"])
    .where("customer_id", "=", id)
    .where("sent_at", "<=", at)
    .orderBy("id", "desc");
  const named =
    message === null
      ? sent
      : sent.where((where) =>
          where.or([where("template", "=", message), where("step", "=", message)]),
        );
  return named.executeTakeFirst();
}

const reported: Readonly<Record<Exclude<MessageAct, "clicks" | "unsubscribes">, Report["kind"]>> = {
  receives: "delivered",
  opens: "opened",
  bounces: "bounced",
  fails: "failed",
  complains: "complained",
};

async function react(
  rehearsal: Rehearsal,
  { act, at, link }: Extract<Happening, { kind: "message" }>,
  { delivery_id: deliveryId, outgoing }: Sent & { readonly outgoing: Outgoing | undefined },
): Promise<string | undefined> {
  const { database } = rehearsal.engine;
  if (act === "clicks") return click(rehearsal, outgoing, link);
  if (act === "unsubscribes") {
    await leave(database, { deliveryId, method: "one_click", now: at });
    return undefined;
  }
  const kind = reported[act];
  const nothing = {
    receipt: null,
    from: null,
    code: null,
    detail: null,
    url: null,
    machine: false,
  };
  const report: Report = {
    ...nothing,
    eventId: `${kind}-${deliveryId}-${at.getTime()}`,
    deliveryId,
    kind,
    at,
  };
  await receiveReports(database, "rehearsal", { reports: [report], unread: [] }, at);
  return undefined;
}

/** Follows the links of the message in their order, until one leads where it should. */
async function click(
  { engine, tokens, now }: Rehearsal,
  outgoing: Outgoing | undefined,
  link: string | null,
): Promise<string | undefined> {
  const text = `${outgoing?.html ?? ""}\n${outgoing?.text ?? ""}`;
  const found = [...text.matchAll(/\/c\/([\w-]+)/g)].flatMap(([, token]) => token ?? []);
  const urls = await urlsOf(engine.database, tokens, found);
  const wanted = urls.find(({ url }) => link === null || url.includes(link));
  if (wanted === undefined)
    return `the message has no link${link === null ? "" : ` with "${link}"; it has ${urls.map(({ url }) => url).join(", ") || "none"}`}`;
  const visit = { token: wanted.token, userAgent: browser, method: "GET", now };
  await recordClick(engine.database, tokens, visit);
  return undefined;
}

async function urlsOf(
  database: Rehearsal["engine"]["database"],
  tokens: Rehearsal["tokens"],
  found: readonly string[],
): Promise<readonly { readonly token: string; readonly url: string }[]> {
  const byLink = new Map(found.map((token) => [tokens.read("click", token)?.linkId ?? "", token]));
  byLink.delete("");
  if (byLink.size === 0) return [];
  const rows = await database
    .selectFrom("links")
    .select(["id", "url"])
    .where("id", "in", [...byLink.keys()])
    .execute();
  const urls = new Map(rows.map(({ id, url }) => [id, url]));
  return [...byLink].flatMap(([id, token]) => {
    const url = urls.get(id);
    return url === undefined ? [] : [{ token, url }];
  });
}
