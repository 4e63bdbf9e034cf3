import { Argument } from "commander";
import { WaypostError } from "../errors.ts";
import { createApiKey, listApiKeys, revokeApiKeys } from "../web/api-key.ts";
import type { CommandFile, Terminal } from "./command.ts";
import type { House } from "./house.ts";
import { counted, say, sayJson, sayTable, when } from "./output.ts";

const actions = ["list", "create", "revoke"] as const;
type Action = (typeof actions)[number];

interface Asked {
  readonly action: Action;
  readonly name: string | undefined;
  readonly json: boolean;
}

export const key: CommandFile = {
  register(program, terminal) {
    program
      .command("key")
      .description("make, list and revoke the API keys that programs send events with")
      .addArgument(new Argument("[action]", "what to do").choices(actions).default("list"))
      .argument("[name]", "what the key is for")
      .option("--json", "one line of JSON: { key }, { revoked }, or one a key")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost key create shop\n  $ waypost key list\n  $ waypost key revoke shop\n\nA key is shown once; only its hash is kept.",
      )
      .action((action: Action, name: string | undefined, { json }: { json?: true }) =>
        act(terminal, { action, name, json: json === true }),
      );
  },
};

async function act(terminal: Terminal, asked: Asked): Promise<void> {
  const { action, name } = asked;
  if (action === "list") return list(terminal.house(), asked);
  if (name === undefined)
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `key ${action}: expected a name, such as: waypost key ${action} shop`,
    );
  const house = terminal.house();
  return action === "create" ? create(house, name, asked) : revoke(house, name, asked);
}

async function list(house: House, { json }: Asked): Promise<void> {
  const keys = await listApiKeys(await house.database());
  if (json) return keys.forEach(sayJson);
  if (keys.length === 0) return say("no keys yet; waypost key create NAME makes one");
  const { zone } = house.config;
  sayTable(
    ["name", "made", "revoked"],
    keys.map((one) => [one.name, when(one.createdAt, zone), when(one.revokedAt, zone)]),
  );
}

async function create(house: House, name: string, { json }: Asked): Promise<void> {
  const made = await createApiKey(await house.database(), name, house.clock.now());
  if (json) sayJson({ key: made });
  else say(made);
}

async function revoke(house: House, name: string, { json }: Asked): Promise<void> {
  const revoked = await revokeApiKeys(await house.database(), name, house.clock.now());
  if (revoked === 0)
    throw new WaypostError(
      "WAYPOST_NOT_FOUND",
      `key "${name}": no such key is in use; waypost key list shows them`,
    );
  if (json) sayJson({ revoked });
  else say(`revoked ${counted(revoked, "key")} named ${name}`);
}
