import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Closers } from "../bench/closers.ts";
import { startEmbedded } from "../src/database/embedded.ts";
import { type PostgresServer, startPostgres } from "./servers.ts";

const room = 6 * 2 ** 30;

/** A Postgres whose data, log of writes and messages share one file system in memory, which grows and shrinks as it is told. */
export async function startOnSmallDisk(folder: string, closers: Closers): Promise<PostgresServer> {
  const disk = join(folder, ".waypost");
  mkdirSync(disk);
  mount(disk, `size=${room}`);
  closers.add(() => void spawnSync("umount", ["--lazy", disk]));
  const server = await startPostgres(folder, closers);
  const free = async () => {
    mount(disk, `remount,size=${room}`);
    await startEmbedded({ folder });
  };
  // Before it is ended: a server that cannot write does not end well.
  closers.add(() => mount(disk, `remount,size=${room}`));
  return {
    ...server,
    disk: {
      fill: () => shrink(disk),
      free,
    },
  };
}

/** It cannot be smaller than what is on it, and whoever writes to it goes on. */
async function shrink(disk: string): Promise<void> {
  for (let left = 100; ; left--) {
    const { blocks, bfree, bsize } = statfsSync(disk);
    try {
      return mount(disk, `remount,size=${(blocks - bfree) * bsize}`);
    } catch (thrown) {
      if (left === 0) throw thrown;
      await pause(20);
    }
  }
}

/** Only root may mount, and not in every container. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "only root on Linux can give Postgres a disk of its own that is full";
  const folder = mkdtempSync(join(tmpdir(), "waypost-disk-"));
  try {
    mount(folder, "size=65536");
    spawnSync("umount", [folder]);
    return undefined;
  } catch (thrown) {
    return String(thrown);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function mount(folder: string, options: string): void {
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`a disk that can be full cannot be mounted: ${stderr.trim()}`);
}
