import { Router } from "express";
import { sql } from "kysely";
import { Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { channelStates } from "../message/channel-state.ts";
import { countMessages } from "../message/list.ts";
import { messageStates } from "../message/message.ts";
import type { Site } from "./site.ts";

/** For whoever watches: /healthz says the process lives, /readyz that it can work, /metrics speaks Prometheus. */
export function healthRoutes(site: Site): Router {
  const routes = Router();
  const { registry, look } = metricsOf(site);
  routes.get("/healthz", (_, response) => void response.json({ ok: true }));
  routes.get("/readyz", async (_, response) => {
    const isReady = await sql`select 1`.execute(site.engine.database).then(
      () => true,
      () => false,
    );
    response
      .status(isReady ? 200 : 503)
      .json({ ok: isReady, database: isReady ? "answers" : "does not answer" });
  });
  routes.get("/metrics", async (_, response) => {
    await look();
    response.type(registry.contentType).send(await registry.metrics());
  });
  return routes;
}

function metricsOf({ engine }: Site): { registry: Registry; look: () => Promise<void> } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "waypost_" });
  const { database, clock, config } = engine;
  const channels = Object.entries(config.channels).map(([name, { provider }]) => ({
    name,
    provider,
  }));
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `waypost_${name}`, help, labelNames, registers: [registry] });
  const messages = gauge("messages", "Messages by state", ["state"]);
  const due = gauge("messages_due", "Messages due now", ["channel"]);
  const oldest = gauge("oldest_due_seconds", "How long the oldest due message has waited", [
    "channel",
  ]);
  const open = gauge(
    "channel_open",
    "1 while the channel hands messages over, 0 while it is paused",
    ["channel"],
  );
  const collect = async () => {
    const now = clock.now();
    const counts = await countMessages(database);
    for (const state of messageStates) messages.set({ state }, counts[state] ?? 0);
    for (const channel of await channelStates(database, channels, now)) {
      due.set({ channel: channel.name }, channel.due);
      oldest.set(
        { channel: channel.name },
        channel.oldestDueAt === null ? 0 : (now.getTime() - channel.oldestDueAt.getTime()) / 1000,
      );
      open.set({ channel: channel.name }, channel.pausedAt === null ? 1 : 0);
    }
  };
  const up = gauge("up", "1 while the database answers", []);
  // One look at the tables serves all gauges, before any of them is read out.
  const look = () =>
    collect().then(
      () => up.set(1),
      () => up.set(0),
    );
  return { registry, look };
}
