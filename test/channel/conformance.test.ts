import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOutbox } from "../../src/channel/outbox.ts";
import { type ProviderStub, startProviderStub } from "../../src/channel/provider-stub.ts";
import { createSendgrid } from "../../src/channel/sendgrid.ts";
import { createSmtp } from "../../src/channel/smtp.ts";
import { stubAnswers } from "../../src/channel/stub-answer.ts";
import { createTwilio } from "../../src/channel/twilio.ts";
import { conformance, type ProviderUnderTest } from "./conformance.ts";
import { anEmail, anSms } from "./messages.ts";
import { startSmtpServer } from "./smtp-server.ts";

conformance("sendgrid", () =>
  overStub((stub) => ({
    provider: createSendgrid({
      apiKey: "key",
      baseUrl: stub.url,
      webhookKey: stub.sendgridPublicKey,
    }),
    message: anEmail,
    badAddress: "ann at example",
  })),
);

conformance("twilio", () =>
  overStub((stub) => ({
    provider: createTwilio({
      accountSid: `AC${"0".repeat(32)}`,
      authToken: stub.twilioAuthToken,
      baseUrl: stub.url,
    }),
    message: anSms,
    badAddress: "0800",
  })),
);

conformance("smtp", async () => {
  const server = await startSmtpServer();
  return {
    provider: createSmtp({ url: server.url }),
    message: anEmail,
    badAddress: "ann at example",
    fallSilent: server.fallSilent,
    tearDown: server.close,
  };
});

conformance("outbox", async () => {
  const folder = await mkdtemp(join(tmpdir(), "waypost-outbox-"));
  return {
    provider: createOutbox({ folder }),
    message: anEmail,
    tearDown: () => rm(folder, { recursive: true }),
  };
});

async function overStub(
  create: (stub: ProviderStub) => ProviderUnderTest,
): Promise<ProviderUnderTest> {
  const stub = await startProviderStub();
  const fallSilent = (reached: () => void): void =>
    stub.behave(() => {
      reached();
      return stubAnswers.silent;
    });
  return { ...create(stub), fallSilent, tearDown: () => stub.close() };
}
