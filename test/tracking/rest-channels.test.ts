import { beforeEach, expect, test } from "vitest";
import type { Report } from "../../src/channel/channel.ts";
import { pauseChannel, resumeChannel } from "../../src/message/channel-state.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aMessage, aReport, messageNow, report } from "./sent.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const channel = () => database.selectFrom("channels").selectAll().executeTakeFirst();
const noon = (minutes: number) => later(monday, { minutes });

/** A text that was sent at that minute, and what Twilio says of it later. */
async function aText(minute = 0) {
  const customer = await aCustomer(database, { phone: "+447700900123" });
  const sent = { channel: "sms", sent_at: noon(minute) };
  const { id, delivery_id } = await aMessage(database, customer, sent);
  const tell = (kind: Report["kind"]) =>
    report(
      database,
      aReport({ kind, deliveryId: delivery_id, code: "30034", detail: "unregistered number" }),
    );
  return { id, tell };
}

test("the fault of an account pauses the channel, and its messages stay open", async () => {
  const texts = await Promise.all([aText(), aText(), aText()]);
  for (const { tell } of texts) await tell("misconfigured");
  expect(await channel()).toMatchObject({
    name: "sms",
    paused_at: noon(60),
    reason: "30034 unregistered number",
  });
  for (const { id } of texts)
    expect(await messageNow(database, id)).toMatchObject({ state: "retry" });
});

test("an operator's pause keeps its reason", async () => {
  await pauseChannel(database, "sms", "pigeon", "operator", monday);
  await (await aText()).tell("misconfigured");
  expect(await channel()).toMatchObject({ reason: "operator", paused_at: monday });
});

test("a fault of before the channel was resumed pauses it no more, one of since then does", async () => {
  const [before, since] = [await aText(0), await aText(20)];
  await pauseChannel(database, "sms", "pigeon", "30034", noon(5));
  await resumeChannel(database, "sms", noon(10));
  await before.tell("misconfigured");
  expect(await channel()).toMatchObject({ paused_at: null });
  expect(await messageNow(database, before.id)).toMatchObject({ state: "retry" });
  await since.tell("misconfigured");
  expect(await channel()).toMatchObject({ paused_at: noon(60) });
});

test("a provider whose queue ran over is left alone for a while", async () => {
  await (await aText()).tell("throttled");
  expect(await channel()).toMatchObject({ throttled_until: noon(65), paused_at: null });
});
