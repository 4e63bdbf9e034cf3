import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { builtInProviders, loadProvider } from "../../src/channel/registry.ts";
import { configFileSchema } from "../../src/config-file.ts";
import { conformance } from "./conformance.ts";
import { anEmail, noDeadline } from "./messages.ts";

const docs = await readFile(resolve("docs/channels.md"), "utf8");
const [plugin, config] = ["ts", "yaml"].map(
  (language) => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(docs)?.[1] ?? "",
);

/** Inside the checkout, so that the example finds zod as an operator's own file would. */
const folder = resolve(".waypost", `docs-${process.pid}`);
await mkdir(join(folder, "plugins"), { recursive: true });
await writeFile(join(folder, "plugins", "letters.ts"), plugin ?? "");
afterAll(() => rm(folder, { recursive: true }));

conformance("the provider in docs/channels.md", async () => {
  const shop = await startPrintShop();
  const provider = await loadProvider(
    "./plugins/letters.ts",
    { url: shop.url, key: "key" },
    folder,
    "letters",
  );
  return {
    provider,
    message: (changes) => anEmail({ channel: "letters", ...changes }),
    fallSilent: shop.fallSilent,
    tearDown: shop.close,
  };
});

test("the example classifies what the print shop answers", async () => {
  const shop = await startPrintShop();
  const provider = await loadProvider(
    "./plugins/letters.ts",
    { url: shop.url, key: "key" },
    folder,
  );
  const kinds: string[] = [];
  for (const status of [200, 429, 422, 401, 400, 500]) {
    shop.status = status;
    kinds.push((await provider.send(anEmail(), noDeadline)).kind);
  }
  expect(kinds).toEqual(["accepted", "later", "refused", "misconfigured", "refused", "unknown"]);
  await shop.close();
});

test("the example knows that nothing left when nobody listens", async () => {
  const shop = await startPrintShop();
  await shop.close();
  const provider = await loadProvider(
    "./plugins/letters.ts",
    { url: shop.url, key: "key" },
    folder,
  );
  expect(await provider.send(anEmail(), noDeadline)).toMatchObject({
    kind: "later",
    counted: false,
  });
});

test("the configuration it shows is one, and its options are the provider's", async () => {
  const { channels } = configFileSchema.parse(parse(config ?? ""));
  const letters = channels["letters"];
  expect(letters).toMatchObject({ provider: "./plugins/letters.ts" });
  await expect(
    loadProvider("./plugins/letters.ts", letters?.options, folder, "letters"),
  ).resolves.toMatchObject({ name: "letters" });
});

test("every built-in provider has its line in the table", () => {
  for (const name of builtInProviders) expect(docs).toContain(`| \`${name}\` |`);
});

async function startPrintShop() {
  let taken: (request: IncomingMessage) => void = () => {};
  let isSilent = false;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      taken(request);
      if (!isSilent)
        response.writeHead(shop.status, { "content-type": "application/json" }).end('{"id":"L-1"}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const shop = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    status: 200,
    fallSilent(reached: () => void) {
      isSilent = true;
      taken = reached;
    },
    close: () =>
      new Promise<void>((closed) => server.close(() => closed()) && server.closeAllConnections()),
  };
  return shop;
}
