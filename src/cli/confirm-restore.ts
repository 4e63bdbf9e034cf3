import { sql } from "kysely";
import { WaypostError } from "../errors.ts";
import type { Database } from "../database/database.ts";
import { readInstallation } from "../database/installation.ts";
import { confirmRestore } from "../message/restored.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { counted, say, sayJson, when } from "./output.ts";

interface Options {
  readonly sentUntil?: string;
  readonly nothingSent?: true;
  readonly unnoticed?: true;
  readonly json?: true;
}

const question = `
A backup does not know what was sent after it was made. So say one of:
  --nothing-sent          it had stopped before (a move to another server): what is due goes out
  --sent-until <time>     it went on until then: marketing that was due by then is not sent again`;

export const confirmRestored: CommandFile = {
  register(program, terminal) {
    program
      .command("confirm-restore")
      .description("let a database deliver again that was restored from a backup, or is a copy")
      .option("--nothing-sent", "the original sent nothing after the backup was made")
      .option(
        "--sent-until <time>",
        'the original went on sending until then, such as "2026-01-12T13:00Z", or "now"',
      )
      .option("--unnoticed", "confirm a restore that nothing gave away, such as a snapshot's")
      .option("--json", "one line of JSON")
      .addHelpText(
        "after",
        `${question}\n\nExamples:\n  $ waypost confirm-restore                          only shows what is known\n  $ waypost confirm-restore --sent-until now\n  $ waypost confirm-restore --nothing-sent`,
      )
      .action((options: Options) => act(terminal.house(), options));
  },
};

async function act(house: House, options: Options): Promise<void> {
  const database = await house.database();
  if (options.nothingSent === undefined && options.sentUntil === undefined)
    return tell(database, house, options.json === true);
  const now = house.clock.now();
  const sentUntil = options.sentUntil === undefined ? null : readTime(options.sentUntil, now);
  if (sentUntil !== null && options.nothingSent === true)
    throw new WaypostError(
      "WAYPOST_REQUEST",
      "confirm-restore: expected --nothing-sent or --sent-until, got both",
    );
  const isUnnoticed = options.unnoticed === true;
  const confirmed = await confirmRestore(database, { sentUntil, isUnnoticed, now });
  await (await house.queues()).wake.engine("sweep");
  if (options.json === true) return sayJson(confirmed);
  const { unknown, expired, due, channels } = confirmed;
  say(
    `confirmed: ${counted(due, "message")} due, ${unknown} of unknown outcome, ${expired} expired; open again: ${channels.join(", ") || "no channel"}`,
  );
}

function readTime(text: string, now: Date): Date {
  const time = text === "now" ? now : new Date(text);
  if (!Number.isNaN(time.getTime()) && /^(now|\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:?\d\d))$/.test(text))
    return time;
  throw new WaypostError(
    "WAYPOST_REQUEST",
    `confirm-restore --sent-until: expected "now" or a time with its zone such as "2026-01-12T13:00Z", got "${text}"`,
  );
}

/** What would be confirmed, and what it depends on. */
async function tell(database: Database, { config, clock }: House, json: boolean): Promise<void> {
  const { found } = await readInstallation(database);
  const now = clock.now();
  const { rows } = await sql<{ due: number; late: number }>`
    select count(*)::int as due, (count(*) filter (where expires_at <= ${now}))::int as late
    from messages where needs = 'delivery' and due_at <= ${now}`.execute(database);
  const { due, late } = rows[0] ?? { due: 0, late: 0 };
  const held = { heldSince: found.restoredAt, why: found.restoredWhy, lastHeartbeat: found.beatAt };
  if (json) return sayJson({ ...held, due, late });
  if (found.restoredAt === null) return say("this database is not held back");
  say(
    `held back since ${when(found.restoredAt, config.zone)}: ${found.restoredWhy ?? "restored"}\nlast worked on: ${when(found.beatAt, config.zone)}\ndue: ${counted(due, "message")}, of which ${late} expire`,
  );
  say(question);
}
