import { readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Outgoing } from "./channel.ts";
import { deliveryIdOf } from "./delivery-id.ts";

const kept = z.object({
  deliveryId: z.string(),
  channel: z.string(),
  to: z.string(),
  from: z.string().nullable(),
  replyTo: z.string().nullable(),
  subject: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  validUntil: z.string().nullable(),
  sentAt: z.string(),
  text: z.string(),
});

/** A message as the outbox keeps it. */
export interface OutboxMessage extends z.output<typeof kept> {
  readonly html: string | null;
}

/** `<folder>/<channel>/<last two of the id>/<id>.html`, so that no directory holds more than a 256th of the messages. */
export function outboxPath(folder: string, message: Outgoing): string {
  const id = message.deliveryId.toLowerCase();
  const extension = message.html === null ? "json" : "html";
  return join(folder, message.channel.replace(/[^\w-]/g, "_"), id.slice(-2), `${id}.${extension}`);
}

const opening = "<!-- Waypost outbox\n";
const closing = "\n-->\n";

/** With HTML: a page a browser shows as the customer would see it, the rest in a comment on top. Without: JSON. */
export function writtenForm(message: Outgoing, sentAt: Date): string {
  const { deliveryId, channel, to, from, replyTo, subject, headers, validUntil, text, html } =
    message;
  const top = {
    deliveryId,
    channel,
    to,
    from,
    replyTo,
    subject,
    headers,
    validUntil,
    sentAt,
    text,
  };
  const json = JSON.stringify(
    top,
    (_, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value),
    2,
  );
  if (html === null) return `${json}\n`;
  // A comment ends at the first "-->", so no text may hold two hyphens in a row.
  return opening + json.replaceAll("--", "-\\u002d") + closing + html.toWellFormed();
}

/** What was sent under this id, for the dashboard; undefined when there is no such message, whatever the id is made of. */
export async function readOutbox(
  folder: string,
  deliveryId: string,
): Promise<OutboxMessage | undefined> {
  const id = deliveryIdOf(deliveryId);
  if (id === null) return undefined;
  for (const channel of await channelsOf(folder)) {
    for (const extension of ["html", "json"]) {
      const written = await readIfThere(join(folder, channel, id.slice(-2), `${id}.${extension}`));
      if (written !== undefined) return parse(written);
    }
  }
  return undefined;
}

/** Takes the files of these messages away, as far as there are any. Returns how many there were. */
export async function removeFromOutbox(
  folder: string,
  deliveryIds: readonly string[],
): Promise<number> {
  const channels = await channelsOf(folder);
  let removed = 0;
  for (const id of deliveryIds)
    for (const channel of channels)
      for (const extension of ["html", "json"])
        removed += await removeIfThere(join(folder, channel, id.slice(-2), `${id}.${extension}`));
  return removed;
}

async function removeIfThere(path: string): Promise<number> {
  try {
    await unlink(path);
    return 1;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return 0;
    throw thrown;
  }
}

async function channelsOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}

function parse(written: string): OutboxMessage {
  if (!written.startsWith(opening)) return { ...kept.parse(JSON.parse(written)), html: null };
  const end = written.indexOf(closing);
  return {
    ...kept.parse(JSON.parse(written.slice(opening.length, end))),
    html: written.slice(end + closing.length),
  };
}
