import { WaypostError } from "../errors.ts";
import { createApiKey, listApiKeys, revokeApiKeys } from "../web/api-key.ts";
import type { CommandFile, Terminal } from "./command.ts";
import { say, sayTable, when } from "./output.ts";

export const key: CommandFile = {
  register(program, terminal) {
    program
      .command("key")
      .description("make, list and revoke the API keys that programs send events with")
      .argument("[action]", "create, list or revoke", "list")
      .argument("[name]", "what the key is for")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost key create shop\n  $ waypost key list\n  $ waypost key revoke shop\n\nA key is shown once; only its hash is kept.",
      )
      .action((action: string, name: string | undefined) => act(terminal, action, name));
  },
};

async function act(terminal: Terminal, action: string, name: string | undefined): Promise<void> {
  if (!["create", "list", "revoke"].includes(action))
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `key: expected create, list or revoke, got "${action}"`,
    );
  const house = terminal.house();
  const database = await house.database();
  if (action === "list") {
    const keys = await listApiKeys(database);
    return sayTable(
      ["name", "made", "revoked"],
      keys.map((one) => [
        one.name,
        when(one.createdAt, house.config.zone),
        when(one.revokedAt, house.config.zone),
      ]),
    );
  }
  if (name === undefined)
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `key ${action}: expected a name, such as: waypost key ${action} shop`,
    );
  if (action === "create") return say(await createApiKey(database, name, house.clock.now()));
  const revoked = await revokeApiKeys(database, name, house.clock.now());
  if (revoked === 0)
    throw new WaypostError(
      "WAYPOST_NOT_FOUND",
      `key "${name}": no such key is in use; waypost key list shows them`,
    );
  say(`revoked ${revoked} ${revoked === 1 ? "key" : "keys"} named ${name}`);
}
