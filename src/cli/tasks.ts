import { userInfo } from "node:os";
import { type Task, listTasks, recordOutcome, taskLists } from "../enrollment/task-list.ts";
import { WaypostError } from "../errors.ts";
import type { CommandFile, Terminal } from "./command.ts";
import { count } from "./count.ts";
import { plain, say, sayJson, sayTable, when } from "./output.ts";

interface Done {
  readonly outcome: string;
  readonly note?: string;
  readonly by?: string;
}

export const tasks: CommandFile = {
  register(program, terminal) {
    const command = program
      .command("tasks")
      .description("list what agents have to do, the most urgent first, or record what came of it")
      .argument("[list]", "only this list, such as welcome-calls")
      .option("-n, --limit <count>", "how many at most", count(1, 10_000), 50)
      .option("--json", "one line of JSON a task")
      .addHelpText(
        "after",
        '\nExamples:\n  $ waypost tasks\n  $ waypost tasks welcome-calls --json\n  $ waypost tasks done 17 --outcome reached --note "wants the catalogue"',
      )
      .action((list: string | undefined, options: { limit: number; json?: true }) =>
        show(terminal, list, options),
      );
    command
      .command("done")
      .description("record the outcome of a task; its customer goes on at once")
      .argument("<id>", "of the task")
      .requiredOption("--outcome <name>", "one of those the task names")
      .option("--note <text>", "what the next agent should know")
      .option("--by <name>", "who did it; without it, your name on this machine")
      .addHelpText("after", "\nExample:\n  $ waypost tasks done 17 --outcome no_answer --by Grace")
      .action((id: string, options: Done) => done(terminal, id, options));
  },
};

async function show(
  terminal: Terminal,
  list: string | undefined,
  { limit, json }: { limit: number; json?: true },
): Promise<void> {
  const house = terminal.house();
  const database = await house.database();
  const found = await listTasks(database, { limit, ...(list !== undefined && { list }) });
  if (json === true) return found.forEach(sayJson);
  if (found.length === 0) {
    const others = (await taskLists(database)).map((one) => plain(one.list));
    return say(
      list === undefined || others.length === 0
        ? "nothing to do"
        : `nothing to do on ${plain(list)}; there is something on ${others.join(", ")}`,
    );
  }
  sayTable(
    ["id", "list", "until", "customer", "telephone", "outcomes", "what to do"],
    found.map((task) => [
      task.id,
      task.list,
      when(task.until, house.config.zone),
      whom(task),
      task.phone,
      task.outcomes.join(", "),
      task.text,
    ]),
  );
}

function whom({ customerName, email, customerId }: Task): string {
  return customerName ?? email ?? `customer ${customerId}`;
}

async function done(
  terminal: Terminal,
  id: string,
  {
    outcome,
    note = null,
    by = userInfo().username,
  }: { outcome: string; note?: string | null; by?: string },
): Promise<void> {
  const house = terminal.house();
  const now = house.clock.now();
  const isDone = await recordOutcome(await house.database(), { id, outcome, note, by, now });
  if (!isDone)
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `task ${id}: expected an open task, found one that is done, timed out or withdrawn; nothing was changed`,
    );
  say(`task ${id}: ${outcome}`);
  await (await house.queues()).wake.engine("advance");
}
