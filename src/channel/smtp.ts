import type { Readable } from "node:stream";
import nodemailer from "nodemailer";
import { z } from "zod";
import type { Outcome, Outgoing, Provider } from "./channel.ts";
import { headersOf, oneLine, unsendableEmail } from "./outgoing.ts";
import type { ProviderPlugin } from "./provider-plugin.ts";
import { outcomeOfSmtpError, wrongWithServer } from "./smtp-answers.ts";
import { untrustedTextOrNull } from "./untrusted-text.ts";

const smtpOptions = z.strictObject({
  /** `smtps://user:password@mail.shop.example:465`, or `smtp://` with STARTTLS where the server offers it. */
  url: z.url({
    protocol: /^smtps?$/,
    error: "expected smtp:// or smtps://, with user, password, host and port",
  }),
  from: z.string().optional(),
  connections: z.int().min(1).max(200).default(10),
  /** Sign with DKIM here, when the server does not. */
  dkim: z
    .strictObject({ domainName: z.string(), keySelector: z.string(), privateKey: z.string() })
    .optional(),
});
export type SmtpOptions = z.input<typeof smtpOptions>;

/** E-mail by any SMTP server, over kept-open connections. */
const plugin: ProviderPlugin<z.output<typeof smtpOptions>> = {
  name: "smtp",
  channels: ["email"],
  options: smtpOptions,
  create: (options) => createSmtp(options),
};
export default plugin;

export function createSmtp(given: SmtpOptions): Provider {
  const options = smtpOptions.parse(given);
  const bodies = new Map<string, Readable>();
  const transport = nodemailer.createTransport({
    pool: true,
    url: options.url,
    maxConnections: options.connections,
    maxMessages: 1000,
    // Nothing is retried here: the ledger does.
    maxRequeues: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(options.dkim === undefined ? {} : { dkim: options.dkim }),
  });
  // Keeps each message's body stream at hand, to know afterwards how much of it had left.
  transport.use("stream", (mail, done) => {
    mail.message.processFunc((body) => {
      bodies.set(String(mail.data.messageId), body);
      return body;
    });
    done();
  });
  return {
    name: "smtp",
    async send(message, signal) {
      const unsendable = unsendableEmail(message);
      if (unsendable !== undefined) return unsendable;
      const from = message.from ?? options.from;
      if (from === undefined) return noSender;
      const mail = mailOf(message, oneLine(from));
      try {
        const sent = await transport.sendMail({ ...mail, signal });
        return { kind: "accepted", receipt: untrustedTextOrNull(sent.response, [message.to], 200) };
      } catch (thrown) {
        const body = bodies.get(mail.messageId);
        // A server takes a message at the final dot only (RFC 5321 4.1.1.4): before the body has ended it has nothing.
        return outcomeOfSmtpError(thrown, {
          mayHaveIt: body?.readableEnded ?? false,
          hasBegun: body?.readableDidRead ?? false,
          to: message.to,
        });
      } finally {
        bodies.delete(mail.messageId);
      }
    },
    async check(signal) {
      const aborted = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(new Error("no answer in time"))),
      );
      return Promise.race([transport.verify(), aborted]).then(() => undefined, wrongWithServer);
    },
    async close() {
      transport.close();
    },
  };
}

const noSender: Outcome = {
  kind: "misconfigured",
  code: "no_sender",
  detail: "no sender: give the channel or the template a from address",
};

function mailOf(message: Outgoing, from: string) {
  return {
    messageId: `<${message.deliveryId}@${domainOf(from)}>`,
    from,
    to: { name: "", address: message.to },
    ...(message.replyTo === null ? {} : { replyTo: oneLine(message.replyTo) }),
    subject: oneLine(message.subject ?? ""),
    text: message.text.toWellFormed(),
    ...(message.html === null ? {} : { html: message.html.toWellFormed() }),
    headers: headersOf(message),
  };
}

function domainOf(from: string): string {
  return /@([\w.-]+)/.exec(from)?.[1] ?? "localhost";
}
