import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadPlugin, loadProvider } from "../../src/channel/registry.ts";
import { anEmail, noDeadline } from "./messages.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "waypost-plugins-"))));
afterAll(() => rm(folder, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}
const pigeon = `export default { name: "pigeon", channels: ["letters"], create: () => ({ name: "pigeon", send: async () => ({ kind: "accepted", receipt: "coo" }), close: async () => {} }) };`;

test.each(["outbox", "sendgrid", "smtp", "twilio"])(
  "%s is built in under its own name",
  async (name) => {
    expect(await loadPlugin(name, folder)).toMatchObject({ name });
  },
);

test("a built-in provider is set up from its options", async () => {
  const provider = await loadProvider(
    "outbox",
    { folder: join(folder, "outbox") },
    folder,
    "letters",
  );
  expect(await provider.send(anEmail(), noDeadline)).toMatchObject({ kind: "accepted" });
});

test("a file beside the config is a provider, in TypeScript too", async () => {
  await write("plugins/pigeon.ts", pigeon.replace("create: ()", "create: (_: unknown)"));
  const provider = await loadProvider("./plugins/pigeon.ts", {}, folder, "letters");
  expect(await provider.send(anEmail(), noDeadline)).toEqual({ kind: "accepted", receipt: "coo" });
});

test.each([
  ["with a main", '{"name":"PACKAGE","main":"index.mjs"}'],
  ["with an import condition only", '{"name":"PACKAGE","exports":{".":{"import":"./index.mjs"}}}'],
])("an installed package %s is a provider", async (kind, manifest) => {
  const name = `waypost-pigeon-${kind.length}`;
  await write(`node_modules/${name}/package.json`, manifest.replace("PACKAGE", name));
  await write(`node_modules/${name}/index.mjs`, pigeon);
  expect((await loadProvider(name, {}, folder)).name).toBe("pigeon");
});

describe("what cannot be used says why", () => {
  test.each([
    [
      "sengrid",
      /provider "sengrid": expected one of outbox, sendgrid, smtp, twilio, a package or a file such as .*; did you mean sendgrid\?/,
    ],
    ["./plugins/none.ts", /"\.\/plugins\/none\.ts": there is no file .*plugins\/none\.ts/],
    ["./plugins/throws.mjs", /could not be imported: no feathers/],
    ["./plugins/syntax.mjs", /could not be imported/],
    ["./plugins/empty.mjs", /expected a default export \{ name, channels, options\?, create \}/],
    [
      "./plugins/shapeless.mjs",
      /default\.name: .*default\.channels: expected "any" or a list of channels; default\.options: expected a zod schema; default\.create: expected a function/,
    ],
    ["./plugins/refuses.mjs", /could not be set up: no seeds/],
    ["./plugins/hollow.mjs", /expected create\(\) to return a provider/],
    ["constructor", /expected one of/],
    ["fs", /expected one of/],
  ])("%s", async (name, message) => {
    await write("plugins/throws.mjs", 'throw new Error("no feathers");');
    await write("plugins/syntax.mjs", "export default {");
    await write("plugins/empty.mjs", "export const provider = {};");
    await write(
      "plugins/shapeless.mjs",
      'export default { channels: "letters", options: 7, create: {} };',
    );
    await write(
      "plugins/refuses.mjs",
      'export default { name: "x", channels: "any", create() { throw new Error("no seeds"); } };',
    );
    await write(
      "plugins/hollow.mjs",
      'export default { name: "x", channels: "any", create: () => ({ name: "x" }) };',
    );
    await expect(loadProvider(name, {}, folder)).rejects.toMatchObject({
      code: "WAYPOST_CHANNEL",
      message: expect.stringMatching(message),
    });
  });

  test("options are checked by the provider's own schema, every fault at once", async () => {
    await expect(
      loadProvider("twilio", { accountSid: "SK1", autToken: "x" }, folder),
    ).rejects.toThrow(
      /provider "twilio": options\.accountSid: expected an account SID.*options\.authToken: .*autToken/s,
    );
  });

  test("a provider for another channel is refused", async () => {
    await expect(loadProvider("twilio", {}, folder, "email")).rejects.toThrow(
      'provider "twilio": expected a provider for the channel email, but it carries sms only',
    );
  });
});
