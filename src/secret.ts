import { createHmac, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The keys that sign the links in messages, the one that signs first and then those that still verify: WAYPOST_SECRET,
 * else one made at the first start and kept in `.waypost/secret` (mode 0600). All processes of an installation must
 * share them, or links of one are forged to another.
 */
export function readSecrets(
  folder: string,
  given: readonly string[] | undefined,
): readonly string[] {
  if (given !== undefined) return given;
  const path = join(folder, ".waypost", "secret");
  mkdirSync(join(folder, ".waypost"), { recursive: true });
  try {
    writeFileSync(path, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
  }
  return readFileSync(path, "utf8")
    .split(",")
    .map((secret) => secret.trim());
}

/**
 * The key that signs calls to services where WAYPOST_CALLS_SECRET gives none, as they are told it (`whsec_` and base64).
 * Derived from the secret that signs links now, which the services must not know.
 */
export function callsSecret([secret = ""]: readonly string[]): string {
  return `whsec_${createHmac("sha256", secret).update("waypost calls").digest("base64")}`;
}
