import { beforeEach, describe, expect, test } from "vitest";
import type { Report } from "../../src/channel/channel.ts";
import type { Row } from "../../src/database/tables.ts";
import { fallBack } from "../../src/message/fall-back.ts";
import { replayMessages } from "../../src/message/replay.ts";
import { aCarrier, deliverDue } from "../message/ledger.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aPlannedMessage, aReport, consentsOf, messageNow, report } from "./sent.ts";

const database = await aDatabase();
let customer: string;
let message: Row<"messages">;
let calls: number;
const hour = (hours: number) => later(monday, { hours });

beforeEach(async () => {
  await freshTables(database);
  customer = await aCustomer(database, { email: "ada@example.com" });
  message = await aPlannedMessage(database, customer, { expires_at: hour(48) });
  calls = 0;
});

/** Each call gets a receipt of its own: r-1, r-2 … */
const { carrier } = aCarrier(() => ({ kind: "accepted", receipt: `r-${++calls}` }));
const send = (hours = 0) => deliverDue(database, { carrier, at: hour(hours) });
const replay = (hours: number) =>
  replayMessages(database, { states: ["failed"], now: hour(hours) });
const now = () => messageNow(database, message.id);
const receipts = async () =>
  (await database.selectFrom("attempts").select("receipt").orderBy("number").execute()).map(
    ({ receipt }) => receipt,
  );

/** The provider reports on the call with that receipt; it is applied an hour after noon. */
const tell = (kind: Report["kind"], call: number | null, given: Partial<Report> = {}) =>
  report(
    database,
    aReport({
      kind,
      deliveryId: message.delivery_id,
      receipt: call === null ? null : `r-${call}`,
      ...given,
    }),
  );

describe("a message that was surely not delivered", () => {
  test("is sent again twice, hours apart, and then has failed", async () => {
    await send();
    await tell("blocked", 1, { code: "30003", detail: "unreachable" });
    expect(await now()).toMatchObject({ state: "retry", due_at: hour(4) });
    expect(await send(3.9)).toMatchObject({ accepted: 0 });
    expect(await send(4)).toMatchObject({ accepted: 1 });
    await tell("blocked", 2, { at: hour(5) });
    expect(await now()).toMatchObject({ state: "retry", due_at: hour(7) });
    await send(7);
    await tell("blocked", 3, { at: hour(8), code: "30003", detail: "unreachable" });
    expect(await now()).toMatchObject({ state: "failed", reason: "30003 unreachable" });
    expect(calls).toBe(3);
  });

  test("has failed at once where it would be sent too late, so that the next channel can step in", async () => {
    await database
      .updateTable("messages")
      .set({ expires_at: hour(3), fallback: ["sms"] })
      .execute();
    await database.updateTable("customers").set({ phone: "+447700900123" }).execute();
    await send();
    await tell("blocked", 1);
    expect(await now()).toMatchObject({ state: "failed" });
    expect(await fallBack(database, hour(1))).toBe(1);
  });

  test.each([
    ["throttled", hour(1.25)],
    ["quiet_hours", hour(3)],
    ["misconfigured", hour(1)],
  ] as const)("for %s goes out again as often as it takes", async (kind, due_at) => {
    await send();
    await tell(kind, 1, { code: "30001" });
    expect(await now()).toMatchObject({ state: "retry", reason: "30001", due_at, strikes: 0 });
  });

  test("is not sent again when it is reported as delivered after all", async () => {
    await send();
    await tell("blocked", 1);
    await tell("delivered", 1);
    expect(await now()).toMatchObject({ state: "delivered", reason: null });
    expect(await send(5)).toMatchObject({ accepted: 0 });
  });

  test("is put off once, however often that is reported", async () => {
    await send();
    await tell("blocked", 1);
    await tell("blocked", 1);
    await tell("accepted", 1);
    expect(await now()).toMatchObject({ state: "retry", strikes: 1, due_at: hour(4) });
  });

  test("is put off although the answer to the call is still to come", async () => {
    const early = aCarrier(async () => {
      await tell("blocked", 1);
      return { kind: "unknown", code: "timeout", detail: "" };
    });
    await deliverDue(database, { carrier: early.carrier });
    expect(await now()).toMatchObject({ state: "retry" });
    const made = await database.selectFrom("attempts").selectAll().execute();
    expect(made).toMatchObject([{ outcome: "accepted", receipt: "r-1" }]);
  });
});

describe("a report on an earlier call", () => {
  beforeEach(async () => {
    await send();
    await tell("failed", 1, { detail: "30007" });
    await replay(2);
  });

  test("cancels no replay", async () => {
    await tell("accepted", 1);
    await tell("failed", 1);
    await tell("deferred", null);
    expect(await now()).toMatchObject({ state: "retry", reason: "replayed" });
    expect(await send(2)).toMatchObject({ accepted: 1 });
  });

  test.each([1, null])(
    "does not undo the replay that was accepted (its receipt: %s)",
    async (call) => {
      await send(2);
      await tell("accepted", 2, { at: hour(2) });
      await tell("blocked", call);
      await tell("accepted", call);
      expect(await now()).toMatchObject({ state: "accepted", reason: null });
      expect(await receipts()).toEqual(["r-1", "r-2"]);
    },
  );

  test("leaves the call that is under way alone", async () => {
    const slow = aCarrier(async () => {
      await tell("blocked", 1);
      expect(await now()).toMatchObject({ state: "sending" });
      return { kind: "accepted", receipt: "r-2" };
    });
    await deliverDue(database, { carrier: slow.carrier, at: hour(2) });
    expect(await now()).toMatchObject({ state: "accepted" });
  });

  test("is not taken for one on the call whose answer was lost", async () => {
    const lost = aCarrier(() => ({ kind: "unknown", code: "timeout", detail: "" }));
    await deliverDue(database, { carrier: lost.carrier, at: hour(2) });
    await tell("accepted", 1, { at: hour(3) });
    expect(await now()).toMatchObject({ state: "unknown" });
    await tell("accepted", 2, { at: hour(3) });
    expect(await now()).toMatchObject({ state: "accepted" });
    expect(await receipts()).toEqual(["r-1", "r-2"]);
  });

  test("that it was delivered is true of the message", async () => {
    await send(2);
    await tell("delivered", 1);
    expect(await now()).toMatchObject({ state: "delivered" });
  });

  test("while the replay fails by itself, with its own reason", async () => {
    await send(2);
    await tell("failed", 2, { at: hour(3), detail: "30036" });
    expect(await now()).toMatchObject({ state: "failed", reason: "30036" });
  });
});

describe("what the provider never sent, for what the customer told it before,", () => {
  test.each(["unsubscribed", "complained"] as const)(
    "has failed; the customer %s, but not by this message",
    async (because) => {
      await send();
      await tell("failed", 1, { because, detail: "on a list of the provider" });
      expect(await now()).toMatchObject({
        state: "failed",
        reason: "on a list of the provider",
        complained_at: null,
        unsubscribed_at: null,
      });
      expect((await consentsOf(database, customer)).at(-1)).toMatchObject({ state: "withdrawn" });
      const suppressed = await database.selectFrom("suppressions").select("reason").execute();
      expect(suppressed).toEqual(because === "complained" ? [{ reason: because }] : []);
    },
  );
});
