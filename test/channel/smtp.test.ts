import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Provider } from "../../src/channel/channel.ts";
import { createSmtp } from "../../src/channel/smtp.ts";
import { anEmail, noDeadline } from "./messages.ts";
import { startSmtpServer, type TestSmtpServer } from "./smtp-server.ts";

let server: TestSmtpServer;
let smtp: Provider;
beforeEach(async () => {
  server = await startSmtpServer();
  smtp = createSmtp({ url: server.url });
});
afterEach(async () => {
  await smtp.close();
  await server.close();
});

test("a message arrives with both parts, its headers, and our id in the Message-ID", async () => {
  const message = anEmail({ replyTo: "help@shop.example", subject: "Grüße 😀" });
  expect(await smtp.send(message, noDeadline)).toMatchObject({
    kind: "accepted",
    receipt: expect.stringMatching(/^250/),
  });
  const [mail] = server.received;
  expect(mail).toMatchObject({
    subject: message.subject,
    messageId: `<${message.deliveryId}@shop.example>`,
    from: { name: "Our shop", address: "hello@shop.example" },
    to: [{ address: message.to }],
  });
  expect(mail?.html?.trim()).toBe(message.html);
  expect(mail?.text?.trim()).toBe(message.text);
  expect(mail?.headers.find(({ key }) => key === "list-unsubscribe-post")?.value).toBe(
    "List-Unsubscribe=One-Click",
  );
});

test("a line break in a subject or a sender brings no further recipient", async () => {
  await smtp.send(
    anEmail({
      subject: "a\r\nBcc: b@example.com",
      from: "Shop\r\nCc: c@example.com <hello@shop.example>",
    }),
    noDeadline,
  );
  expect(server.received[0]?.subject).toBe("a Bcc: b@example.com");
  expect(server.received[0]?.bcc ?? server.received[0]?.cc).toBeUndefined();
});

describe("what a reply means", () => {
  test.each([
    ["recipient", 550, "5.1.1 no such user", { kind: "refused", of: "address", code: "5.1.1" }],
    ["recipient", 552, "5.2.2 mailbox full", { kind: "later", counted: true }],
    ["recipient", 450, "4.2.1 greylisted, try again", { kind: "later", counted: true }],
    ["recipient", 421, "4.3.2 too many", { kind: "later", counted: false, throttle: true }],
    ["data", 554, "5.7.1 looks like spam", { kind: "refused", of: "message", code: "5.7.1" }],
    ["data", 451, "4.3.0 try again later", { kind: "later", counted: true }],
    ["data", 535, "5.7.8 bad credentials", { kind: "misconfigured" }],
  ] as const)("at %s: %i %s", async (at, code, reply, outcome) => {
    server.refuse(at, code, reply);
    expect(await smtp.send(anEmail(), noDeadline)).toMatchObject(outcome);
  });

  test("nobody listens: nothing was written, so it is later and uncounted", async () => {
    const nobody = createSmtp({ url: "smtp://127.0.0.1:1" });
    expect(await nobody.send(anEmail(), noDeadline)).toMatchObject({
      kind: "later",
      counted: false,
    });
    await nobody.close();
  });

  test("a reply that quotes the address is kept without it", async () => {
    server.refuse("recipient", 550, "5.1.1 <ann@example.com> unknown");
    expect(await smtp.send(anEmail(), noDeadline)).toMatchObject({
      detail: "550 5.1.1 <(address)> unknown",
    });
  });
});
