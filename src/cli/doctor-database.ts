import { remedyOfNoConnection } from "../channel/no-connection.ts";
import { sql } from "kysely";
import { type KeptSegment, listSegments } from "../audience/segment.ts";
import { readInstallation } from "../database/installation.ts";
import { reasonOf } from "../errors.ts";
import { countDeadEvents } from "../enrollment/dead-event.ts";
import { countHeld } from "../enrollment/hold.ts";
import { listDue } from "../enrollment/list-due.ts";
import { unknownCurrencies } from "../enrollment/worth.ts";
import { type ChannelState, channelStates } from "../message/channel-state.ts";
import { countOrEstimate } from "../message/count.ts";
import { restoredReason } from "../message/restored.ts";
import { type Finding, error, ok, warn } from "./finding.ts";
import type { House } from "./house.ts";
import { counted, when } from "./output.ts";

/** What one worker with its queues may hold open at once. */
const connectionsOfAWorker = 40;
const skewMs = 2000;

interface Server {
  readonly version: number;
  readonly name: string;
  readonly bytes: number;
  readonly now: Date;
  readonly settings: Readonly<Record<string, string>>;
  readonly used: number;
}

/** Reachable, new enough, durable, roomy, and of one mind with this machine about the time. */
export async function examineDatabase(house: House): Promise<readonly Finding[]> {
  const opened = await house.database().catch((thrown: unknown) => reasonOf(thrown));
  if (typeof opened === "string")
    return [error("database", opened, "nothing works without it: see to this first")];
  const before = Date.now();
  const { rows } = await sql<Server>`
    select current_setting('server_version_num')::int as version, current_setting('server_version') as name,
      pg_database_size(current_database())::float8 as bytes, clock_timestamp() as now,
      (select jsonb_object_agg(name, setting) from pg_settings where name in
        ('fsync', 'full_page_writes', 'synchronous_commit', 'max_connections', 'autovacuum')) as settings,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`.execute(
    opened,
  );
  const between = (before + Date.now()) / 2;
  const [server] = rows;
  if (server === undefined) return [];
  const skew = Math.round(server.now.getTime() - between);
  return [
    ofVersion(server),
    ok("database", `${(server.bytes / 1e6).toFixed(0)} MB, migrated`),
    ...ofSettings(server),
    Math.abs(skew) <= skewMs
      ? ok("clock", `${Math.abs(skew)} ms from the database's`)
      : warn(
          "clock",
          `${Math.abs(skew)} ms ${skew > 0 ? "behind" : "before"} the database's`,
          "let both machines keep time by NTP: messages go out by this machine's clock, leases end by the database's",
        ),
    ofIdentity(await readInstallation(opened)),
  ];
}

function ofVersion({ version, name }: Server): Finding {
  return version >= 150_000
    ? ok("database", `PostgreSQL ${name}`)
    : error("database", `PostgreSQL ${name}`, "expected 15 or newer: upgrade the server");
}

function ofSettings({ settings, used }: Server): readonly Finding[] {
  const most = Number(settings["max_connections"]);
  const durable = ["fsync", "full_page_writes"].map((name) =>
    settings[name] === "on"
      ? ok("database", `${name} is on`)
      : error(
          "database",
          `${name} is off`,
          `turn it on: a crash may otherwise lose messages that were sent, and they go out twice`,
        ),
  );
  return [
    ...durable,
    settings["synchronous_commit"] === "off"
      ? warn(
          "database",
          "synchronous_commit is off",
          "sending turns it on for itself; events and reports of the last moment may be lost in a crash",
        )
      : ok("database", `synchronous_commit is ${settings["synchronous_commit"] ?? "on"}`),
    settings["autovacuum"] === "on"
      ? ok("database", "autovacuum is on")
      : error("database", "autovacuum is off", "turn it on: the ledger's rows are written thrice"),
    most - used >= connectionsOfAWorker
      ? ok("database", `${used} of ${most} connections in use`)
      : warn(
          "database",
          `${used} of ${most} connections in use`,
          `raise max_connections, or run fewer processes: each takes up to ${connectionsOfAWorker}`,
        ),
  ];
}

function ofIdentity({ found, here }: Awaited<ReturnType<typeof readInstallation>>): Finding {
  if (found.restoredAt !== null)
    return error(
      "restore",
      found.restoredWhy ?? "the database was restored",
      "nothing is delivered: waypost confirm-restore says what to answer",
    );
  return here.system === null
    ? warn(
        "restore",
        "the server keeps its identity to itself",
        "a restored backup is noticed less surely: pause the channels before you restore one (GRANT EXECUTE ON FUNCTION pg_control_system TO …)",
      )
    : ok("restore", "this is the database that was last worked on");
}

const lateMs = 60_000;

/** Whether somebody works, and what is late, stuck or in doubt. */
export async function examineWork(house: House): Promise<readonly Finding[]> {
  const database = await house.database();
  const now = house.clock.now();
  const { found, here } = await readInstallation(database);
  const silence = Math.round((here.now.getTime() - found.beatAt.getTime()) / 1000);
  const isAlive = found.beat !== "0" && silence < 120;
  const channels = await channelStates(
    database,
    Object.entries(house.config.channels).map(([name, { provider, rate }]) => ({
      name,
      provider,
      rate,
    })),
    now,
  );
  const { counts } = await countOrEstimate(database);
  const due = await listDue(database, now, house.config.zone);
  return [
    isAlive
      ? ok("workers", `last heartbeat ${silence} s ago`)
      : error(
          "workers",
          found.beat === "0" ? "none has ever worked here" : `last heartbeat ${silence} s ago`,
          "start waypost worker, or see why it ends",
        ),
    ...channels.map((channel) => ofChannel(channel, now, house.config.zone)),
    ...doubtful(counts, await countHeld(database, countedTo)),
    ...ofDeadEvents(await countDeadEvents(database, countedTo)),
    ...(await listSegments(database)).flatMap(ofSegment),
    ...(due.events && !isAlive
      ? [warn("events", "some wait for a worker", "start waypost worker")]
      : []),
    ...ofCurrencies(await unknownCurrencies(database, house.config)),
  ];
}

const countedTo = 100_000;

function ofDeadEvents(count: number): readonly Finding[] {
  if (count === 0) return [];
  const found = `${count} that a journey or the vouchers could not react to`;
  return [warn("events", found, "waypost status says why; mend it, then waypost replay --events")];
}

function ofSegment({ name, file, failure }: KeptSegment): readonly Finding[] {
  if (failure === null) return [];
  const remedy = `mend ${file}, then waypost apply; until then it keeps the members it had`;
  return [warn(`segment ${name}`, `cannot be worked out: ${failure}`, remedy)];
}

function ofCurrencies(unknown: readonly string[]): readonly Finding[] {
  if (unknown.length === 0) return [];
  return [
    warn(
      "money",
      `goals come in ${unknown.join(", ")}, and count as earning nothing`,
      `say in waypost.yaml what one is worth, exchange_rates: { ${unknown[0] ?? ""}: … }, or that it is the shop's own: currency`,
    ),
  ];
}

function ofChannel(channel: ChannelState, now: Date, zone: string): Finding {
  const { name, pausedAt, reason, throttledUntil, unconnectedAt, placeAt, oldestDueAt, due } =
    channel;
  const about = `channel ${name}`;
  if (pausedAt !== null)
    return warn(
      about,
      `paused: ${reason ?? ""}`,
      reason === restoredReason
        ? "it goes on when that is confirmed"
        : `waypost resume channel ${name}`,
    );
  if (unconnectedAt !== null)
    return error(
      about,
      `${channel.provider} was not reached at ${when(unconnectedAt, zone)}: ${reason ?? ""}`,
      remedyOfNoConnection(reason ?? "") ?? "see to the network",
    );
  if (throttledUntil !== null)
    return warn(
      about,
      `told by ${channel.provider} to wait until ${when(throttledUntil, zone)}`,
      `it goes on by itself then; waypost resume channel ${name} tries it at once`,
    );
  const late = oldestDueAt === null ? 0 : now.getTime() - oldestDueAt.getTime();
  if (late < lateMs) return ok(about, `${counted(due, "message")} due`);
  const waiting = `${counted(due, "message")} due, the oldest for ${Math.round(late / 1000)} s`;
  return placeAt === null
    ? warn(about, waiting, "see whether workers run and keep up: waypost status, docs/scaling.md")
    : warn(
        about,
        `${waiting}; its rate is used up until ${when(placeAt, zone)}`,
        "raise its rate in waypost.yaml, where the provider allows that",
      );
}

function doubtful(counts: Partial<Record<string, number>>, held: number): readonly Finding[] {
  const of = (state: string, remedy: string): readonly Finding[] => {
    const count = counts[state] ?? 0;
    return count === 0 ? [] : [warn("messages", `${count} ${state}`, remedy)];
  };
  return [
    ...of("failed", "waypost messages --state failed says why; mend it, then waypost replay"),
    ...of("unknown", "reports or a look-up resolve them; else waypost messages --state unknown"),
    ...(held === 0
      ? []
      : [warn("enrollments", `${held} held for a fault`, "mend it, then waypost replay --held")]),
  ];
}
