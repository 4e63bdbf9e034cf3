import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { startProviderStub } from "../../src/channel/provider-stub.ts";
import { longestStopMs } from "../../src/cli/stop.ts";
import { readConfig } from "../../src/config.ts";
import { aJourney, plan } from "../message/ledger.ts";
import { countIn, places, until } from "../queue/house.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aTerminal } from "./terminal.ts";

const { channels } = readConfig("/nowhere", {});
/** Longer than a queue is waited for. */
const slowMs = 8_000;
const hello = "---\nsubject: Hello\nfrom: Shop <shop@example.com>\n---\n<p>Hello</p>\n";

/** Beside one another, in a database each: they mostly wait. */
describe.concurrent.each(["Postgres", "Redis"])("a worker with its queues in %s", async (where) => {
  const database = await aDatabase();
  const place = places(database).find(([name]) => name === where)?.[1];
  const stub = await startProviderStub({ behaviour: () => ({ afterMs: slowMs, events: [] }) });
  afterAll(() => stub.close());
  const terminal = aTerminal(database, {
    SENDGRID_API_KEY: "key",
    SENDGRID_BASE_URL: stub.url,
    ...(place?.kind === "redis" && { REDIS_URL: place.url }),
  });
  terminal.write("templates/hello.email.hbs", hello);

  test.skipIf(place === undefined)(
    "that is stopped while a provider thinks waits for the answer and leaves nothing unknown",
    async ({ expect, onTestFinished }) => {
      const journey = await aJourney(database);
      await plan(database, [await aCustomer(database)], { journey, at: new Date() });
      const worker = terminal.run("worker");
      onTestFinished(() => worker.stop("SIGKILL"));
      await until(() => stub.requests === 1);
      worker.stop("SIGTERM");
      expect(await worker.ended).toMatchObject({ code: 0 });
      expect(await countIn(database, "accepted")).toBe(1);
    },
  );
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
