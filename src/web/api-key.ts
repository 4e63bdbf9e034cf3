import { createHash, randomBytes } from "node:crypto";
import type { Database } from "../database/database.ts";

const hashOf = (secret: string) => createHash("sha256").update(secret).digest();

/** Makes a key for a program and returns it, once: only its hash is kept. 256 random bits need no slow hash. */
export async function createApiKey(database: Database, name: string, now: Date): Promise<string> {
  const key = `wp_${randomBytes(32).toString("base64url")}`;
  await database
    .insertInto("api_keys")
    .values({ name, hash: hashOf(key), created_at: now })
    .execute();
  return key;
}

/** The name of a key that was given out and not revoked. */
export async function findApiKey(database: Database, key: string): Promise<string | undefined> {
  const found = await database
    .selectFrom("api_keys")
    .select("name")
    .where("hash", "=", hashOf(key))
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return found?.name;
}

export interface ApiKey {
  readonly id: number;
  readonly name: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export async function listApiKeys(database: Database): Promise<ApiKey[]> {
  return database
    .selectFrom("api_keys")
    .select(["id", "name", "created_at as createdAt", "revoked_at as revokedAt"])
    .orderBy("id")
    .execute();
}

/** Revokes every key of that name; returns how many there were. */
export async function revokeApiKeys(database: Database, name: string, now: Date): Promise<number> {
  const revoked = await database
    .updateTable("api_keys")
    .set({ revoked_at: now })
    .where("name", "=", name)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return Number(revoked.numUpdatedRows);
}
