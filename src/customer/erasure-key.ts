import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { WaypostError } from "../errors.ts";

/** The secrets of the installation, the one in force first. Asked for only where somebody was erased. */
export type Secrets = () => readonly string[];

/** The two blocks of a key of HMAC-SHA256 (RFC 2104), for the SQL function keyed_hash. */
export interface ErasureKey {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** Of a block of SHA-256, and of the key. */
const blockBytes = 64;
const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/**
 * The key that erased addresses are hashed with; undefined while nobody has been erased. It is made once and stays, since
 * nobody can hash again what was erased: the database keeps it sealed with the secret in force, and when a new secret stands in
 * front of that one it is sealed anew, so that the old one can be taken out.
 */
export async function findErasureKey(
  database: Database,
  secrets: Secrets | undefined,
): Promise<ErasureKey | undefined> {
  const kept = await database.selectFrom("erasure_key").select("sealed").executeTakeFirst();
  if (kept === undefined) return undefined;
  const known = secrets?.() ?? [];
  for (const [place, secret] of known.entries()) {
    const key = unsealed(kept.sealed, secret);
    if (key === undefined) continue;
    const [inForce = secret] = known;
    if (place > 0)
      await database
        .updateTable("erasure_key")
        .set({ sealed: sealedWith(inForce, key) })
        .execute();
    return blocksOf(key);
  }
  throw new WaypostError(
    "WAYPOST_CONFIG",
    "WAYPOST_SECRET: expected one that the addresses of erased customers were hashed under, found none of them; put the old one behind the new one, WAYPOST_SECRET=new,old",
  );
}

/** The same, made where there is none yet. */
export async function getErasureKey(database: Database, secrets: Secrets): Promise<ErasureKey> {
  const found = await findErasureKey(database, secrets);
  if (found !== undefined) return found;
  const [inForce] = secrets();
  if (inForce === undefined)
    throw new WaypostError("WAYPOST_CONFIG", "WAYPOST_SECRET: expected a secret, found none");
  const sealed = sealedWith(inForce, randomBytes(keyBytes));
  await sql`insert into erasure_key (sealed) values (${sealed}) on conflict do nothing`.execute(
    database,
  );
  return getErasureKey(database, secrets);
}

function sealedWith(secret: string, key: Buffer): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", sealOf(secret), iv);
  const text = Buffer.concat([cipher.update(key), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), text]);
}

/** Undefined where it was sealed with another secret. */
function unsealed(sealed: Buffer, secret: string): Buffer | undefined {
  const decipher = createDecipheriv("aes-256-gcm", sealOf(secret), sealed.subarray(0, ivBytes));
  decipher.setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function sealOf(secret: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", "waypost erasure key", keyBytes));
}

function blocksOf(key: Buffer): ErasureKey {
  const block = (byte: number) =>
    Buffer.from(Array.from({ length: blockBytes }, (_, at) => (key[at] ?? 0) ^ byte));
  return { inner: block(0x36), outer: block(0x5c) };
}
