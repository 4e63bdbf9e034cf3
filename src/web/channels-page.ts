import { reasonOf } from "../errors.ts";
import { channelStates } from "../message/channel-state.ts";
import type { QueueCounts } from "../queue/queue-counts.ts";
import { configuredChannels, stateOf } from "./overview-page.ts";
import type { Page } from "./page.ts";
import type { Site } from "./site.ts";

/** How messages leave: each channel's health, and the queues that carry the work. */
export async function channelsPage({ engine, queues }: Site): Promise<Page> {
  const { database, clock, config, log } = engine;
  const states = await channelStates(database, configuredChannels(config), clock.now());
  const channels = states.map((channel) => ({
    ...channel,
    state: stateOf(channel),
    rate: config.channels[channel.name]?.rate ?? null,
    hours: config.channels[channel.name]?.hours ?? null,
  }));
  let counts: readonly QueueCounts[] = [];
  let failure: string | null = null;
  try {
    counts = await queues.counts();
  } catch (thrown) {
    failure = reasonOf(thrown);
    log.warn({ reason: failure }, "the queues could not be read");
  }
  const isOutbox = channels.some(({ provider }) => provider === "outbox");
  const model = { channels, queues: counts, queuesFail: failure !== null, isOutbox };
  return { view: "channels", title: "Channels", model };
}
