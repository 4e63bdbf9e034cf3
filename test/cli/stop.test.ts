import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { type ProviderStub, startProviderStub } from "../../src/channel/provider-stub.ts";
import { longestStopMs } from "../../src/cli/stop.ts";
import { readConfig } from "../../src/config.ts";
import { aJourney, plan } from "../message/ledger.ts";
import { countIn, places, until } from "../queue/house.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { type Running, aTerminal } from "./terminal.ts";

const database = await aDatabase();
const { channels } = readConfig("/nowhere", {});
const slowMs = 12_000;
const hello = "---\nsubject: Hello\nfrom: Shop <shop@example.com>\n---\n<p>Hello</p>\n";

let stub: ProviderStub | undefined;
let worker: Running | undefined;
afterEach(async () => {
  worker?.stop("SIGKILL");
  await stub?.close();
  await freshTables(database);
});

describe.each(places(database))("a worker with its queues in %s", (_, place) => {
  test("that is stopped while a provider thinks waits for the answer and leaves nothing unknown", async () => {
    stub = await startProviderStub({ behaviour: () => ({ afterMs: slowMs, events: [] }) });
    const terminal = aTerminal(database, {
      SENDGRID_API_KEY: "key",
      SENDGRID_BASE_URL: stub.url,
      ...(place.kind === "redis" && { REDIS_URL: place.url }),
    });
    terminal.write("templates/hello.email.hbs", hello);
    const journey = await aJourney(database);
    await plan(database, [await aCustomer(database)], { journey, at: new Date() });
    worker = terminal.run("worker");
    await until(() => stub?.requests === 1);
    worker.stop("SIGTERM");
    expect(await worker.ended).toMatchObject({ code: 0 });
    expect(await countIn(database, "accepted")).toBe(1);
  });
});

test("a stop may take as long as the longest call and what comes after it", () => {
  const { email } = channels;
  expect(longestStopMs({ channels })).toBe(60_000);
  expect(longestStopMs({ channels: { ...channels, email: { ...email!, deadline: 120 } } })).toBe(
    150_000,
  );
});

test.each([
  ["deploy/systemd/waypost-worker@.service", /TimeoutStopSec=(\d+)/],
  ["compose.yaml", /command: \["worker"\].*?stop_grace_period: (\d+)s/s],
])("%s gives a worker the time that its longest stop may take", (file, seconds) => {
  const [, given] = seconds.exec(readFileSync(file, "utf8")) ?? [];
  const longest = longestStopMs({ channels: { email: { ...channels["email"]!, deadline: 120 } } });
  expect(Number(given) * 1000).toBeGreaterThan(longest);
});
