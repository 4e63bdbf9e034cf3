import { type Clock, systemClock } from "../clock.ts";
import { createSendgridSigner, twilioSignature } from "./stub-signature.ts";
import { createWire } from "./wire.ts";

/** Carries what the stub sends back into the world; answers whether it was taken with a 2xx. */
export interface Postman {
  readonly sendgridPublicKey: string;
  sendgridEvents(url: string, events: readonly unknown[]): Promise<boolean>;
  twilioForm(url: string, fields: Readonly<Record<string, string>>): Promise<boolean>;
  get(url: string, userAgent: string): Promise<boolean>;
  leave(url: string): Promise<boolean>;
  close(): Promise<void>;
}

const deadlineMs = 15_000;

export function createPostman(
  options: { readonly twilioAuthToken: string; readonly unsigned: boolean },
  clock: Clock = systemClock,
): Postman {
  const wire = createWire({ connections: 32 });
  const signer = createSendgridSigner();
  const send = async (
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
  return {
    sendgridPublicKey: signer.publicKey,
    sendgridEvents(url, events) {
      const body = JSON.stringify(events);
      const signature = options.unsigned ? {} : signer.sign(body, clock.now());
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
      const signature: Record<string, string> = options.unsigned
        ? {}
        : { "x-twilio-signature": twilioSignature(options.twilioAuthToken, target, fields) };
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
