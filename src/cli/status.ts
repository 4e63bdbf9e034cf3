import { sql } from "kysely";
import { type DeadEvents, listDeadEvents } from "../enrollment/dead-event.ts";
import { listDue } from "../enrollment/list-due.ts";
import { journeyCounts } from "../enrollment/journey-counts.ts";
import { type ChannelState, channelStates, dueCountedTo } from "../message/channel-state.ts";
import { countOrEstimate } from "../message/count.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { counted, say, sayJson, sayTable, when } from "./output.ts";

export const status: CommandFile = {
  register(program, terminal) {
    program
      .command("status")
      .description("what runs, what is due and what is stuck, on one screen")
      .option("--json", "one line of JSON")
      .addHelpText("after", "\nExamples:\n  $ waypost status\n  $ watch -n 5 waypost status")
      .action(async ({ json }: { json?: true }) => {
        const house = terminal.house();
        const found = await lookAround(house);
        if (json === true) return sayJson(found);
        show(found, house);
      });
  },
};

async function lookAround({ config, clock, database: open }: House) {
  const database = await open();
  const now = clock.now();
  const channels = Object.entries(config.channels).map(([name, { provider, rate }]) => ({
    name,
    provider,
    rate,
  }));
  const { rows } = await sql<{ customers: number; orders: number; events: number }>`
    select (select count(*) from customers)::int as customers, (select count(*) from orders)::int as orders,
      (select count(*) from events)::int as events`.execute(database);
  const { counts, isEstimated } = await countOrEstimate(database);
  return {
    ...rows[0],
    journeys: (await journeyCounts(database)).map(
      ({ name, state, entered, inside, held, converted }) => ({
        name,
        state,
        entered,
        inside,
        held,
        converted,
      }),
    ),
    deadEvents: await listDeadEvents(database),
    channels: await channelStates(database, channels, now),
    messages: counts,
    messagesAreEstimated: isEstimated,
    due: await listDue(database, now, config.zone),
  };
}

function stateOf(channel: ChannelState, zone: string): string {
  const { pausedAt, reason, throttledUntil, placeAt, due } = channel;
  if (pausedAt !== null) return `paused: ${reason}`;
  if (throttledUntil !== null) return `told to wait until ${when(throttledUntil, zone)}`;
  return placeAt === null || due === 0
    ? "open"
    : `open, its rate is used up until ${when(placeAt, zone)}`;
}

function show(found: Awaited<ReturnType<typeof lookAround>>, { config }: House): void {
  const { customers = 0, orders = 0, events = 0 } = found;
  say(
    `${counted(customers, "customer")}, ${counted(orders, "order")}, ${counted(events, "event")}\n`,
  );
  sayTable(
    ["journey", "state", "entered", "inside", "held", "converted"],
    found.journeys.map((j) => [j.name, j.state, j.entered, j.inside, j.held, j.converted]),
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
  sayTable(["messages", found.messagesAreEstimated ? "about" : "count"], messages);
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
