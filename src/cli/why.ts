import { readMoment } from "../audience/instant.ts";
import type { Trace } from "../audience/trace.ts";
import { getCustomer } from "../customer/find-customer.ts";
import { getJourney } from "../enrollment/journey-state.ts";
import { type Why, type WhyJourney, why as explain } from "../enrollment/why.ts";
import type { Passage } from "../enrollment/why-passage.ts";
import type { WhyStep } from "../enrollment/why-step.ts";
import { WaypostError } from "../errors.ts";
import type { CommandFile, Terminal } from "./command.ts";
import { plain, say, sayJson, when } from "./output.ts";

interface Options {
  readonly at?: string;
  readonly json?: true;
}

export const why: CommandFile = {
  register(program, terminal) {
    program
      .command("why")
      .description("say why a customer is in a journey or is not, and what happens to them there")
      .argument("<customer>", "your own id, an e-mail address, a telephone number, or #id")
      .argument("[journey]", "only this journey")
      .option("--at <time>", "as of an earlier moment, such as 2026-03-01 or 2026-03-01T10:00")
      .option("--json", "one line of JSON")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost why ada@example.com\n  $ waypost why c-17 first-purchase\n  $ waypost why '#1041' win-back --at 2026-03-01T10:00\n  $ waypost why c-17 --json | jq '.journeys[] | {name, lets: .entry.lets, bars: .entry.bars}'",
      )
      .action(async (meant: string, journey: string | undefined, options: Options) => {
        const told = await traceFor(terminal, meant, journey, options.at);
        if (options.json === true) return sayJson(told);
        tell(told, terminal.house().config.zone);
      });
  },
};

async function traceFor(
  terminal: Terminal,
  meant: string,
  journey: string | undefined,
  at: string | undefined,
) {
  const house = terminal.house();
  const now = house.clock.now();
  const moment = at === undefined ? undefined : momentOf(at, now);
  const database = await house.database();
  const customer = await getCustomer(database, meant);
  if (journey !== undefined) await getJourney(database, journey);
  const { zone, holdout } = house.config;
  const { id, external_id, email, first_name, last_name } = customer;
  const name = [first_name, last_name].filter((part) => part !== null).join(" ");
  return {
    customer: { id, externalId: external_id, email, name },
    ...(await explain(database, {
      customerId: id,
      now,
      zone,
      holdout,
      ...(journey !== undefined && { journey }),
      ...(moment !== undefined && { at: moment }),
    })),
  };
}

/** A day is meant to its end, or as far as it has come. */
function momentOf(given: string, now: Date): Date {
  const moment = readMoment(given);
  if (moment === undefined)
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `--at ${given}: expected a moment such as 2026-03-01 or 2026-03-01T10:00 (UTC; add +01:00 for another offset)`,
    );
  if (moment.start > now)
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `--at ${given}: expected a moment that has been. What will be is for \`waypost simulate\``,
    );
  return moment.end !== null && moment.end < now
    ? moment.end
    : moment.end === null
      ? moment.start
      : now;
}

type Told = Awaited<ReturnType<typeof traceFor>>;

function tell({ customer, at, journeys, notes }: Told & Why, zone: string): void {
  const called = [customer.name, customer.email, customer.externalId].filter(Boolean);
  line(0, `${called.join(", ") || "customer"} (#${customer.id}), as of ${when(at, zone)}`);
  for (const note of notes) line(0, note);
  if (journeys.length === 0) line(0, "There is no journey in force.");
  for (const journey of journeys) tellJourney(journey, zone);
}

function tellJourney(
  { name, state, version, start, entry, passages }: WhyJourney,
  zone: string,
): void {
  say();
  line(0, `${name} (${state}, version ${version})`);
  line(1, `starts ${start}`);
  line(2, `${mark(entry.occasion.holds)} ${entry.occasion.seen}`);
  if (entry.condition !== null) tellTrace(entry.condition, 2);
  for (const bar of entry.bars) line(2, `${mark(false)} ${bar}`);
  line(1, entry.lets ? "would be let in" : "would not be let in");
  if (passages.length === 0) line(1, "has not been in it");
  for (const passage of passages) tellPassage(passage, zone);
}

function tellPassage(passage: Passage, zone: string): void {
  const { state, reason, version, enteredAt, finishedAt, convertedAt, waiting } = passage;
  const said = [
    `entered ${when(enteredAt, zone)}`,
    `version ${version}`,
    ...(finishedAt === null ? [] : [`over ${when(finishedAt, zone)}`]),
    ...(convertedAt === null ? [] : [`converted ${when(convertedAt, zone)}`]),
  ];
  line(
    1,
    `${state === "inside" ? "was inside" : state}${reason === null ? "" : ` (${reason})`}: ${said.join(", ")}`,
  );
  if (waiting !== null) line(2, waiting);
  for (const step of passage.steps) tellStep(step);
  for (const { as, trace } of passage.stops) {
    line(2, `would stop (${as}):`);
    tellTrace(trace, 3);
  }
}

const places: Readonly<Record<WhyStep["place"], string>> = {
  passed: "passed ",
  perhaps: "perhaps",
  here: "HERE   ",
  ended: "ended  ",
  ahead: "ahead  ",
};

function tellStep({ id, line: does, place, way, possible, version, asks, left }: WhyStep): void {
  const of = version === null ? "" : ` (version ${version})`;
  const open = possible.length === 0 ? null : `not known (${possible.join(" or ")})`;
  const taken = way ?? open;
  line(2, `${places[place]}  ${id}${of}: ${does}${taken === null ? "" : ` -> ${taken}`}`);
  for (const { of, trace } of asks) {
    if (asks.length > 1) line(5, `${of}:`);
    tellTrace(trace, asks.length > 1 ? 6 : 5);
  }
  for (const one of left) {
    const why = one.reason === null ? "" : ` (${one.reason})`;
    line(5, `${one.what}: ${one.state}${why}, ${one.story}`);
  }
}

function tellTrace({ condition, joins, holds, seen, parts }: Trace, depth: number): void {
  const joint = { all: "all of:", any: "any of:", not: "not:" } as const;
  const said = joins === null ? `${condition}   [${seen ?? ""}]` : joint[joins];
  line(depth, `${mark(holds)} ${said}`);
  for (const part of parts) tellTrace(part, depth + 1);
}

function mark(holds: boolean): string {
  return holds ? "✓" : "✗";
}

/** What customers and files say stays on its line. */
function line(depth: number, text: string): void {
  say(`${"  ".repeat(depth)}${plain(text)}`);
}
