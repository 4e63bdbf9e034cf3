import { rowsOf } from "../database/table-rows.ts";
import { type DeadEvents, listDeadEvents } from "../enrollment/dead-event.ts";
import { listDue } from "../enrollment/list-due.ts";
import { countEnrollments, estimateEnrollments } from "../enrollment/enrollment-rows.ts";
import { journeyCounts } from "../enrollment/journey-counts.ts";
import { type ChannelState, channelStates, dueCountedTo } from "../message/channel-state.ts";
import { countOrEstimate } from "../message/count.ts";
import type { Database } from "../database/database.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { aboutIf, counted, say, sayJson, sayTable, when } from "./output.ts";

export const status: CommandFile = {
  register(program, terminal) {
    program
      .command("status")
      .description("what runs, what is due and what is stuck, on one screen")
      .option("--exact", "count what else is estimated in large tables, however long that takes")
      .option("--json", "one line of JSON; `estimated` names the numbers that are")
      .addHelpText("after", "\nExamples:\n  $ waypost status\n  $ watch -n 5 waypost status")
      .action(async ({ json, exact = false }: { json?: true; exact?: boolean }) => {
        const house = terminal.house();
        const found = await lookAround(house, exact);
        if (json === true) return sayJson(found);
        show(found, house);
      });
  },
};

async function lookAround({ config, clock, database: open }: House, exact: boolean) {
  const database = await open();
  const now = clock.now();
  const channels = Object.entries(config.channels).map(([name, { provider, rate }]) => ({
    name,
    provider,
    rate,
  }));
  const [customers, orders, events, ledger] = await Promise.all([
    rowsOf(database, "customers", { exact }),
    rowsOf(database, "orders", { exact }),
    rowsOf(database, "events", { exact }),
    countOrEstimate(database, { exact }),
  ]);
  const tables = Object.entries({ customers, orders, events });
  return {
    customers: customers.rows,
    orders: orders.rows,
    events: events.rows,
    /** Which of the numbers here are estimated; a journey says it of its own. */
    estimated: [
      ...tables.filter(([, { isEstimated }]) => isEstimated).map(([table]) => table),
      ...ledger.estimated.map((state) => `messages.${state}`),
    ],
    journeys: await journeysAt(database, exact),
    deadEvents: await listDeadEvents(database),
    channels: await channelStates(database, channels, now),
    messages: ledger.counts,
    due: await listDue(database, now, config.zone),
  };
}

async function journeysAt(database: Database, exact: boolean) {
  const enrollments = await (exact ? countEnrollments : estimateEnrollments)(database);
  const found = await journeyCounts(database, { enrollments, passages: [], messages: [] });
  return found.map(({ name, state, entered, inside, held, converted, estimated }) => {
    const numbers = { entered, inside, held, converted };
    return { name, state, ...numbers, estimated: estimated.filter((one) => one in numbers) };
  });
}

function stateOf(channel: ChannelState, zone: string): string {
  const { pausedAt, reason, throttledUntil, unconnectedAt, placeAt, due } = channel;
  if (pausedAt !== null) return `paused: ${reason}`;
  if (unconnectedAt !== null) return `open, but at ${when(unconnectedAt, zone)} ${reason}`;
  if (throttledUntil !== null) return `told to wait until ${when(throttledUntil, zone)}`;
  return placeAt === null || due === 0
    ? "open"
    : `open, its rate is used up until ${when(placeAt, zone)}`;
}

function show(found: Awaited<ReturnType<typeof lookAround>>, { config }: House): void {
  const { customers, orders, events, estimated } = found;
  const about = (number: string, count: number, of: readonly string[] = estimated) =>
    aboutIf(of.includes(number), count);
  const told = Object.entries({ customer: customers, order: orders, event: events });
  say(`${told.map(([noun, count]) => counted(about(`${noun}s`, count), noun)).join(", ")}\n`);
  sayTable(
    ["journey", "state", "entered", "inside", "held", "converted"],
    found.journeys.map((j) => [
      j.name,
      j.state,
      about("entered", j.entered, j.estimated),
      about("inside", j.inside, j.estimated),
      about("held", j.held, j.estimated),
      about("converted", j.converted, j.estimated),
    ]),
  );
  sayDead(found.deadEvents, config.zone);
  say();
  sayTable(
    ["channel", "provider", "state", "due", "oldest due", "in flight"],
    found.channels.map((c) => [
      c.name,
      c.provider,
      stateOf(c, config.zone),
      c.due >= dueCountedTo ? `${c.due}+` : c.due,
      when(c.oldestDueAt, config.zone),
      c.inFlight,
    ]),
  );
  const messages = Object.entries(found.messages);
  if (messages.length === 0) return say("\nno messages yet");
  say();
  sayTable(
    ["messages", "count"],
    messages.map(([state, count]) => [state, about(`messages.${state}`, count)]),
  );
}

function sayDead(dead: readonly DeadEvents[], zone: string): void {
  if (dead.length === 0) return;
  say();
  sayTable(
    ["dead events of", "count", "since", "why"],
    dead.map(({ journey, events, since, reason }) => [
      journey ?? "vouchers",
      events,
      when(since, zone),
      reason,
    ]),
  );
}
