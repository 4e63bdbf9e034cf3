import { type Clock, systemClock } from "../clock.ts";
import { createSendgridSigner, twilioSignature } from "./stub-signature.ts";
import { type Wire, createWire } from "./wire.ts";

/** Carries what the stub sends back into the world; answers whether it was taken with a 2xx. */
export interface Postman {
  readonly sendgridPublicKey: string;
  sendgridEvents(url: string, events: readonly unknown[]): Promise<boolean>;
  twilioForm(url: string, fields: Readonly<Record<string, string>>): Promise<boolean>;
  get(url: string, userAgent: string): Promise<boolean>;
  leave(url: string): Promise<boolean>;
  close(): Promise<void>;
}

/** `old_key`: with one that is not, or no longer, the one the settings page shows. */
export type StubSignature = "truly" | "not" | "old_key";

const deadlineMs = 15_000;

export function createPostman(
  options: { readonly twilioAuthToken: string; readonly signed: StubSignature },
  clock: Clock = systemClock,
): Postman {
  const wire = createWire({ connections: 32 });
  const signer = createSendgridSigner();
  const pen = options.signed === "old_key" ? createSendgridSigner() : signer;
  const authToken = options.twilioAuthToken + (options.signed === "old_key" ? " of old" : "");
  const send = sending(wire);
  return {
    sendgridPublicKey: signer.publicKey,
    sendgridEvents(url, events) {
      const body = JSON.stringify(events);
      const signature = options.signed === "not" ? {} : pen.sign(body, clock.now());
      return send(
        "POST",
        url,
        { "content-type": "application/json", "user-agent": "SendGrid Event API", ...signature },
        body,
      );
    },
    twilioForm(url, fields) {
      // The fragment holds Twilio's own connection settings: neither sent nor signed.
      const target = url.split("#", 1)[0] ?? url;
      const signature: Record<string, string> =
        options.signed === "not"
          ? {}
          : { "x-twilio-signature": twilioSignature(authToken, target, fields) };
      const headers = {
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": "TwilioProxy/1.1",
        ...signature,
      };
      return send("POST", target, headers, new URLSearchParams(fields).toString());
    },
    get: (url, userAgent) => send("GET", url, { "user-agent": userAgent }, null),
    leave: (url) =>
      send(
        "POST",
        url,
        { "content-type": "application/x-www-form-urlencoded" },
        "List-Unsubscribe=One-Click",
      ),
    close: () => wire.close(),
  };
}

/** Answers whether it was taken with a 2xx. */
function sending(wire: Wire) {
  return async (
    method: "GET" | "POST",
    url: string,
    headers: Record<string, string>,
    body: string | null,
  ): Promise<boolean> => {
    const target = URL.parse(url);
    if (target === null) return false;
    const path = target.pathname + target.search;
    const result = await wire.call({
      method,
      origin: target.origin,
      path,
      headers,
      body,
      signal: AbortSignal.timeout(deadlineMs),
    });
    return result.kind === "answered" && result.status >= 200 && result.status < 300;
  };
}
