import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { type Clock, systemClock } from "../clock.ts";
import { reasonOf } from "../errors.ts";
import type { Outcome, Outgoing, Provider } from "./channel.ts";
import { deliveryIdOf } from "./delivery-id.ts";
import { outboxPath, readOutbox, writtenForm } from "./outbox-file.ts";
import type { ProviderPlugin } from "./provider-plugin.ts";
import { untrustedText } from "./untrusted-text.ts";
import { outcomeOf, type Verdict } from "./verdict.ts";

const outboxOptions = z.strictObject({
  /** Where the messages go, one file each; made when it is not there. */
  folder: z.string().min(1).default(".waypost/outbox"),
});
export type OutboxOptions = z.input<typeof outboxOptions>;

/** Any channel, into a folder: what would be sent, one file a message, to open in a browser. The default without keys. */
const plugin: ProviderPlugin<z.output<typeof outboxOptions>> = {
  name: "outbox",
  channels: "any",
  options: outboxOptions,
  create: (options) => createOutbox(options),
};
export default plugin;

/** A message is written in full beside its place and then moved there: under its own name it is whole or not there at all. */
export function createOutbox(given: OutboxOptions = {}, clock: Clock = systemClock): Provider {
  const folder = resolve(outboxOptions.parse(given).folder);
  const made = new Map<string, Promise<unknown>>();
  let written = 0;
  return {
    name: "outbox",
    async send(message, signal) {
      if (deliveryIdOf(message.deliveryId) === null)
        return {
          kind: "refused",
          of: "message",
          code: "bad_delivery_id",
          detail: "the delivery id is not a UUID",
        };
      if (signal.aborted)
        return outcomeOf("wait", {
          code: "deadline",
          detail: "the deadline had passed before anything was written",
        });
      const path = outboxPath(folder, message);
      // Beside its place: moving a file between folders takes a lock of the whole file system, a tenth of the speed.
      const half = join(dirname(path), `.${process.pid}-${written++}`);
      try {
        await makeOnce(made, dirname(path));
        await writeFile(half, writtenForm(message, clock.now()));
        await rename(half, path);
        return { kind: "accepted", receipt: message.deliveryId };
      } catch (thrown) {
        made.clear();
        await rm(half, { force: true }).catch(() => {});
        return outcomeOfFault(thrown, message);
      }
    },
    /** Unlike a provider across the network, a folder always knows. */
    async lookUp(message) {
      const found = await readOutbox(folder, message.deliveryId);
      if (found !== undefined) return { kind: "accepted", receipt: message.deliveryId };
      return outcomeOf("wait", { code: "not_written", detail: "the message is not in the outbox" });
    },
    async close() {},
  };
}

function makeOnce(made: Map<string, Promise<unknown>>, folder: string): Promise<unknown> {
  let making = made.get(folder);
  if (making === undefined) {
    making = mkdir(folder, { recursive: true });
    made.set(folder, making);
  }
  return making;
}

/** Nothing was moved into place, so nothing was sent: a full disk passes, a folder that may not be written must be mended. */
const verdicts: Readonly<Record<string, Verdict>> = {
  ENOSPC: "throttle",
  EDQUOT: "throttle",
  EMFILE: "throttle",
  ENFILE: "throttle",
  ENOENT: "wait",
  EIO: "soft",
};

function outcomeOfFault(thrown: unknown, message: Outgoing): Outcome {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "outbox";
  return outcomeOf(verdicts[code] ?? "misconfigured", {
    code,
    detail: untrustedText(reasonOf(thrown), [message.to]),
  });
}
