import { Socket } from "node:net";
import { sql } from "kysely";
import { afterEach, expect, test, vi } from "vitest";
import { connect } from "../../src/database/database.ts";
import { createLog } from "../../src/log.ts";
import { listenForEvents } from "../../src/queue/listen.ts";
import { openBackend } from "../../src/queue/open-backend.ts";
import { aDatabase, urlOf } from "../support/database.ts";

const database = await aDatabase();
const url = urlOf(database);
const asked = vi.spyOn(Socket.prototype, "setKeepAlive");
afterEach(() => asked.mockClear());

const tenSeconds = [true, 10_000];

test("a connection to the database asks a machine that fell silent whether it is there", async () => {
  const own = connect({ url, schema: "waypost", maxConnections: 1, applicationName: "test" });
  await sql`select 1`.execute(own);
  await own.destroy();
  expect(asked.mock.calls).toContainEqual(tenSeconds);
});

test("so does the one that listens for events", async () => {
  const ear = await listenForEvents(url, () => {}, createLog("silent"));
  await ear.close();
  expect(asked.mock.calls).toEqual([tenSeconds]);
});

test("so do those of the queues", async () => {
  const place = { kind: "postgres", url, schema: "waypost_queue" } as const;
  const backend = await openBackend(place, createLog("silent"));
  asked.mockClear();
  const queue = backend.queue("silent");
  await queue.getJobCounts();
  await queue.close();
  expect(asked.mock.calls).toContainEqual(tenSeconds);
});
