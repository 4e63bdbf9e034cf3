import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Provider } from "../../src/channel/channel.ts";
import { createOutbox } from "../../src/channel/outbox.ts";
import { readOutbox } from "../../src/channel/outbox-file.ts";
import { anEmail, anSms, noDeadline } from "./messages.ts";

let folder: string;
let outbox: Provider;
const now = new Date("2026-01-12T12:00:00Z");
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "waypost-outbox-"));
  outbox = createOutbox({ folder }, { now: () => now });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function files(): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test("an e-mail is a page to open in a browser, and is read back as it was", async () => {
  const message = anEmail({
    html: "<!doctype html><p>Äh --> \n-->\n ok",
    text: "--> 😀\r\n--",
    subject: "a -- b",
  });
  expect(await outbox.send(message, noDeadline)).toEqual({
    kind: "accepted",
    receipt: message.deliveryId,
  });
  expect(await files()).toEqual([`${message.deliveryId}.html`]);
  const { reportUrl: _, ...kept } = message;
  expect(await readOutbox(folder, message.deliveryId)).toEqual({
    ...kept,
    sentAt: now.toISOString(),
  });
});

test("a text is JSON to read with the eye", async () => {
  const message = anSms();
  await outbox.send(message, noDeadline);
  expect(await files()).toEqual([`${message.deliveryId}.json`]);
  expect(await readOutbox(folder, message.deliveryId)).toMatchObject({
    channel: "sms",
    to: message.to,
    text: message.text,
    html: null,
  });
});

test("the same delivery twice is one file", async () => {
  const message = anEmail();
  await Promise.all([outbox.send(message, noDeadline), outbox.send(message, noDeadline)]);
  expect(await files()).toHaveLength(1);
});

test("a thousand messages are spread over folders, and none is left half written", async () => {
  await Promise.all(Array.from({ length: 1000 }, () => outbox.send(anEmail(), noDeadline)));
  expect(await files()).toHaveLength(1000);
  expect((await files()).filter((name) => name.startsWith("."))).toEqual([]);
  expect((await readdir(join(folder, "email"))).length).toBeGreaterThan(200);
});

test("it always knows what became of a message", async () => {
  const message = anEmail();
  const sent = {
    deliveryId: message.deliveryId,
    to: message.to,
    textSha256: null,
    startedAt: now,
  };
  expect(await outbox.lookUp?.(sent, noDeadline)).toMatchObject({ kind: "later", counted: false });
  await outbox.send(message, noDeadline);
  expect(await outbox.lookUp?.(sent, noDeadline)).toEqual({
    kind: "accepted",
    receipt: message.deliveryId,
  });
});

test("a folder that is none pauses the channel and keeps the message open", async () => {
  const path = join(folder, "taken");
  await writeFile(path, "a file");
  expect(await createOutbox({ folder: path }).send(anEmail(), noDeadline)).toMatchObject({
    kind: "misconfigured",
  });
});

test("a folder that is removed underneath is made again at the next message", async () => {
  await outbox.send(anEmail(), noDeadline);
  await rm(folder, { recursive: true });
  await outbox.send(anEmail(), noDeadline);
  expect(await outbox.send(anEmail(), noDeadline)).toMatchObject({ kind: "accepted" });
});

test.each(["../../etc/passwd", "", "x", "%2e%2e%2f", `${"0".repeat(35)}/`])(
  "reading %j finds nothing and leaves the folder alone",
  async (id) => {
    expect(await readOutbox(folder, id)).toBeUndefined();
  },
);

test("a channel with a strange name stays inside the folder", async () => {
  const message = anSms({ channel: "../outside" });
  await outbox.send(message, noDeadline);
  expect(await readdir(folder)).toContain("___outside");
  expect(
    await readFile(
      join(folder, "___outside", message.deliveryId.slice(-2), `${message.deliveryId}.json`),
      "utf8",
    ),
  ).toContain(message.text);
});
