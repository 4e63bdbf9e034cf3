import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { removeFromOutbox } from "../channel/outbox-file.ts";
import { findElsewhere } from "../customer/elsewhere.ts";
import { type Rows, countPerson, erasePerson, inFlight } from "../customer/erase.ts";
import { findErasure, letBack } from "../customer/erased-addresses.ts";
import { readEmail } from "../customer/email-address.ts";
import type { Person } from "../customer/person.ts";
import { personalTables } from "../customer/personal-tables.ts";
import type { Tables } from "../database/tables.ts";
import { WaypostError } from "../errors.ts";
import { readSecrets } from "../secret.ts";
import type { CommandFile } from "./command.ts";
import { tellElsewhere } from "./erase-elsewhere.ts";
import type { House } from "./house.ts";
import { counted, plain, say, sayJson, sayTable, when } from "./output.ts";
import { customerArgument, nobody, whoIs } from "./person.ts";

interface Options {
  readonly confirm?: true;
  readonly letBack?: true;
  readonly json?: true;
}

/** Longer than any call takes, and until a worker that died with it is given up. */
const patienceMs = 180_000;
const askEveryMs = 1000;

export const erase: CommandFile = {
  register(program, terminal) {
    program
      .command("erase")
      .description("take a customer out of the database, for good; without --confirm it only shows")
      .argument("<customer>", customerArgument)
      .option("--confirm", "do it: nothing brings the customer back but a backup")
      .option(
        "--let-back",
        "marketing may go again to an address that was erased, since its holder asked for it anew",
      )
      .option("--json", "one line of JSON")
      .addHelpText(
        "after",
        "\nA request is answered within a month (GDPR, article 12). What figures are made of stays and is nobody's; the addresses are kept as keyed\nhashes, so that no import brings marketing back to them.\n\nExamples:\n  $ waypost erase ada@example.com                   shows what there is, and what is elsewhere\n  $ waypost erase ada@example.com --confirm\n  $ waypost erase c-17 --confirm --json > c-17-erased.json\n  $ waypost erase ada@example.com --let-back",
      )
      .action((meant: string, options: Options) => act(terminal.house(), meant.trim(), options));
  },
};

async function act(house: House, meant: string, options: Options): Promise<void> {
  if (options.letBack === true) return admit(house, meant, options.json === true);
  const person = await whoIs(house, meant);
  if (person === undefined) return tellErased(house, meant, options.json === true);
  const database = await house.database();
  const elsewhere = await findElsewhere(database, person);
  if (options.confirm !== true) {
    const rows = await countPerson(database, person);
    const flying = await inFlight(database, person);
    const told = { customer: person.customers[0], erased: false, rows, inFlight: flying };
    if (options.json === true) return sayJson({ ...told, elsewhere });
    tellRows(person, rows);
    if (flying.messages + flying.calls > 0)
      say(`on their way at this moment, and waited for: ${flightOf(flying)}`);
    tellElsewhere(elsewhere);
    return say(`\nnothing was changed. To erase: waypost erase ${plain(meant)} --confirm`);
  }
  const rows = await eraseWhenLanded(house, person);
  const files = await removeSent(house, person);
  if (options.json === true)
    return sayJson({ customer: person.customers[0], erased: true, rows, files, elsewhere });
  tellRows(person, rows);
  if (files > 0) say(`outbox: ${counted(files, "file")} deleted`);
  for (const { channel, address } of person.addresses.filter(({ isShared }) => isShared))
    say(`${channel} ${plain(address)} is another customer's, too: it stays theirs, and usable`);
  tellElsewhere(elsewhere);
  say(`\nerased: customer #${person.customers[0] ?? ""}`);
}

/** An answer that is still to come must find its message: what is on its way is waited for. */
async function eraseWhenLanded(house: House, person: Person): Promise<Rows> {
  const { config, clock } = house;
  const database = await house.database();
  for (let waited = 0; ; waited += askEveryMs) {
    const erased = await erasePerson(database, {
      customerId: person.customers[0] ?? "",
      channels: Object.keys(config.channels),
      secrets: secretsOf(house),
      now: clock.now(),
    });
    if (erased.kind === "erased") return erased.rows;
    if (waited >= patienceMs)
      throw new WaypostError(
        "WAYPOST_REQUEST",
        `erase: ${flightOf(erased)} on the way for ${patienceMs / 1000} seconds, so nothing was erased. Start a worker, which finds out what became of it, and try again`,
      );
    if (waited === 0) process.stderr.write(`waiting for ${flightOf(erased)} on the way\n`);
    await sleep(askEveryMs);
  }
}

function flightOf({ messages, calls }: { messages: number; calls: number }): string {
  return [
    ...(messages > 0 ? [counted(messages, "message")] : []),
    ...(calls > 0 ? [counted(calls, "call")] : []),
  ].join(" and ");
}

/** What the outbox wrote is kept as files, each the whole message. */
async function removeSent(house: House, { messages }: Person): Promise<number> {
  const database = await house.database();
  if (messages.length === 0) return 0;
  const sent = await database
    .selectFrom("messages")
    .select("delivery_id as id")
    .where("id", "in", messages)
    .where("provider", "=", "outbox")
    .execute();
  const own = join(house.config.folder, ".waypost", "outbox");
  const folders = Object.values(house.config.channels).flatMap(({ provider, options }) =>
    provider !== "outbox" ? [] : [typeof options["folder"] === "string" ? options["folder"] : own],
  );
  let removed = 0;
  for (const folder of new Set([own, ...folders]))
    removed += await removeFromOutbox(
      folder,
      sent.map(({ id }) => id),
    );
  return removed;
}

function tellRows({ customers: [id] }: Person, rows: Rows): void {
  say(`customer #${id ?? ""}`);
  const entries = Object.entries(rows) as [keyof Tables, number][];
  sayTable(
    ["table", "rows", ""],
    entries.map(([table, count]) => {
      const place = personalTables[table];
      const isDeleted = typeof place !== "string" && place.erasing === "deletes";
      return [table, count, isDeleted ? "deleted" : "stays for figures, and is nobody's"];
    }),
  );
}

async function tellErased(house: House, meant: string, json: boolean): Promise<void> {
  const named = readEmail(meant) ?? meant;
  const erasedAt = await findErasure(await house.database(), secretsOf(house), named);
  if (erasedAt === undefined) throw nobody(meant);
  if (json) return sayJson({ erased: true, erasedAt, rows: {} });
  say(`erased already, ${when(erasedAt, house.config.zone)}: there is nothing left of them here`);
}

async function admit(house: House, meant: string, json: boolean): Promise<void> {
  const address = readEmail(meant) ?? meant;
  const wasErased = await letBack(await house.database(), secretsOf(house), address);
  if (json) return sayJson({ address, letBack: wasErased });
  say(
    wasErased
      ? `${plain(address)}: marketing may go to it again, as far as its holder agreed`
      : `${plain(address)}: it was not erased, so nothing was changed`,
  );
}

function secretsOf({ config }: House): () => readonly string[] {
  return () => readSecrets(config.folder, config.environment.WAYPOST_SECRET);
}
