import { beforeEach, expect, test } from "vitest";
import { channelStates } from "../../src/message/channel-state.ts";
import { Line } from "../../src/queue/line.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { later, monday } from "../support/people.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const email = { channel: "email", provider: "pigeon" };
const why = "no connection: its certificate has expired (CERT_HAS_EXPIRED)";
const inVain = { isAnswered: false, unconnected: why };
const through = { isAnswered: true, unconnected: null };
const nobodyDue = { isAnswered: false, unconnected: null };

const state = async (at = monday) =>
  (await channelStates(database, [{ name: "email", provider: "pigeon" }], at))[0];

test("a worker that does not reach a provider rests, and its channel says why until it does", async () => {
  const line = new Line(email);
  expect(line.isResting).toBe(false);
  await line.learn(database, inVain, monday);
  expect(line.isResting).toBe(true);
  expect(await state()).toMatchObject({ unconnectedAt: monday, reason: why, pausedAt: null });
  await line.learn(database, nobodyDue, monday);
  expect(await state()).toMatchObject({ unconnectedAt: monday });
  await line.learn(database, through, monday);
  expect(await state()).toMatchObject({ unconnectedAt: null, reason: null });
});

test("what a worker said that is gone is not said for ever", async () => {
  await new Line(email).learn(database, inVain, monday);
  expect(await state(later(monday, { minutes: 9 }))).toMatchObject({ unconnectedAt: monday });
  expect(await state(later(monday, { minutes: 11 }))).toMatchObject({
    unconnectedAt: null,
    reason: null,
  });
});
