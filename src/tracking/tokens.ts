import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { WaypostError } from "../errors.ts";

/** What a token lets its holder do. Each has a key of its own, so that none can stand for another. */
export type TokenPurpose = "click" | "open" | "unsubscribe" | "preferences" | "report";

export interface TokenContent {
  readonly deliveryId: string;
  /** Of clicks only. */
  readonly linkId: string | null;
}

/**
 * Signed tokens for URLs in messages: the delivery id (16 bytes), for clicks the link id (6 bytes), and 132 bits of
 * HMAC-SHA256, each in base64url; 2 µs each. The first secret signs, all of them verify: a new one goes in front, and old mail works on.
 */
export interface Tokens {
  write(purpose: TokenPurpose, deliveryId: string, linkId?: string): string;
  /** Undefined for whatever this secret did not sign for this purpose. */
  read(purpose: TokenPurpose, text: string): TokenContent | undefined;
}

const DELIVERY = 16;
const LINK = 6;
/** Characters of the signature. */
const SIGNATURE = 22;

export function createTokens(secrets: readonly string[]): Tokens {
  if (secrets.length === 0 || secrets.some((secret) => secret.length < 16)) {
    throw new WaypostError(
      "WAYPOST_CONFIG",
      "tracking: expected secrets of at least 16 characters to sign links with; set WAYPOST_SECRET",
    );
  }
  const keys = {
    click: keysFor("click", secrets),
    open: keysFor("open", secrets),
    unsubscribe: keysFor("unsubscribe", secrets),
    preferences: keysFor("preferences", secrets),
    report: keysFor("report", secrets),
  };
  return {
    write: (purpose, deliveryId, linkId) => write(keys[purpose], purpose, deliveryId, linkId),
    read: (purpose, text) => read(keys[purpose], purpose, text),
  };
}

function keysFor(purpose: TokenPurpose, secrets: readonly string[]): readonly KeyObject[] {
  return secrets.map((secret) =>
    createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", `waypost ${purpose} token`, 32))),
  );
}

function write(
  [key]: readonly KeyObject[],
  purpose: TokenPurpose,
  deliveryId: string,
  linkId: string | undefined,
): string {
  const payload = Buffer.allocUnsafe(payloadLength(purpose));
  const written = payload.write(deliveryId.replaceAll("-", ""), 0, DELIVERY, "hex");
  if (key === undefined || written !== DELIVERY)
    throw new Error(`tracking: expected a delivery id, got ${JSON.stringify(deliveryId)}`);
  if (payload.length > DELIVERY) payload.writeUIntBE(Number(linkId), DELIVERY, LINK);
  return payload.toString("base64url") + signature(key, payload);
}

function read(
  keys: readonly KeyObject[],
  purpose: TokenPurpose,
  text: string,
): TokenContent | undefined {
  if (text.length > 100) return undefined;
  const payload = Buffer.from(text.slice(0, -SIGNATURE), "base64url");
  if (payload.length !== payloadLength(purpose)) return undefined;
  // Decoding forgives strange characters and stray bits at the end, so the whole spelling is compared.
  const given = Buffer.from(text);
  const spelling = payload.toString("base64url");
  const isSigned = keys.some((key) =>
    isSame(given, Buffer.from(spelling + signature(key, payload))),
  );
  if (!isSigned) return undefined;
  return {
    deliveryId: uuidOf(payload),
    linkId: payload.length > DELIVERY ? String(payload.readUIntBE(DELIVERY, LINK)) : null,
  };
}

function payloadLength(purpose: TokenPurpose): number {
  return purpose === "click" ? DELIVERY + LINK : DELIVERY;
}

function signature(key: KeyObject, payload: Buffer): string {
  return createHmac("sha256", key).update(payload).digest("base64url").slice(0, SIGNATURE);
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function uuidOf(payload: Buffer): string {
  const hex = payload.toString("hex", 0, DELIVERY);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
