import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Database } from "../database/database.ts";
import { type Stamp, beat, readInstallation, whyRestored } from "../database/installation.ts";
import type { Log } from "../log.ts";
import { findRestored, holdRestored } from "../message/restored.ts";
import type { QueueBackend } from "./backend.ts";

/**
 * Keeps a restored backup, or a second copy, from sending what the original sent already. The database counts its
 * heartbeats; what was seen of them is kept outside too: in this process, in the project's folder and, where there is
 * one, in Redis. Looks at the start, with every heartbeat, and, for the cheap part, before each batch.
 */
export interface RestoreGuard {
  /** Compares and counts the heartbeat on. Where the database was restored it is held back. */
  look(): Promise<void>;
  /** Whether a batch may be delivered: not held back, and not behind what this worker has seen. */
  mayDeliver(): Promise<boolean>;
}

/** What it looks at and speaks through. */
interface Guarded {
  readonly config: { readonly folder: string };
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly deliveries: ReadonlyMap<string, { readonly channel: string; readonly provider: string }>;
}

export function createRestoreGuard(
  parts: Guarded,
  backend: Pick<QueueBackend, "notes">,
): RestoreGuard {
  const { database, deliveries, log, clock, config } = parts;
  const file = join(config.folder, ".waypost", "heartbeat.json");
  const channels = [...deliveries.values()].map(({ channel, provider }) => ({
    name: channel,
    provider,
  }));
  let seen: Stamp | undefined;
  let isTold = false;
  const hold = async (id: string, why: string) => {
    await holdRestored(database, channels, { id, why }, clock.now());
    if (!isTold)
      log.error(
        { why },
        "this database was restored from a backup, or is a copy: nothing is delivered until `waypost confirm-restore`",
      );
    isTold = true;
  };
  const guard: RestoreGuard = {
    async look() {
      // Before the database: what another worker counts on meanwhile must not look as if it were lost.
      const stamps = [seen, await inFile(file), read((await backend.notes?.read()) ?? "", "Redis")];
      const { found, here } = await readInstallation(database);
      const known = stamps.filter((stamp) => stamp !== undefined);
      const why = found.restoredWhy ?? whyRestored(found, here, known);
      if (why !== null) return hold(found.id, why);
      isTold = false;
      const now = await beat(database, here);
      if (now === undefined) return;
      seen = { id: now.id, beat: now.beat, at: now.beatAt, where: "this worker" };
      const text = JSON.stringify({ id: seen.id, beat: seen.beat, at: seen.at });
      await keep(config.folder, file, text);
      await backend.notes?.write(text);
    },
    async mayDeliver() {
      const least = BigInt(seen?.beat ?? 0);
      const found = await findRestored(database);
      if (found.at !== null) return false;
      if (BigInt(found.beat) >= least) return true;
      await guard.look();
      return (await findRestored(database)).at === null;
    },
  };
  return guard;
}

const stampSchema = z.object({
  id: z.string(),
  beat: z.string().regex(/^\d+$/),
  at: z.coerce.date(),
});

async function inFile(file: string): Promise<Stamp | undefined> {
  return read(await readFile(file, "utf8").catch(() => ""), file);
}

/** What cannot be read says nothing. */
function read(text: string, where: string): Stamp | undefined {
  if (text === "") return undefined;
  try {
    return { ...stampSchema.parse(JSON.parse(text)), where };
  } catch {
    return undefined;
  }
}

/** Whole or not at all. A folder that cannot be written has no stamp: the others must do. */
async function keep(folder: string, file: string, text: string): Promise<void> {
  // In containers that share the folder every process is the first.
  const draft = `${file}.${hostname()}.${process.pid}`;
  try {
    await mkdir(join(folder, ".waypost")).catch(() => {});
    await writeFile(draft, `${text}\n`);
    await rename(draft, file);
  } catch {}
}
