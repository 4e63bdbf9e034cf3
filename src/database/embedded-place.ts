import { type SpawnOptions, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { WaypostError, reasonOf } from "../errors.ts";

/** Whom the server's processes belong to. Postgres refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Where one project's embedded server keeps what it has. */
export interface Place {
  /** Undefined: whoever runs us. */
  readonly account: Account | undefined;
  /** Postgres's own data directory. */
  readonly data: string;
  readonly log: string;
  /** Holds the password for connections over loopback. */
  readonly password: string;
  /** Where a copy of the programs may be put. */
  readonly copies: string;
}

/** Root keeps here what cannot be below a project that its Postgres cannot reach, such as one in /root. */
const ROOTS_HOME = "/var/lib/waypost";
const NOBODY: Account = { uid: 65_534, gid: 65_534 };

/**
 * Finds the data of the project in `folder`, or decides where it shall be: `.waypost/postgres`, which is a link to a
 * folder in /var/lib/waypost when we are root and the account Postgres runs as may not enter `.waypost`.
 */
export function findPlace(folder: string): Place {
  const home = join(folder, ".waypost");
  try {
    mkdirSync(home, { recursive: true });
    const link = join(realpathSync(home), "postgres");
    const account = accountFor(link);
    if (account?.uid === statSync(folder).uid) giveTo(account, dirname(link));
    const data =
      account === undefined || mayEnter(account, dirname(link)) ? ownOrLinked(link) : linked(link);
    const copies = account === undefined ? dirname(link) : ROOTS_HOME;
    return { account, data, log: `${data}.log`, password: `${data}-password`, copies };
  } catch (error) {
    if (error instanceof WaypostError) throw error;
    throw new WaypostError(
      "WAYPOST_DATABASE",
      `${home}: expected a folder to keep the embedded database in, got: ${reasonOf(error)}. Make it writable, or set DATABASE_URL`,
      { cause: error },
    );
  }
}

export function giveTo(account: Account | undefined, path: string): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}

/**
 * How to start a program as `account`: in a working directory it may be in, and without our environment, where the
 * providers' keys are.
 */
export function runAs(account: Account | undefined): SpawnOptions {
  if (process.platform === "win32") return {};
  return { ...account, cwd: "/", env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } };
}

/** For root: whoever owns the data already or the project; else `postgres`, where there is such a user, or `nobody`. */
function accountFor(link: string): Account | undefined {
  const us = process.getuid?.();
  const owner = existsSync(link) ? statSync(link) : undefined;
  if (us === undefined) return undefined;
  if (owner !== undefined && owner.uid !== us && us !== 0) throw foreign(link, owner.uid);
  if (us !== 0) return undefined;
  if (owner?.uid === 0) throw foreign(link, 0);
  const { uid, gid } = owner ?? statSync(dirname(dirname(link)));
  return uid === 0 ? (userNamed("postgres") ?? userNamed("nobody") ?? NOBODY) : { uid, gid };
}

function foreign(link: string, uid: number): WaypostError {
  const remedy =
    uid === 0
      ? `Postgres does not run as root; give it away with "chown -R nobody ${link}/"`
      : `Run Waypost as that user or as root, or remove the folder to start anew`;
  return new WaypostError(
    "WAYPOST_DATABASE",
    `${link}: expected a database of the current user, found one of user ${uid}. ${remedy}, or set DATABASE_URL`,
  );
}

function userNamed(name: string): Account | undefined {
  const [uid, gid] = ["-u", "-g"].map(
    (flag) => spawnSync("id", [flag, name], { encoding: "utf8" }).stdout,
  );
  if (!uid?.trim() || !gid?.trim()) return undefined;
  return { uid: Number(uid), gid: Number(gid) };
}

function mayEnter(account: Account, path: string): boolean {
  return spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", path], runAs(account)).status === 0;
}

function ownOrLinked(link: string): string {
  return isLink(link) ? linked(link) : link;
}

/** Each place in /var/lib/waypost names its project, so that a copied project does not share its original's data. */
function linked(link: string): string {
  const found = isLink(link) ? resolve(dirname(link), readlinkSync(link)) : undefined;
  if (found !== undefined && existsSync(found) && isOurs(found, link)) return found;
  rmSync(link, { force: true });
  const data = join(ROOTS_HOME, randomBytes(6).toString("hex"), "postgres");
  mkdirSync(dirname(data), { recursive: true });
  for (const path of [ROOTS_HOME, dirname(data)]) chmodSync(path, 0o755);
  writeFileSync(join(dirname(data), "project"), link);
  symlinkSync(data, link);
  return data;
}

function isOurs(data: string, link: string): boolean {
  const note = join(dirname(data), "project");
  const project = existsSync(note) ? readFileSync(note, "utf8") : link;
  const isCopy = project !== link && isLink(project) && readlinkSync(project) === data;
  if (!isCopy) writeFileSync(note, link);
  return !isCopy;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
