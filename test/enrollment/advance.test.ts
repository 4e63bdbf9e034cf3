import { sql } from "kysely";
import { expect, test } from "vitest";
import { advance } from "../../src/enrollment/advance.ts";
import { listHeld, replayHeld } from "../../src/enrollment/hold.ts";
import { journeyCounts } from "../../src/enrollment/journey-counts.ts";
import { pauseJourney, resumeJourney } from "../../src/enrollment/journey-state.ts";
import { react } from "../../src/enrollment/react.ts";
import { shownReason } from "../../src/database/shown-reason.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const hello = `
journey: hello
start: { on: signed_up, again: always }
steps:
  - wait: 1 day
  - { send: hello, by: email }
  - wait: 24 hours
  - { send: again, by: email }`;

async function manySignUp(count: number): Promise<void> {
  await sql`insert into customers (email, created_at, updated_at)
    select 'p' || n || '@example.com', ${shop.now}, ${shop.now} from generate_series(1, ${count}::int) n`.execute(
    shop.database,
  );
  await sql`insert into consents (customer_id, channel, topic, state, method, occurred_at)
    select id, '*', '*', 'granted', 'form', ${shop.now} from customers`.execute(shop.database);
  await sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
    select id, id, 'signed_up', ${shop.now}, '{}' from customers`.execute(shop.database);
}

const count = async (query: ReturnType<typeof sql<{ n: number }>>) =>
  (await query.execute(shop.database)).rows[0]?.n;

test("an enrollment nobody can advance is held with its reason, and a thousand others go on", async () => {
  await shop.apply(hello);
  await manySignUp(1000);
  // The ledger itself refuses this one customer's message.
  await sql`create function refuse_one() returns trigger language plpgsql as $$
    begin
      if new.customer_id = 500 then raise exception 'cannot write to "ada@example.com"'; end if;
      return new;
    end $$`.execute(shop.database);
  await sql`create trigger refuse_one before insert on messages for each row execute function refuse_one()`.execute(
    shop.database,
  );
  try {
    await shop.travel("1 day");
    expect(await shop.whereabouts("500")).toEqual(['held at hello: cannot write to "…"']);
    expect(await count(sql`select count(*)::int as n from messages`)).toBe(999);
    const held = await listHeld(shop.database, { limit: 10 });
    expect(held).toMatchObject([{ customer_id: "500", journey: "hello", step: "hello" }]);
  } finally {
    await sql`drop function refuse_one cascade`.execute(shop.database);
  }
  expect(await replayHeld(shop.database, { journey: "hello", now: shop.now })).toBe(1);
  await shop.live();
  expect(await shop.messagesTo("500")).toEqual(["email hello"]);
  expect(await replayHeld(shop.database, { now: shop.now })).toBe(0);
});

test("a step that is wrong for everybody holds everybody at once, and other journeys go on", async () => {
  await shop.apply(hello, hello.replace("journey: hello", "journey: other"));
  await manySignUp(300);
  await react(shop.database, shop.turn);
  await sql`update enrollments set step = 'gone' where journey_id = ${await shop.idOf("hello")}`.execute(
    shop.database,
  );
  const turned = await advance(shop.database, shop.turn);
  expect(turned).toMatchObject({ moved: 600, held: 300, finished: 0 });
});

test("four workers side by side lose nobody and move nobody twice", async () => {
  await shop.apply(hello);
  await manySignUp(5000);
  while ((await react(shop.database, shop.turn)).more);
  for (let day = 0; day < 3; day += 1) {
    const turn = { ...shop.turn, limit: 250 };
    const workers = Array.from({ length: 4 }, async () => {
      let moved = 0;
      for (let last = await advance(shop.database, turn); last.moved > 0;) {
        moved += last.moved;
        last = await advance(shop.database, turn);
      }
      return moved;
    });
    const moved = await Promise.all(workers);
    expect(moved.reduce((sum, one) => sum + one, 0)).toBe(5000);
    shop.now = new Date(shop.now.getTime() + 86_400_000);
  }
  expect(await count(sql`select count(*)::int as n from messages`)).toBe(10_000);
  expect(
    await count(sql`select count(*)::int as n from enrollments where state = 'completed'`),
  ).toBe(5000);
  const [counts] = await journeyCounts(shop.database);
  expect(counts?.steps.map(({ id, passed }) => [id, passed])).toEqual(
    counts?.steps.map(({ id }) => [id, 5000]),
  );
});

test("workers that react and advance at the same time agree", async () => {
  await shop.apply(`${hello}\nstop: [{ on: left, as: left }]`);
  await manySignUp(2000);
  while ((await react(shop.database, shop.turn)).more);
  await shop.travel("1 second");
  await sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
    select id + 10000, id, 'left', ${shop.now}, '{}' from customers where id % 2 = 0`.execute(
    shop.database,
  );
  shop.now = new Date(shop.now.getTime() + 86_400_000);
  const turn = { ...shop.turn, limit: 100 };
  const work = async (one: () => Promise<{ more: boolean }>) => {
    while ((await one()).more);
  };
  await Promise.all([
    work(() => react(shop.database, turn)),
    work(() => advance(shop.database, turn)),
    work(() => react(shop.database, turn)),
    work(() => advance(shop.database, turn)),
  ]);
  await shop.live();
  expect(
    await count(
      sql`select count(*)::int as n from enrollments where state = 'exited' and customer_id % 2 = 0`,
    ),
  ).toBe(1000);
  expect(
    await count(
      sql`select count(*)::int as n from messages where (customer_id % 2 = 0) <> (state = 'suppressed')`,
    ),
  ).toBe(0);
  expect(await count(sql`select count(*)::int as n from messages where customer_id % 2 = 1`)).toBe(
    1000,
  );
});

test("a batch that dies before its commit has done nothing, and is done again", async () => {
  await shop.apply(hello);
  await manySignUp(50);
  await shop.live();
  shop.now = new Date(shop.now.getTime() + 86_400_000);
  // The last write of the batch fails like a server that is shut down.
  await sql`create function shut_down() returns trigger language plpgsql as $$
    begin raise exception 'terminating connection' using errcode = '57P01'; end $$`.execute(
    shop.database,
  );
  for (const table of ["messages", "enrollments", "passages"]) {
    await sql`create trigger shut_down before insert or update on ${sql.table(table)} for each statement execute function shut_down()`.execute(
      shop.database,
    );
    await expect(advance(shop.database, shop.turn)).rejects.toThrow("terminating");
    await sql`drop trigger shut_down on ${sql.table(table)}`.execute(shop.database);
    expect(await count(sql`select count(*)::int as n from messages`)).toBe(0);
    expect(await count(sql`select count(*)::int as n from enrollments where step = 'hello'`)).toBe(
      50,
    );
  }
  await sql`drop function shut_down`.execute(shop.database);
  await shop.live();
  expect(await count(sql`select count(*)::int as n from messages`)).toBe(50);
});

test("events taken by a worker that dies are there for the next", async () => {
  await shop.apply(hello);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  const dies = shop.database.transaction().execute(async (transaction) => {
    await sql`delete from pending_events`.execute(transaction);
    throw new Error("killed");
  });
  await expect(dies).rejects.toThrow("killed");
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at hello"]);
});

test("nobody moves while the journey is paused, and everybody goes on from where they stood", async () => {
  await shop.apply(hello);
  await manySignUp(10);
  await shop.live();
  expect(await pauseJourney(shop.database, "hello", shop.now)).toBe(true);
  expect(await pauseJourney(shop.database, "hello", shop.now)).toBe(false);
  shop.now = new Date(shop.now.getTime() + 5 * 86_400_000);
  expect(await advance(shop.database, shop.turn)).toMatchObject({ moved: 0, more: false });
  expect(await resumeJourney(shop.database, "hello", shop.now)).toBe(true);
  expect(await advance(shop.database, shop.turn)).toMatchObject({ moved: 10, planned: 10 });
  expect(await advance(shop.database, shop.turn)).toMatchObject({ moved: 0 });
});

test("a journey with many due leaves room in every batch for one with few", async () => {
  await shop.apply(hello);
  await manySignUp(100);
  while ((await react(shop.database, shop.turn)).more);
  await shop.apply(
    hello,
    `journey: receipt\nstart: { on: paid }\nsteps: [{ send: receipt, by: email }]`,
  );
  shop.now = new Date(shop.now.getTime() + 1000);
  await shop.happens("7", "paid");
  await react(shop.database, shop.turn);
  const turned = await advance(shop.database, { ...shop.turn, limit: 10 });
  expect(turned).toMatchObject({ moved: 6, planned: 1, more: true });
  expect(await shop.messagesTo("7")).toEqual(["email receipt"]);
  expect(await advance(shop.database, shop.turn)).toMatchObject({ moved: 95, more: false });
});

test("a mistyped journey is answered with the one that was meant", async () => {
  await shop.apply(hello);
  await expect(pauseJourney(shop.database, "helo", shop.now)).rejects.toThrow(
    'journey "helo": no such journey is applied; did you mean "hello"?',
  );
});

test("a reason that is shown holds no address and no number of a person", () => {
  const error = Object.assign(
    new Error(
      'invalid input syntax for type numeric: "Ada Lovelace" ada@example.com +44 7911 123456',
    ),
    { code: "22P02" },
  );
  expect(shownReason(error)).toBe('invalid input syntax for type numeric: "…" … …');
});
