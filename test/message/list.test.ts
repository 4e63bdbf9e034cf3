import { beforeEach, describe, expect, it } from "vitest";
import { byState, countMessages } from "../../src/message/count.ts";
import { findMessage, listMessages } from "../../src/message/list.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aJourney, deliverDue, ledger, plan } from "./ledger.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

async function threeMessages(): Promise<void> {
  const journey = await aJourney(database);
  await plan(database, [await aCustomer(database), await aCustomer(database)], { journey });
  await deliverDue(database);
  await plan(database, [await aCustomer(database, { consent: false })], { journey, step: "more" });
}

describe("the list of messages", () => {
  it("shows the newest first, a page at a time", async () => {
    await threeMessages();
    const [newest, second] = await listMessages(database, { limit: 2 });
    expect(newest).toMatchObject({ state: "suppressed", step: "more" });
    const rest = await listMessages(database, { limit: 2, before: second?.id ?? "" });
    expect(rest.map(({ state }) => state)).toEqual(["accepted"]);
  });

  it("can be narrowed by state, journey, channel and customer", async () => {
    await threeMessages();
    const [one] = await listMessages(database, { states: ["accepted"], limit: 1 });
    const narrow = {
      states: ["accepted" as const],
      journey: one?.journey ?? "",
      channel: "email",
      customerId: one?.customerId ?? "",
    };
    expect(await listMessages(database, { ...narrow, limit: 9 })).toEqual([one]);
    expect(await listMessages(database, { ...narrow, channel: "sms", limit: 9 })).toEqual([]);
    expect(await listMessages(database, { journey: "no such journey", limit: 9 })).toEqual([]);
  });

  it("counts by state", async () => {
    await threeMessages();
    expect(byState(await countMessages(database))).toEqual({ accepted: 2, suppressed: 1 });
  });
});

describe("one message", () => {
  it("is found by its id or its delivery id", async () => {
    await threeMessages();
    const [message] = await ledger(database);
    const found = await findMessage(database, message?.id ?? "");
    expect(found).toMatchObject({ deliveryId: message?.delivery_id });
    expect(await findMessage(database, message?.delivery_id ?? "")).toEqual(found);
  });

  it.each(["", "7", "nonsense", "-".repeat(36), "1'; drop table messages", "9".repeat(40)])(
    "is not found by %j, and nothing breaks",
    async (id) => {
      expect(await findMessage(database, id)).toBeUndefined();
    },
  );
});
