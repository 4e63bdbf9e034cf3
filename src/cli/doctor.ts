import { Resolver } from "node:dns/promises";
import { styleText } from "node:util";
import { WaypostError, reasonOf } from "../errors.ts";
import type { CommandFile } from "./command.ts";
import { examineChannels } from "./doctor-channels.ts";
import { examineDatabase, examineWork } from "./doctor-database.ts";
import { examineDns, senderDomains } from "./doctor-dns.ts";
import { examineQueues, examineUrl } from "./doctor-reach.ts";
import { examineSecret } from "./doctor-secret.ts";
import { type Finding, error, warn } from "./finding.ts";
import type { House } from "./house.ts";
import { counted, plain, say, sayJson } from "./output.ts";

interface Options {
  readonly json?: true;
  readonly dns?: string;
  readonly selector: readonly string[];
}

export const doctor: CommandFile = {
  register(program, terminal) {
    program
      .command("doctor")
      .description(
        "look over database, queues, clocks, providers, webhooks, DNS and overdue work, with a remedy for each fault",
      )
      .option("--dns <address>", "ask this name server, such as 9.9.9.9 or 127.0.0.1:5353")
      .option("--selector <names...>", "DKIM selectors of your senders", [])
      .option("--json", "one line of JSON a finding")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost doctor\n  $ waypost doctor --selector s1 s2 --json\n\nProviders are asked something harmless; nothing is sent. The exit code is 1 when something is wrong, 0 with warnings alone.",
      )
      .action(async (options: Options) => {
        const findings = await examine(terminal.house(), options);
        for (const finding of findings) (options.json === true ? sayJson : show)(finding);
        const errors = findings.filter(({ level }) => level === "error").length;
        const warnings = findings.filter(({ level }) => level === "warn").length;
        if (options.json !== true)
          say(`\n${counted(errors, "error")}, ${counted(warnings, "warning")}`);
        if (errors > 0) process.exitCode = 1;
      });
  },
};

/** What cannot even be looked at is a finding too, and keeps nothing else from being looked at. */
async function examine(house: House, options: Options): Promise<readonly Finding[]> {
  const resolver = resolverAt(options.dns);
  const hasDatabase = await house.database().then(
    () => true,
    () => false,
  );
  const queuesElsewhere = house.config.environment.REDIS_URL !== undefined;
  const looks: readonly (readonly [string, () => Promise<readonly Finding[]>, boolean?])[] = [
    ["database", () => examineDatabase(house)],
    ["secret", () => examineSecret(house), hasDatabase],
    ["queues", () => examineQueues(house), hasDatabase || queuesElsewhere],
    ["channels", () => examineChannels(house), hasDatabase],
    ["url", () => examineUrl(house.config.url)],
    ["dns", () => examineDns(senderDomains(house.config), resolver, options.selector)],
    ["work", () => examineWork(house), hasDatabase],
  ];
  const findings: Finding[] = [];
  for (const [about, look, canBe = true] of looks)
    findings.push(
      ...(canBe ? await look().catch((thrown: unknown) => [unseen(about, thrown)]) : []),
    );
  const others = looks.filter(([, , canBe]) => canBe === false).map(([about]) => about);
  return others.length === 0 ? findings : [...findings, notLookedAt(others)];
}

function unseen(about: string, thrown: unknown): Finding {
  return error(about, reasonOf(thrown), "see to what it names, and ask again");
}

function notLookedAt(others: readonly string[]): Finding {
  const found = `${others.join(", ")} cannot be looked at without the database`;
  return warn("doctor", found, "ask again when it can be used");
}

function resolverAt(address: string | undefined): Resolver {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  if (address === undefined) return resolver;
  try {
    resolver.setServers([address]);
  } catch (cause) {
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `doctor --dns: expected an address such as 9.9.9.9 or 127.0.0.1:5353, got "${address}"`,
      { cause },
    );
  }
  return resolver;
}

const marks = {
  ok: styleText("green", "ok   ", { stream: process.stdout }),
  warn: styleText("yellow", "warn ", { stream: process.stdout }),
  error: styleText("red", "error", { stream: process.stdout }),
};

function show({ about, level, found, remedy }: Finding): void {
  say(`${marks[level]} ${about}: ${plain(found)}`);
  if (remedy !== null) say(`      ${plain(remedy)}`);
}
