import express, { type Response, Router } from "express";
import { replayHeld } from "../enrollment/hold.ts";
import { pauseJourney, resumeJourney } from "../enrollment/journey-state.ts";
import { WaypostError } from "../errors.ts";
import { pauseChannel, resumeChannel } from "../message/channel-state.ts";
import { type Replay, replayMessages } from "../message/replay.ts";
import { getMessage } from "./message-page.ts";
import type { Site } from "./site.ts";

/** The buttons. Each ends where it was pressed, with a note of what it did. */
export function actionRoutes(site: Site): Router {
  const { database, clock } = site.engine;
  const routes = Router();
  const form = express.urlencoded({ extended: false, limit: "4kb" });
  routes.post("/journeys/:name/pause", async (request, response) => {
    const { name } = request.params;
    const isDone = await pauseJourney(database, name, clock.now());
    back(response, `/journeys/${encodeURIComponent(name)}`, isDone ? "paused" : "unchanged");
  });
  routes.post("/journeys/:name/resume", async (request, response) => {
    const { name } = request.params;
    const isDone = await resumeJourney(database, name, clock.now());
    await wakeUp(site);
    back(response, `/journeys/${encodeURIComponent(name)}`, isDone ? "resumed" : "unchanged");
  });
  routes.post("/journeys/:name/replay-held", async (request, response) => {
    const { name } = request.params;
    const count = await replayHeld(database, { journey: name, now: clock.now() });
    await wakeUp(site);
    back(response, `/journeys/${encodeURIComponent(name)}`, count > 0 ? "replayed" : "unchanged");
  });
  routes.post("/channels/:name/pause", async (request, response) => {
    const { name, provider } = channelOf(site, request.params.name);
    await pauseChannel(database, name, provider, "operator", clock.now());
    back(response, "/channels", "paused");
  });
  routes.post("/channels/:name/resume", async (request, response) => {
    const { name } = channelOf(site, request.params.name);
    const isDone = await resumeChannel(database, name, clock.now());
    await wakeUp(site);
    back(response, "/channels", isDone ? "resumed" : "unchanged");
  });
  routes.post("/messages/:id/replay", form, async (request, response) => {
    const { id } = await getMessage(site, request.params.id);
    const { sure } = request.body as Record<string, unknown>;
    // What may have arrived already is only sent again by somebody who says so.
    const states: Replay["states"] =
      sure === "yes" ? ["unknown"] : ["failed", "expired", "suppressed"];
    const replayed = await replayMessages(database, { ids: [id], states, now: clock.now() });
    await wakeUp(site);
    const isDone = Object.keys(replayed).length > 0;
    back(response, `/messages/${id}`, isDone ? "replayed" : "unchanged");
  });
  return routes;
}

function channelOf({ engine }: Site, name: string): { name: string; provider: string } {
  const channel = Object.hasOwn(engine.config.channels, name)
    ? engine.config.channels[name]
    : undefined;
  if (channel === undefined)
    throw new WaypostError("WAYPOST_NOT_FOUND", "There is no channel of this name.");
  return { name, provider: channel.provider };
}

async function wakeUp({ wake, engine }: Site): Promise<void> {
  await wake
    .engine("sweep")
    .catch(() => engine.log.warn("the queue could not be reached; the sweeper goes on by itself"));
}

function back(response: Response, path: string, note: string): void {
  response.redirect(303, `${path}?note=${note}`);
}
