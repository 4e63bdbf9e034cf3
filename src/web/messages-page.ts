import { lookForMessages } from "../message/list.ts";
import { type MessageState, messageStates } from "../message/message.ts";
import type { Page } from "./page.ts";
import type { Site } from "./site.ts";

const onePage = 50;

/** The ledger, newest first, by state, journey and channel. */
export async function messagesPage(
  { engine }: Site,
  query: Readonly<Record<string, unknown>>,
): Promise<Page> {
  const { database, config } = engine;
  const wanted = readFilter(query);
  const { state, journey, channel, before } = wanted;
  const [{ messages: found, endedAt }, journeys] = await Promise.all([
    lookForMessages(database, {
      limit: onePage + 1,
      ...(state !== null && { states: [state] }),
      ...(journey !== null && { journey }),
      ...(channel !== null && { channel }),
      ...(before !== null && { before }),
    }),
    database.selectFrom("journeys").select("name").orderBy("name").execute(),
  ]);
  const messages = found.slice(0, onePage);
  const filter = new URLSearchParams();
  for (const [key, value] of Object.entries({ state, journey, channel }))
    if (value !== null) filter.set(key, value);
  const last = found.length > onePage ? messages.at(-1) : undefined;
  const model = {
    messages,
    isFiltered: filter.size > 0,
    isFirst: before === null,
    newest: `/messages${filter.size > 0 ? `?${filter.toString()}` : ""}`,
    older: last === undefined ? null : `/messages?${withBefore(filter, last.id)}`,
    endedAt: endedAt?.plannedAt ?? null,
    further: endedAt === null ? null : `/messages?${withBefore(filter, endedAt.id)}`,
    states: choices(messageStates, state),
    journeys: choices(
      journeys.map(({ name }) => name),
      journey,
    ),
    channels: choices(Object.keys(config.channels), channel),
  };
  return { view: "messages", title: "Messages", model };
}

function readFilter(query: Readonly<Record<string, unknown>>) {
  const text = (key: string): string | null => {
    const value = query[key];
    return typeof value === "string" && value !== "" && !value.includes("\0") ? value : null;
  };
  const before = text("before");
  return {
    state: messageStates.find((state): state is MessageState => state === text("state")) ?? null,
    journey: text("journey"),
    channel: text("channel"),
    before: before !== null && /^\d{1,18}$/.test(before) ? before : null,
  };
}

function withBefore(filter: URLSearchParams, id: string): string {
  const next = new URLSearchParams(filter);
  next.set("before", id);
  return next.toString();
}

function choices(values: readonly string[], chosen: string | null) {
  return values.map((value) => ({ value, isChosen: value === chosen }));
}
