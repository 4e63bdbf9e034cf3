import { listTasks, taskLists } from "../enrollment/task-list.ts";
import type { Page } from "./page.ts";
import type { Site } from "./site.ts";

const onePage = 50;

/** What agents have to do, the most urgent first: whom to ring, about what, and a button for each outcome. */
export async function tasksPage(
  { engine }: Site,
  query: Readonly<Record<string, unknown>>,
): Promise<Page> {
  const { database } = engine;
  const list = textIn(query["list"]);
  const by = textIn(query["by"]);
  const after = textIn(query["after"]);
  const isAfter = after !== null && /^\d{1,18}$/.test(after);
  const [lists, found] = await Promise.all([
    taskLists(database),
    listTasks(database, {
      limit: onePage + 1,
      ...(list !== null && { list }),
      ...(isAfter && { after }),
    }),
  ]);
  const tasks = found.slice(0, onePage);
  const last = found.length > onePage ? tasks.at(-1) : undefined;
  const now = engine.clock.now();
  const model = {
    by: by ?? "",
    list: list ?? "",
    isChosen: list !== null,
    lists: lists.map((one) => ({ ...one, isChosen: one.list === list })),
    tasks: tasks.map((task) => ({ ...task, isLate: task.until <= now })),
    first: isAfter ? tasksPath(list, by) : null,
    next: last === undefined ? null : tasksPath(list, by, { after: last.id }),
  };
  return { view: "tasks", title: "Tasks", model };
}

/** The list somebody works on, whose name is kept in its address. */
export function tasksPath(
  list: string | null,
  by: string | null,
  more: Readonly<Record<string, string>> = {},
): string {
  const kept = Object.entries({ list, by }).filter(([, value]) => value !== null && value !== "");
  const query = new URLSearchParams({
    ...(Object.fromEntries(kept) as Record<string, string>),
    ...more,
  });
  return query.size === 0 ? "/tasks" : `/tasks?${query.toString()}`;
}

const longest = 500;

/** What a form or an address says; null when it says nothing. */
export function textIn(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const text = value.replaceAll("\0", "").toWellFormed().trim().slice(0, longest);
  return text === "" ? null : text;
}
