import express, { Router } from "express";
import { recordOutcome } from "../enrollment/task-list.ts";
import type { Site } from "./site.ts";
import { tasksPath, textIn } from "./task-page.ts";

/** The buttons of a task. Each ends at the list it was pressed on. */
export function taskRoutes({ engine, wake }: Site): Router {
  const routes = Router();
  const form = express.urlencoded({ extended: false, limit: "4kb" });
  routes.post("/tasks/:id/done", form, async (request, response) => {
    const given = (request.body ?? {}) as Record<string, unknown>;
    const isDone = await recordOutcome(engine.database, {
      id: request.params.id,
      outcome: textIn(given["outcome"]) ?? "",
      note: textIn(given["note"]),
      by: textIn(given["by"]) ?? "dashboard",
      now: engine.clock.now(),
    });
    await wake
      .engine("advance")
      .catch(() =>
        engine.log.warn("the queue could not be reached; the sweeper goes on by itself"),
      );
    const note = isDone ? "recorded" : "unchanged";
    response.redirect(303, tasksPath(textIn(given["list"]), textIn(given["by"]), { note }));
  });
  return routes;
}
