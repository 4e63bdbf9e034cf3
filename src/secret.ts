import { createHmac, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The key that signs the links in messages: WAYPOST_SECRET, else one made at the first start and kept in
 * `.waypost/secret` (mode 0600). All processes of an installation must share it, or links of one are forged to another.
 */
export function readSecret(folder: string, given: string | undefined): string {
  if (given !== undefined) return given;
  const path = join(folder, ".waypost", "secret");
  mkdirSync(join(folder, ".waypost"), { recursive: true });
  try {
    writeFileSync(path, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
  }
  return readFileSync(path, "utf8").trim();
}

/**
 * The key that signs calls to services where WAYPOST_CALLS_SECRET gives none, as they are told it (`whsec_` and base64).
 * Derived from the other secret, which the services must not know.
 */
export function callsSecret(secret: string): string {
  return `whsec_${createHmac("sha256", secret).update("waypost calls").digest("base64")}`;
}
