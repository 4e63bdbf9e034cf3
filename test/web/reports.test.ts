import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { Provider } from "../../src/channel/channel.ts";
import { createSendgrid } from "../../src/channel/sendgrid.ts";
import { createSendgridSigner, twilioSignature } from "../../src/channel/stub-signature.ts";
import { createTwilio } from "../../src/channel/twilio.ts";
import { applyReports } from "../../src/tracking/reports.ts";
import { aCarrier } from "../message/ledger.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, monday } from "../support/people.ts";
import { aMessage, aReport, anAttempt, messageNow } from "../tracking/sent.ts";
import { aDoor } from "./door.ts";

const database = await aDatabase();
const signer = createSendgridSigner();
const carrier = createSendgrid({ apiKey: "key", webhookKey: signer.publicKey });
afterAll(() => carrier.close());
const door = await aDoor(database, { carrier });
beforeEach(async () => {
  await freshTables(database);
  door.woken.length = 0;
});

const body = JSON.stringify([
  {
    email: "ada@example.com",
    timestamp: 1768219200,
    event: "delivered",
    sg_event_id: "e1",
    delivery_id: randomUUID(),
  },
]);
const send = (path: string, text: string, headers: Record<string, string>) =>
  door.post(path, text, {
    ...headers,
    "content-type": "application/json",
    "sec-fetch-site": "cross-site",
  });
const inbox = () => database.selectFrom("report_inbox").selectAll().execute();

test("a provider's report is committed before it is acknowledged, and its work is woken", async () => {
  const response = await send("/r/sendgrid", body, signer.sign(body, monday));
  expect(response.status).toBe(200);
  expect(await inbox()).toMatchObject([{ provider: "sendgrid", applied_at: null }]);
  expect(door.woken).toEqual(["apply-reports"]);
});

test("a report whose signature does not fit its bytes is refused and not kept", async () => {
  const forged = [
    await send("/r/sendgrid", body, createSendgridSigner().sign(body, monday)),
    await send("/r/sendgrid", `${body} `, signer.sign(body, monday)),
    await send("/r/sendgrid", body, {}),
  ];
  expect(forged.map(({ status }) => status)).toEqual([403, 403, 403]);
  expect(await inbox()).toEqual([]);
});

test("a text's report is believed when it is signed for the address it was sent to", async () => {
  const twilio = createTwilio({ accountSid: `AC${"0".repeat(32)}`, authToken: "token" });
  const texts = await aDoor(database, { carrier: twilio });
  const path = `/r/twilio?delivery_id=${randomUUID()}`;
  const fields = { MessageSid: "SM1", MessageStatus: "delivered" };
  const form = new URLSearchParams(fields).toString();
  const signature = twilioSignature("token", texts.site.engine.config.url + path, fields);
  const post = (signed: string, given = form) =>
    texts.post(path, given, { "x-twilio-signature": signed, "sec-fetch-site": "cross-site" });
  const taken = await post(signature);
  expect([taken.status, await taken.text()]).toEqual([200, "<Response/>"]);
  expect((await post(signature, `${form}&To=%2B1`)).status).toBe(403);
  expect((await post("forged")).status).toBe(403);
  expect(await inbox()).toMatchObject([{ provider: "twilio" }]);
  await twilio.close();
});

test("a plugin that the config names by its path finds its messages by their receipts", async () => {
  const message = await aMessage(database, await aCustomer(database));
  await anAttempt(database, message, { receipt: "r-1" });
  const plugin: Provider = {
    ...aCarrier().carrier,
    readReports: () => ({
      kind: "read",
      reports: [aReport({ kind: "delivered", receipt: "r-1" })],
      unread: [],
    }),
  };
  const { channels } = door.site.engine.config;
  const email = { ...channels["email"]!, provider: "./plugins/pigeon.ts" };
  const own = await aDoor(database, { carrier: plugin, config: { channels: { email } } });
  const path = `/r/${encodeURIComponent(email.provider)}`;
  expect((await own.post(path, "{}", { "sec-fetch-site": "cross-site" })).status).toBe(200);
  expect(await inbox()).toMatchObject([{ provider: "pigeon" }]);
  await applyReports(database, monday, 10);
  expect(await messageNow(database, message.id)).toMatchObject({ state: "delivered" });
});

test("a provider that is none of ours has no mailbox here", async () => {
  expect((await send("/r/nobody", body, {})).status).toBe(404);
});
