import type { AddressInfo } from "node:net";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer } from "smtp-server";

/** A mail server on this machine that keeps what it is given. */
export interface TestSmtpServer {
  readonly url: string;
  readonly received: Email[];
  /** Answers the next messages with this instead: at RCPT TO or at the end of DATA. */
  refuse(at: "recipient" | "data", code: number, reply: string): void;
  fallSilent(reached: () => void): void;
  close(): Promise<void>;
}

export async function startSmtpServer(): Promise<TestSmtpServer> {
  const received: Email[] = [];
  let refusal: { at: "recipient" | "data"; error: Error } | undefined;
  let reached: (() => void) | undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    size: 30_000_000,
    onRcptTo: (_, __, done) => (refusal?.at === "recipient" ? done(refusal.error) : done()),
    onData(stream, _, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (reached !== undefined) return reached();
        if (refusal?.at === "data") return done(refusal.error);
        void PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          received.push(mail);
          done();
        });
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    received,
    refuse(at, code, reply) {
      refusal = { at, error: Object.assign(new Error(reply), { responseCode: code }) };
    },
    fallSilent(then) {
      reached = then;
    },
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}
