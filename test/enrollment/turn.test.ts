import { type Transaction, sql } from "kysely";
import { expect, test } from "vitest";
import { connect } from "../../src/database/database.ts";
import { lock, lockPatiently } from "../../src/database/lock.ts";
import type { Tables } from "../../src/database/tables.ts";
import { react } from "../../src/enrollment/react.ts";
import { urlOf } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const hello = `
journey: hello
start: { on: signed_up, again: always }
steps: [{ wait: 1 day }, { send: hello, by: email }]`;

const nothing = { events: 0, enrolled: 0, more: false };

/** Does something while another worker is at its turn. */
async function whileAnotherIsAtIt(work: () => Promise<void>): Promise<void> {
  await shop.database.transaction().execute(async (transaction) => {
    await lock(transaction, "react");
    await work();
  });
}

async function someoneWaits(): Promise<void> {
  for (;;) {
    const { rows } = await sql`select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`.execute(
      shop.database,
    );
    if (rows.length > 0) return;
  }
}

/** Another worker of the same house. */
async function withAnotherWorker(work: (worker: typeof shop.database) => Promise<void>) {
  const worker = connect({
    url: urlOf(shop.database),
    schema: "waypost",
    maxConnections: 4,
    applicationName: "another",
  });
  try {
    await work(worker);
  } finally {
    await worker.destroy();
  }
}

test("who finds another at its turn for seconds leaves the events to it", async () => {
  await shop.apply(hello);
  await shop.happens(await aCustomer(shop.database), "signed_up");
  await whileAnotherIsAtIt(async () => {
    expect(await react(shop.database, shop.turn)).toMatchObject(nothing);
  });
  expect(await react(shop.database, shop.turn)).toMatchObject({ events: 1, enrolled: 1 });
});

test("one of a worker waits for its turn, and the others go at once", async () => {
  await shop.apply(hello);
  await shop.happens(await aCustomer(shop.database), "signed_up");
  let first: ReturnType<typeof react> | undefined;
  await whileAnotherIsAtIt(async () => {
    first = react(shop.database, shop.turn);
    await someoneWaits();
    const others = [1, 2, 3].map(() => react(shop.database, shop.turn));
    const isFirst = first.then(() => "the one that waits");
    expect(await Promise.race([isFirst, Promise.all(others)])).toMatchObject([
      nothing,
      nothing,
      nothing,
    ]);
  });
  expect(await first).toMatchObject({ events: 1, enrolled: 1 });
});

test("who is at it hears what came meanwhile, since those who were woken by it may have given up", async () => {
  await shop.apply(hello);
  const [ada, eve] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up");
  await withAnotherWorker(async (worker) => {
    let reacting: ReturnType<typeof react> | undefined;
    await shop.database.transaction().execute(async (busy: Transaction<Tables>) => {
      await sql`lock table enrollments in exclusive mode`.execute(busy);
      reacting = react(worker, shop.turn);
      await isInsideOf("enrollments");
      await shop.happens(eve, "signed_up");
      expect(await react(shop.database, shop.turn)).toMatchObject(nothing);
    });
    expect(await reacting).toMatchObject({ events: 1, enrolled: 1, more: true });
  });
});

test("who was woken meanwhile and has not given up hears what came", async () => {
  await shop.apply(hello);
  const [ada, eve] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up");
  await withAnotherWorker(async (worker) => {
    let first: ReturnType<typeof react> | undefined;
    let second: ReturnType<typeof react> | undefined;
    await shop.database.transaction().execute(async (busy: Transaction<Tables>) => {
      await sql`lock table enrollments in exclusive mode`.execute(busy);
      first = react(worker, shop.turn);
      await isInsideOf("enrollments");
      await shop.happens(eve, "signed_up");
      second = react(shop.database, shop.turn);
      await someoneWaits();
    });
    expect(await first).toMatchObject({ events: 1, enrolled: 1 });
    expect(await second).toMatchObject({ events: 1, enrolled: 1, more: false });
  });
});

async function isInsideOf(table: string): Promise<void> {
  for (;;) {
    const { rows } =
      await sql`select from pg_locks where relation = ${table}::regclass and not granted
      and database = (select oid from pg_database where datname = current_database())`.execute(
        shop.database,
      );
    if (rows.length > 0) return;
  }
}

test("who is stopped at its turn loses it after seconds, and another hears the events", async () => {
  await shop.apply(hello);
  await shop.happens(await aCustomer(shop.database), "signed_up");
  await withAnotherWorker(async (worker) => {
    const taken = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const stopped = worker.transaction().execute(async (transaction) => {
      await lockPatiently(transaction, "react", { patience: "2s", atMost: "1s" });
      taken.resolve();
      await over.promise;
      await sql`select 1`.execute(transaction);
    });
    await taken.promise;
    expect(await react(shop.database, shop.turn)).toMatchObject({ events: 1, enrolled: 1 });
    over.resolve();
    await expect(stopped).rejects.toThrow("onnection");
  });
});
