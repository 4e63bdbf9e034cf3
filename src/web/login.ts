import { createHash, randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";

const hashOf = (secret: string) => createHash("sha256").update(secret).digest();
const tokenMinutes = 60;
const sessionDays = 14;

/**
 * Makes a token that lets one person in, once, within an hour. The terminal prints it: whoever can run `waypost login`
 * on the machine may see the dashboard. Only hashes are kept. Counted by the host's own time, not the engine's clock.
 */
export async function createLoginToken(database: Database, now = new Date()): Promise<string> {
  const token = randomBytes(24).toString("base64url");
  const expires_at = new Date(now.getTime() + tokenMinutes * 60_000);
  await database
    .insertInto("login_tokens")
    .values({ hash: hashOf(token), created_at: now, expires_at })
    .execute();
  return token;
}

/** Spends a login token and opens a session; undefined for a token that is wrong, spent or too old. */
export async function openSession(
  database: Database,
  token: string,
  now = new Date(),
): Promise<{ secret: string; expiresAt: Date } | undefined> {
  const { rows } = await sql`
    update login_tokens set used_at = ${now}
    where hash = ${hashOf(token)} and used_at is null and expires_at > ${now} returning 1`.execute(
    database,
  );
  if (rows.length === 0) return undefined;
  await forgetEnded(database, now);
  const secret = randomBytes(32).toString("base64url");
  const expiresAt = new Date(now.getTime() + sessionDays * 86_400_000);
  await database
    .insertInto("sessions")
    .values({ hash: hashOf(secret), created_at: now, expires_at: expiresAt })
    .execute();
  return { secret, expiresAt };
}

export async function hasSession(
  database: Database,
  secret: string,
  now = new Date(),
): Promise<boolean> {
  const found = await database
    .selectFrom("sessions")
    .select("hash")
    .where("hash", "=", hashOf(secret))
    .where("expires_at", ">", now)
    .executeTakeFirst();
  return found !== undefined;
}

export async function closeSession(database: Database, secret: string): Promise<void> {
  await database.deleteFrom("sessions").where("hash", "=", hashOf(secret)).execute();
}

/** Whether anybody has ever come in: until then `waypost start` prints a token by itself. */
export async function hasAnySession(database: Database): Promise<boolean> {
  return (
    (await database.selectFrom("sessions").select("hash").limit(1).executeTakeFirst()) !== undefined
  );
}

/** What lets nobody in any more is not kept. */
async function forgetEnded(database: Database, now: Date): Promise<void> {
  await database.deleteFrom("sessions").where("expires_at", "<=", now).execute();
  await database.deleteFrom("login_tokens").where("expires_at", "<=", now).execute();
}
