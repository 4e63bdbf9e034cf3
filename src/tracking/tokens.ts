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
 * Signed tokens for URLs in messages: the delivery id (16 bytes), for clicks the link id (6 bytes), and 128 bits of
 * HMAC-SHA256, in base64url. The first secret signs, all of them verify: a new one goes in front, and old mail works on.
 */
export interface Tokens {
  write(purpose: TokenPurpose, deliveryId: string, linkId?: string): string;
  /** Undefined for whatever this secret did not sign for this purpose. */
  read(purpose: TokenPurpose, text: string): TokenContent | undefined;
}

const DELIVERY = 16;
const LINK = 6;
const MAC = 16;

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
  const length = payloadLength(purpose);
  const token = Buffer.allocUnsafe(length + MAC);
  const written = token.write(deliveryId.replaceAll("-", ""), 0, DELIVERY, "hex");
  if (key === undefined || written !== DELIVERY)
    throw new Error(`tracking: expected a delivery id, got ${JSON.stringify(deliveryId)}`);
  if (length > DELIVERY) token.writeUIntBE(Number(linkId), DELIVERY, LINK);
  macOf(key, token.subarray(0, length)).copy(token, length, 0, MAC);
  return token.toString("base64url");
}

function read(
  keys: readonly KeyObject[],
  purpose: TokenPurpose,
  text: string,
): TokenContent | undefined {
  const length = payloadLength(purpose);
  const token = Buffer.from(text.slice(0, 100), "base64url");
  // Decoding forgives strange characters and stray bits at the end: one token shall have one spelling.
  if (token.length !== length + MAC || token.toString("base64url") !== text) return undefined;
  const payload = token.subarray(0, length);
  const mac = token.subarray(length);
  if (!keys.some((key) => timingSafeEqual(macOf(key, payload).subarray(0, MAC), mac)))
    return undefined;
  return {
    deliveryId: uuidOf(payload),
    linkId: length > DELIVERY ? String(payload.readUIntBE(DELIVERY, LINK)) : null,
  };
}

function payloadLength(purpose: TokenPurpose): number {
  return purpose === "click" ? DELIVERY + LINK : DELIVERY;
}

function macOf(key: KeyObject, payload: Buffer): Buffer {
  return createHmac("sha256", key).update(payload).digest();
}

function uuidOf(payload: Buffer): string {
  const hex = payload.toString("hex", 0, DELIVERY);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
