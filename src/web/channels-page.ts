import { reasonOf } from "../errors.ts";
import { channelStates } from "../message/channel-state.ts";
import type { QueueCounts } from "../queue/queue-counts.ts";
import type { Figures } from "./figures.ts";
import { channelLine, configuredChannels } from "./overview-page.ts";
import type { Page } from "./page.ts";
import type { Site } from "./site.ts";

/** How messages leave: each channel's health, and the queues that carry the work. */
export async function channelsPage({ engine, queues }: Site, figures: Figures): Promise<Page> {
  const { database, clock, config, log } = engine;
  const [states, day] = await Promise.all([
    channelStates(database, configuredChannels(config), clock.now()),
    figures.day.read(),
  ]);
  const channels = states.map((channel) => ({
    ...channelLine(channel, day.value),
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
  const queuesFail = failure !== null;
  const model = { channels, queues: counts, queuesFail, isOutbox, asOf: day.asOf };
  return { view: "channels", title: "Channels", model };
}
