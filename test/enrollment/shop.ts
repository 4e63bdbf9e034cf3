import { sql } from "kysely";
import { beforeEach } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { readDuration } from "../../src/duration.ts";
import { advance } from "../../src/enrollment/advance.ts";
import { type Written, applyJourneys } from "../../src/enrollment/apply.ts";
import { dueIn } from "../../src/enrollment/due.ts";
import { enterDue } from "../../src/enrollment/enter-due.ts";
import { react } from "../../src/enrollment/react.ts";
import type { Money } from "../../src/enrollment/worth.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { monday } from "../support/people.ts";

/** A journey as an operator would write it; `topic` is filled in. */
export function written(text: string, file = "workflows/test.yaml"): Written {
  const source = `topic: offers\n${text}`;
  const { journey, migration, mistakes } = readJourney(source, file);
  if (journey === undefined || mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  return { journey, migration, source, file };
}

/** The engine over a test's database, on a clock that the test moves. */
export class Shop {
  readonly database: Database;
  now = monday;
  zone = "UTC";
  money: Money = { currency: "GBP", exchange_rates: {} };

  constructor(database: Database) {
    this.database = database;
  }

  get turn() {
    return { now: this.now, limit: 1000, zone: this.zone, money: this.money };
  }

  apply(...texts: readonly string[]) {
    return applyJourneys(
      this.database,
      texts.map((text) => written(text)),
      this.now,
    );
  }

  /** Something a customer does now; the journeys hear of it with the next `live`. */
  async happens(customerId: string, name: string, properties: object = {}, at = this.now) {
    const { rows } = await sql<{ id: string }>`
      insert into events (customer_id, name, occurred_at, received_at, properties)
      values (${customerId}, ${name}, ${at}, ${this.now}, ${JSON.stringify(properties)}) returning id`.execute(
      this.database,
    );
    await this.database
      .insertInto("pending_events")
      .values({
        event_id: rows[0]?.id ?? "",
        customer_id: customerId,
        name,
        occurred_at: at,
        properties: JSON.stringify(properties),
      })
      .execute();
  }

  /** Lets the journeys hear what happened; nobody moves yet. */
  async react() {
    while ((await react(this.database, this.turn)).more);
  }

  /** Everything the engine has to do at this instant. */
  async live() {
    await this.react();
    while ((await advance(this.database, this.turn)).more);
  }

  /** Moves the clock, and does on the way what becomes due, at its time. */
  async travel(by: string) {
    const duration = readDuration(by);
    if (duration === undefined) throw new Error(`travel: "${by}" is no duration`);
    await this.live();
    const until = dueIn(duration, this.now, this.zone);
    for (let due = await this.nextDue(until); due !== null; due = await this.nextDue(until)) {
      if (due > this.now) this.now = due;
      await this.live();
    }
    this.now = until;
    await this.live();
  }

  /** Lets the journey's start look who may come in. */
  async open(journey: string) {
    const { entered } = await enterDue(this.database, await this.idOf(journey), this.turn);
    await this.live();
    return entered;
  }

  async idOf(journey: string): Promise<number> {
    const row = await this.database
      .selectFrom("journeys")
      .select("id")
      .where("name", "=", journey)
      .executeTakeFirstOrThrow();
    return row.id;
  }

  /** "email thank-you" for each message planned, the oldest first. */
  async messagesTo(customerId: string): Promise<readonly string[]> {
    const rows = await this.database
      .selectFrom("messages")
      .select(["channel", "template", "state"])
      .where("customer_id", "=", customerId)
      .orderBy("id")
      .execute();
    return rows.map(({ channel, template, state }) =>
      state === "planned" ? `${channel} ${template}` : `${channel} ${template} (${state})`,
    );
  }

  /** "waiting at reminder", "exited: converted", "completed", in the order of entry. */
  async whereabouts(customerId: string): Promise<readonly string[]> {
    const rows = await this.database
      .selectFrom("enrollments")
      .selectAll()
      .where("customer_id", "=", customerId)
      .orderBy("id")
      .execute();
    return rows.map(({ state, step, reason }) =>
      state === "exited"
        ? `exited: ${reason}`
        : state === "held"
          ? `held at ${step}: ${reason}`
          : state === "completed"
            ? state
            : `${state} at ${step}`,
    );
  }

  protected async nextDue(until: Date): Promise<Date | null> {
    const { rows } = await sql<{ due: Date | null }>`
      select min(e.due_at) as due from enrollments e join journeys on journeys.id = e.journey_id
      where e.due_at <= ${until} and journeys.state <> 'paused'`.execute(this.database);
    return rows[0]?.due ?? null;
  }
}

/** A shop for each case of a test file, its tables empty. Call it at the top of the file. */
export async function aShop(): Promise<Shop> {
  const database = await aDatabase();
  const shop = new Shop(database);
  beforeEach(async () => {
    await freshTables(database);
    shop.now = monday;
    shop.zone = "UTC";
  });
  return shop;
}
