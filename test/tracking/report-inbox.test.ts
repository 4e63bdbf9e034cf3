import { beforeEach, expect, test } from "vitest";
import { receiveReports, takeInbox } from "../../src/tracking/report-inbox.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { monday } from "../support/people.ts";
import { aReport } from "./sent.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

/** So many requests, each of so many reports. */
async function receive(requests: number, size: number): Promise<void> {
  const reports = Array.from({ length: size }, () => aReport({ kind: "deferred" }));
  for (let count = 0; count < requests; count++)
    await receiveReports(database, "pigeon", { reports, unread: [] }, monday);
}
const ids = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => Number(id));

test("of a flood a worker holds what it takes, and the next one takes what follows", async () => {
  await receive(5, 900);
  await database.transaction().execute(async (first) => {
    expect(ids(await takeInbox(first, { limit: 1000 }))).toEqual([1, 2]);
    await database.transaction().execute(async (second) => {
      expect(ids(await takeInbox(second, { limit: 1000 }))).toEqual([3, 4]);
    });
  });
});

test.each([
  [1000, 5, 100],
  [1000, 0, 100],
  [3, 5, 3],
])(
  "of requests with few reports, as many as asked for: %i, with %i reports each",
  async (limit, size, taken) => {
    await receive(100, size);
    expect(await takeInbox(database, { limit })).toHaveLength(taken);
  },
);

test("a request that is larger than any set is taken by itself", async () => {
  await receive(2, 2500);
  expect(ids(await takeInbox(database, { limit: 1000 }))).toEqual([1]);
});
