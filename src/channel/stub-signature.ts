import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** Signs as SendGrid does: ECDSA P-256 over the timestamp and the body. A key pair of its own each time. */
export interface SendgridSigner {
  /** What the settings page would show: the option `webhookKey` of the provider. */
  readonly publicKey: string;
  sign(body: string, at: Date): Record<string, string>;
}

export function createSendgridSigner(): SendgridSigner {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    publicKey: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    sign: (body, at) => signed(body, at, privateKey),
  };
}

function signed(body: string, at: Date, key: KeyObject): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = sign("sha256", Buffer.from(timestamp + body), key).toString("base64");
  return {
    "x-twilio-email-event-webhook-signature": signature,
    "x-twilio-email-event-webhook-timestamp": timestamp,
  };
}

/** Signs as Twilio does: HMAC-SHA1 with the auth token over the URL and every field, by name. */
export function twilioSignature(
  authToken: string,
  url: string,
  fields: Readonly<Record<string, string>>,
): string {
  const signedText = Object.keys(fields)
    .toSorted()
    .reduce((text, name) => text + name + (fields[name] ?? ""), url);
  return createHmac("sha1", authToken).update(signedText).digest("base64");
}
