import { sql } from "kysely";
import { afterEach, beforeEach, describe, it } from "vitest";
import { aCarrier, accepted } from "../message/ledger.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { monday } from "../support/people.ts";
import { type Running, aWorker, applied, places, signUps, until } from "./house.ts";

const database = await aDatabase({ maxConnections: 20 });
beforeEach(() => freshTables(database));

describe.each(places(database))("beside one another, with queues in %s", (_, place) => {
  const running: Running[] = [];
  afterEach(async () => {
    for (const worker of running.splice(0)) await worker.stop();
  });

  it("no kind of job starves another: late events, due starts and reports are all taken up", async () => {
    await applied(
      database,
      'journey: nightly\nstart: { every: "* * * * *", zone: UTC, if: { customer.email: { exists: true } } }\nsteps: [{ wait: 1 day }]',
      "journey: welcome\nstart: { on: signed_up, again: always }\nsteps: [{ send: hello, by: email }]",
    );
    await sql`update journeys set created_at = ${monday}::timestamptz - interval '1 hour'`.execute(
      database,
    );
    const { carrier, handed } = aCarrier(async () => {
      await new Promise((done) => setTimeout(done, 5));
      return accepted;
    });
    await signUps(database, 400);
    await sql`insert into report_inbox (provider, received_at, reports) values ('pigeon', ${monday}, '[]')`.execute(
      database,
    );
    const worker = await aWorker(database, place, { email: carrier }, { heartbeatMs: 100 });
    running.push(worker);
    const isTakenUp = async () => {
      const { rows } = await sql<{ open: boolean }>`
        select exists (select from report_inbox where applied_at is null) as open`.execute(
        database,
      );
      return rows[0]?.open === false;
    };
    await until(async () => handed.length < 400 && (await isTakenUp()));
    await until(() => handed.length === 400);
  });
});
