import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lock } from "../../src/database/lock.ts";
import { armFaults } from "../../src/fault.ts";
import { engineQueue } from "../../src/queue/wake.ts";
import { aCarrier, aJourney, accepted, plan } from "../message/ledger.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aService } from "../support/service.ts";
import {
  type Running,
  aWorker,
  applied,
  countIn,
  places,
  signUps,
  until,
  welcome,
} from "./house.ts";

const database = await aDatabase({ maxConnections: 20 });
const service = await aService();
beforeEach(() => freshTables(database));

const count = (state: string) => countIn(database, state);

describe.each(places(database))("a worker with its queues in %s", (_, place) => {
  const running: Running[] = [];
  const start = async (
    ...given: Parameters<typeof aWorker> extends [unknown, unknown, ...infer Rest] ? Rest : never
  ) => {
    const worker = await aWorker(database, place, ...given);
    running.push(worker);
    return worker;
  };
  afterEach(async () => {
    armFaults([]);
    for (const worker of running.splice(0)) await worker.stop();
  });

  it("takes an event all the way to the provider", async () => {
    await applied(database, welcome);
    const { carrier, handed } = aCarrier();
    const { wake } = await start({ email: carrier });
    await signUps(database, 1);
    await wake.engine("react");
    await until(async () => (await count("accepted")) === 1);
    expect(handed).toHaveLength(1);
  });

  it("hears of an event tracked inside the application's own transaction", async () => {
    await applied(database, welcome);
    await start({ email: aCarrier().carrier });
    await aCustomer(database, { external_id: "c-17" });
    await sql`select track('c-17', 'signed_up', '{}', ${monday})`.execute(database);
    await until(async () => (await count("accepted")) === 1);
  });

  it("goes on where another one hangs and lives", { timeout: 60_000 }, async () => {
    await applied(database, welcome);
    const { carrier, handed } = aCarrier();
    armFaults([{ point: "after-claim", action: "hang", passing: 1 }]);
    const both = { heartbeatMs: 200, nameIsKeptMs: 500 };
    const { wake } = await start({ email: carrier }, both);
    await start({ email: carrier }, both);
    await signUps(database, 5);
    await wake.engine("react");
    await until(async () => (await database.selectFrom("claims").execute()).length > 0);
    await sql`update claims set lease_until = clock_timestamp()`.execute(database);
    await until(async () => (await count("accepted")) === 5);
    expect(handed).toHaveLength(5);
  });

  it("sweeps on while another one lets journeys react and does not come to an end", async () => {
    await applied(database, welcome);
    await plan(database, [await aCustomer(database)], {
      journey: await aJourney(database),
      at: later(monday, { hours: 1 }),
    });
    await signUps(database, 1);
    await database.transaction().execute(async (other) => {
      await lock(other, "react");
      const often = { heartbeatMs: 100, nameIsKeptMs: 100 };
      await start({ email: aCarrier().carrier }, often);
      let looks = 0;
      // A second, in which ten jobs are woken that want to react.
      await until(() => (looks += 1) > 50);
      await sql`update messages set due_at = ${monday}`.execute(database);
      await until(async () => (await count("accepted")) === 1);
    });
    await until(async () => (await count("accepted")) === 2);
  });

  it("sends nothing to whom a stop condition holds for by now", async () => {
    await applied(
      database,
      welcome.replace("steps:", "stop: [{ if: { customer.country: FR }, as: moved }]\nsteps:"),
    );
    const { wake } = await start({});
    await signUps(database, 3);
    await wake.engine("react");
    await until(async () => (await count("planned")) === 3);
    await sql`update customers set country = 'FR' where id = (select min(id) from customers)`.execute(
      database,
    );
    const { carrier, handed } = aCarrier();
    await (await start({ email: carrier })).wake.delivery("email");
    await until(async () => (await count("accepted")) === 2);
    expect(handed).toHaveLength(2);
    expect(await count("suppressed")).toBe(1);
  });

  it("calls a service for a customer and goes on with its answer", async () => {
    service.answers(() => ({ body: '{"ok":true}' }));
    await applied(
      database,
      `journey: welcome\nstart: { on: signed_up }\nsteps:\n  - call: ${service.url}/\n    id: ask\n  - if: { call.ask.ok: true }\n    then: [{ send: hello, by: email }]`,
    );
    const { wake } = await start({ email: aCarrier().carrier });
    await signUps(database, 1);
    await wake.engine("react");
    await until(async () => (await count("accepted")) === 1);
    expect(service.received).toHaveLength(1);
  });

  it("shares the work of one channel with another worker, and doubles nothing", async () => {
    await applied(database, welcome);
    const { carrier, handed } = aCarrier(async () => {
      await new Promise((done) => setTimeout(done, 1));
      return accepted;
    });
    await signUps(database, 600);
    const { wake } = await start({ email: carrier });
    await start({ email: carrier });
    await wake.engine("react");
    await until(async () => (await count("accepted")) === 600);
    expect(new Set(handed.map(({ deliveryId }) => deliveryId)).size).toBe(600);
    expect(handed).toHaveLength(600);
  });

  it("that is stopped finishes its calls and leaves nothing unknown", async () => {
    await applied(database, welcome);
    await signUps(database, 400);
    const { carrier, handed } = aCarrier(async () => {
      await new Promise((done) => setTimeout(done, 20));
      return accepted;
    });
    const worker = await start({ email: carrier });
    await worker.wake.engine("react");
    await until(async () => handed.length > 20);
    await running.pop()?.stop();
    expect(await count("sending")).toBe(0);
    expect(await database.selectFrom("claims").execute()).toEqual([]);
    expect(await count("accepted")).toBe(handed.length);
    expect(handed.length).toBeLessThan(400);
  });

  it.each([
    [8, 600],
    [1, 100],
  ])("never has more calls in flight than the %i its channel allows", async (most, customers) => {
    await applied(database, welcome);
    await signUps(database, customers);
    let [inFlight, highest] = [0, 0];
    const full = Promise.withResolvers<void>();
    const { carrier } = aCarrier(async () => {
      highest = Math.max(highest, (inFlight += 1));
      if (inFlight === most) full.resolve();
      // Nobody is answered before as many calls are in flight as may be.
      await full.promise;
      await new Promise((done) => setTimeout(done, 0));
      inFlight -= 1;
      return accepted;
    });
    const { wake } = await start({ email: carrier }, { concurrency: most });
    await wake.engine("react");
    await until(() => highest > 0);
    // The second lane, which has half of the calls, for what the first one's batch has no room for.
    await wake.delivery("email", 1);
    await until(async () => (await count("accepted")) === customers);
    expect(highest).toBe(most);
  });

  it("keeps a schedule for each journey that starts by the clock", async () => {
    await applied(
      database,
      'journey: weekly\nstart: { every: "0 9 * * 1", zone: Europe/London }\nsteps: [{ send: hello, by: email }]',
    );
    const { backend } = await start({ email: aCarrier().carrier });
    const queue = backend.queue(engineQueue);
    const schedules = await queue.getJobSchedulers();
    await queue.close();
    const { id } = await database.selectFrom("journeys").select("id").executeTakeFirstOrThrow();
    expect(schedules.map(({ key }) => key).toSorted()).toEqual([
      `enter-${id}`,
      "refresh",
      "sweep",
      "tidy",
    ]);
    expect(schedules.find(({ key }) => key === `enter-${id}`)).toMatchObject({
      pattern: "0 9 * * 1",
      tz: "Europe/London",
    });
  });

  it("follows a schedule to its next version, with another worker at its side", async () => {
    const weekly = (cron: string) =>
      `journey: weekly\nstart: { every: "${cron}", zone: Europe/London }\nsteps: [{ send: hello, by: email }]`;
    await applied(database, weekly("0 9 * * 1"));
    const { backend } = await start({ email: aCarrier().carrier }, { heartbeatMs: 100 });
    await start({ email: aCarrier().carrier }, { heartbeatMs: 100 });
    await applied(database, weekly("30 10 * * 2"));
    const queue = backend.queue(engineQueue);
    const patterns = async () =>
      (await queue.getJobSchedulers()).flatMap(({ pattern }) => pattern ?? []);
    await until(async () => (await patterns()).includes("30 10 * * 2"));
    expect(await patterns()).toEqual(["30 10 * * 2"]);
    await queue.close();
  });

  it("keeps to the rate of a channel in any period, with another worker and a provider of moods", async () => {
    await applied(database, welcome);
    await signUps(database, 40);
    const times: number[] = [];
    const { carrier } = aCarrier(async () => {
      times.push(performance.now());
      await new Promise((done) => setTimeout(done, times.length % 5 === 0 ? 150 : 0));
      return accepted;
    });
    const rules = { concurrency: 4, rate: { count: 10, seconds: 1 } };
    const { wake } = await start({ email: carrier }, rules);
    const other = await start({ email: carrier }, rules);
    await wake.engine("react");
    await until(() => times.length > 0);
    await other.wake.delivery("email", 1);
    await until(async () => (await count("accepted")) === 40);
    const sorted = times.toSorted((a, b) => a - b);
    const eleventh = sorted.map((time, index) => (sorted[index + 10] ?? Infinity) - time);
    // A timer's clock and the other may differ by a millisecond or two.
    expect(Math.min(...eleventh)).toBeGreaterThan(995);
  });

  it("calls at once while its rate has places, and no more, whichever worker asks", async () => {
    const { carrier, handed } = aCarrier();
    const rules = { rate: { count: 2, seconds: 3600 } };
    const worker = await start({ email: carrier }, rules);
    const journey = await aJourney(database);
    const planned = async (consent: boolean) => {
      await plan(database, [await aCustomer(database, { consent })], { journey });
      await worker.wake.delivery("email");
    };
    // What must not go needs no place.
    await planned(false);
    await until(async () => (await count("suppressed")) === 1);
    await planned(true);
    await until(async () => (await count("accepted")) === 1);
    await planned(true);
    await until(async () => (await count("accepted")) === 2);
    await running.pop()?.stop();
    const { wake } = await start({ email: carrier, sms: carrier }, rules);
    await plan(database, [await aCustomer(database)], { journey });
    await wake.delivery("email");
    await plan(database, [await aCustomer(database)], { journey, by: ["sms"] });
    await wake.delivery("sms");
    await until(async () => (await count("accepted")) === 3);
    expect(handed).toHaveLength(3);
    expect(await count("planned")).toBe(1);
  });
});
