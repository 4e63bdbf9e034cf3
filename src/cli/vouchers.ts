import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { readVoucherLine } from "../enrollment/voucher-line.ts";
import {
  type NewVoucher,
  addVouchers,
  listPools,
  resumeForVouchers,
  savePools,
} from "../enrollment/voucher-pool.ts";
import { WaypostError, reasonOf } from "../errors.ts";
import type { CommandFile, Terminal } from "./command.ts";
import { counted, plain, say, sayJson, sayTable } from "./output.ts";

const vouchersAtOnce = 5000;
/** Bad lines that are told one by one. */
const mostTold = 20;

export const vouchers: CommandFile = {
  register(program, terminal) {
    const command = program
      .command("vouchers")
      .description("list the pools of vouchers with their counts, or add codes to one")
      .option("--json", "one line of JSON a pool")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost vouchers\n  $ waypost vouchers add welcome-10 codes.txt\n  $ waypost vouchers add welcome-10 - < codes.csv",
      )
      .action(({ json }: { json?: true }) => list(terminal, json === true));
    command
      .command("add")
      .description(
        "add codes to a pool: one a line, or code,expires; those it has stay as they are",
      )
      .argument("<pool>", "such as welcome-10; a new one is made")
      .argument("<file>", "a text or CSV file; - reads from stdin")
      .addHelpText(
        "after",
        "\nExamples of lines:\n  WELCOME-4F7K\n  WELCOME-9Q2M,2026-12-31            good until the end of that day, in the shop's zone\n\nCustomers who were held because the pool was empty go on. Codes are never shown or logged.",
      )
      .action((pool: string, file: string) => add(terminal, pool, file));
  },
};

async function list(terminal: Terminal, isJson: boolean): Promise<void> {
  const house = terminal.house();
  const pools = await listPools(await house.database(), house.clock.now());
  if (isJson) return pools.forEach(sayJson);
  if (pools.length === 0) return say("no vouchers yet; waypost vouchers add POOL FILE brings some");
  sayTable(
    ["pool", "free", "handed out", "redeemed", "expired"],
    pools.map(({ pool, free, handedOut, redeemed, expired }) => [
      pool,
      free,
      handedOut,
      redeemed,
      expired,
    ]),
  );
  for (const { pool, free, isLow } of pools)
    if (isLow)
      process.stderr.write(
        `pool ${plain(pool)}: ${free} left; waypost vouchers add ${plain(pool)} FILE brings more\n`,
      );
}

async function add(terminal: Terminal, pool: string, file: string): Promise<void> {
  if (!/^[\w.-]{1,100}$/.test(pool))
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `vouchers add: expected a pool's name of letters, digits, ".", "_" and "-", got "${plain(pool).slice(0, 100)}"`,
    );
  const house = terminal.house();
  const database = await house.database();
  const now = house.clock.now();
  const {
    redeemed_by = "voucher_redeemed",
    property = "code",
    low = 0,
  } = house.config.pools[pool] ?? {};
  await savePools(database, { [pool]: { redeemed_by, property, low } }, now);
  const tally = { added: 0, known: 0, bad: 0 };
  for await (const { vouchers: those, faults } of batches(file, house.config.zone)) {
    const added = await addVouchers(database, pool, those, now);
    tally.added += added;
    tally.known += those.length - added;
    for (const fault of faults)
      if ((tally.bad += 1) <= mostTold) process.stderr.write(`${fault}\n`);
  }
  const resumed = await resumeForVouchers(database, pool, now);
  say(`${counted(tally.added, "code")} added to ${pool}, ${tally.known} known already`);
  if (resumed > 0) {
    say(
      `${counted(resumed, "customer")} who waited for a code ${resumed === 1 ? "goes" : "go"} on`,
    );
    await (await house.queues()).wake.engine("advance");
  }
  if (tally.bad === 0) return;
  throw new WaypostError(
    "WAYPOST_IMPORT",
    `${file}: ${counted(tally.bad, "line")} could not be read; the others were taken. Mend them and add the file again`,
  );
}

interface Batch {
  readonly vouchers: readonly NewVoucher[];
  readonly faults: readonly string[];
}

async function* batches(file: string, zone: string): AsyncGenerator<Batch> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  const failed = new Promise<never>((_, reject) =>
    input.once("error", (thrown: Error) =>
      reject(
        new WaypostError(
          "WAYPOST_NOT_FOUND",
          `${file}: expected a readable file of codes, got "${reasonOf(thrown)}"`,
        ),
      ),
    ),
  );
  failed.catch(() => {});
  let batch: { vouchers: NewVoucher[]; faults: string[] } = { vouchers: [], faults: [] };
  let line = 0;
  const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done === true) break;
    line += 1;
    const read = readVoucherLine(next.value, zone, line === 1);
    if (read === "nothing") continue;
    if ("fault" in read) batch.faults.push(`${file}:${line} ${read.fault}`);
    else batch.vouchers.push(read);
    if (batch.vouchers.length + batch.faults.length < vouchersAtOnce) continue;
    yield batch;
    batch = { vouchers: [], faults: [] };
  }
  // What could not be opened ends like an empty file, before the error is told.
  if (line === 0) await Promise.race([failed, new Promise((done) => setImmediate(done))]);
  yield batch;
}
