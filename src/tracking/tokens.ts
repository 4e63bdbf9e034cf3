import {
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { WaypostError } from "../errors.ts";

/** What a token lets its holder do. Each signs under its own number, so that none can stand for another. */
export type TokenPurpose = "click" | "open" | "unsubscribe" | "preferences" | "report";

export interface TokenContent {
  readonly deliveryId: string;
  /** Of clicks only. */
  readonly linkId: string | null;
}

/**
 * Signed tokens for URLs in messages: the delivery id (16 bytes), for clicks the link id (6 bytes), and 132 bits of a
 * signature, each in base64url. A message has a dozen of them, so the signature is made in two steps: a key for each
 * delivery by HMAC-SHA256, and SHA-256 over that key, the purpose and the link id for each token, all of fixed lengths.
 * The first secret signs, all of them verify: a new one goes in front, and old mail works on.
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
/** What each purpose signs under. A number is never given anew: mail lies in mailboxes for years. */
const numbers: Readonly<Record<TokenPurpose, number>> = {
  click: 1,
  open: 2,
  unsubscribe: 3,
  preferences: 4,
  report: 5,
};

export function createTokens(secrets: readonly string[]): Tokens {
  if (secrets.length === 0 || secrets.some((secret) => secret.length < 16)) {
    throw new WaypostError(
      "WAYPOST_CONFIG",
      "tracking: expected secrets of at least 16 characters to sign links with; set WAYPOST_SECRET",
    );
  }
  const [signer, ...older] = secrets.map(signerOf) as [Signer, ...Signer[]];
  return {
    write: (purpose, deliveryId, linkId) => write(signer, purpose, deliveryId, linkId),
    read: (purpose, text) => read([signer, ...older], purpose, text),
  };
}

/** The signature of a token for the bytes of a delivery id. */
type Signer = (purpose: TokenPurpose, delivery: Buffer, linkId: number) => string;

function signerOf(secret: string): Signer {
  const key = createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "waypost tokens", 32)));
  const known = Buffer.alloc(DELIVERY);
  // The key of the delivery, the purpose, the link.
  const signed = Buffer.alloc(32 + 1 + LINK);
  deliveryKey(key, known).copy(signed);
  return (purpose, delivery, linkId) => {
    // The tokens of a message are written one after the other.
    if (!delivery.equals(known)) {
      deliveryKey(key, delivery).copy(signed);
      delivery.copy(known);
    }
    signed.writeUInt8(numbers[purpose], 32);
    signed.writeUIntBE(linkId, 33, LINK);
    return hash("sha256", signed, "base64url").slice(0, SIGNATURE);
  };
}

function deliveryKey(key: KeyObject, delivery: Buffer): Buffer {
  return createHmac("sha256", key).update(delivery).digest();
}

function write(
  sign: Signer,
  purpose: TokenPurpose,
  deliveryId: string,
  linkId: string | undefined,
): string {
  const payload = Buffer.allocUnsafe(payloadLength(purpose));
  const written = payload.write(deliveryId.replaceAll("-", ""), 0, DELIVERY, "hex");
  if (written !== DELIVERY)
    throw new Error(`tracking: expected a delivery id, got ${JSON.stringify(deliveryId)}`);
  if (payload.length > DELIVERY) payload.writeUIntBE(Number(linkId), DELIVERY, LINK);
  return payload.toString("base64url") + signature(sign, purpose, payload);
}

function read(
  signers: readonly Signer[],
  purpose: TokenPurpose,
  text: string,
): TokenContent | undefined {
  if (text.length > 100) return undefined;
  const payload = Buffer.from(text.slice(0, -SIGNATURE), "base64url");
  if (payload.length !== payloadLength(purpose)) return undefined;
  // Decoding forgives strange characters and stray bits at the end, so the whole spelling is compared.
  const given = Buffer.from(text);
  const spelling = payload.toString("base64url");
  const isSigned = signers.some((sign) =>
    isSame(given, Buffer.from(spelling + signature(sign, purpose, payload))),
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

function signature(sign: Signer, purpose: TokenPurpose, payload: Buffer): string {
  const linkId = payload.length > DELIVERY ? payload.readUIntBE(DELIVERY, LINK) : 0;
  return sign(purpose, payload.subarray(0, DELIVERY), linkId);
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function uuidOf(payload: Buffer): string {
  const hex = payload.toString("hex", 0, DELIVERY);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
