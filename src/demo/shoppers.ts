import { sql } from "kysely";
import { type IngestSettings } from "../customer/ingest-rows.ts";
import { ingestBatch } from "../customer/ingest.ts";
import { WaypostError } from "../errors.ts";
import type { Engine } from "../queue/engine.ts";
import { Chance } from "./chance.ts";
import { type Future, customerRow } from "./load-history.ts";
import type { ShopCustomer } from "./shop-customer.ts";
import { currency } from "./shop-product.ts";
import {
  type ShopEvent,
  type ShopItem,
  completeOrder,
  fillBasket,
  later,
  viewPages,
} from "./shop-visit.ts";

/** How many of those who clicked order within a day, by journey. */
const convinced: Readonly<Record<string, number>> = {
  "abandoned-basket": 0.45,
  "first-purchase": 0.3,
  "win-back": 0.35,
  birthday: 0.4,
};

/** What customers do while the demo plays: what they would have done anyway, and what messages move them to. */
export class Shoppers {
  readonly #engine: Engine;
  readonly #seed: string;
  readonly #customers: Future["customers"];
  readonly #joining: ShopCustomer[];
  #coming: ShopEvent[];
  readonly #answered = new Set<string>();

  constructor(engine: Engine, seed: string, future: Future) {
    this.#engine = engine;
    this.#seed = seed;
    this.#customers = future.customers;
    this.#joining = [...future.joining];
    this.#coming = [...future.events];
  }

  /** Tells Waypost what happened up to `now`, as an application does over HTTP. Returns whether anything did. */
  async act(now: Date): Promise<boolean> {
    const joined = taken(this.#joining, ({ joinedAt }) => joinedAt <= now);
    const done = taken(this.#coming, ({ at }) => at <= now);
    const messages = [...joined.map(identified), ...done.map(tracked)];
    if (messages.length === 0) return false;
    const { country, zone } = this.#engine.config;
    const settings: IngestSettings = { now, country, zone, currency };
    const { errors } = await ingestBatch(this.#engine.database, messages, settings);
    const [error] = errors;
    if (error !== undefined)
      throw new WaypostError(
        "WAYPOST_REQUEST",
        `demo: expected what the shop tells to be understood, got "${error.path}: ${error.reason}"`,
      );
    return true;
  }

  /** Those who clicked since `from` look around, and some of them order. */
  async answer(from: Date): Promise<void> {
    for (const click of await clicksSince(this.#engine, from)) {
      if (this.#answered.has(click.message)) continue;
      this.#answered.add(click.message);
      const customer = this.#customers.get(click.customer);
      if (customer !== undefined) this.#coming.push(...this.#reaction(customer, click));
    }
    this.#coming.sort((a, b) => a.at.getTime() - b.at.getTime());
  }

  #reaction(customer: ShopCustomer, { journey, step, at, entry }: Click): ShopEvent[] {
    const chance = new Chance(`${this.#seed} ${customer.id} ${journey} ${step} ${at.getTime()}`);
    const events = viewPages(customer, later(at, 1), chance);
    if (!chance.happens(convinced[journey] ?? 0.2)) return events;
    const orderedAt = later(at, Math.min(chance.around(40, 4), 23 * 60));
    const items =
      entry.basket_id === undefined ? fillBasket(customer, chance) : (entry.items ?? []);
    const number = `LL-${customer.id.slice(2)}-R${this.#answered.size}`;
    return [...events, completeOrder(customer, orderedAt, number, items)];
  }
}

interface Click {
  readonly message: string;
  readonly customer: string;
  readonly journey: string;
  readonly step: string;
  readonly at: Date;
  readonly entry: { readonly basket_id?: string; readonly items?: readonly ShopItem[] };
}

async function clicksSince({ database }: Engine, from: Date): Promise<readonly Click[]> {
  const { rows } = await sql<Click>`
    select m.id as message, c.external_id as customer, j.name as journey, m.step, m.clicked_at as at, e.entry
    from messages m join customers c on c.id = m.customer_id join journeys j on j.id = m.journey_id
      join enrollments e on e.id = m.enrollment_id
    where m.clicked_at >= ${from} and c.external_id is not null order by m.id`.execute(database);
  return rows;
}

/** Takes what is due off the front of a list in order of time. */
function taken<Thing>(things: Thing[], isDue: (thing: Thing) => boolean): Thing[] {
  const rest = things.findIndex((thing) => !isDue(thing));
  return things.splice(0, rest === -1 ? things.length : rest);
}

function identified(customer: ShopCustomer): object {
  const { id, ...traits } = customerRow(customer);
  return { type: "identify", userId: id, traits, timestamp: customer.joinedAt.toISOString() };
}

function tracked({ at, customer, name, properties }: ShopEvent): object {
  const messageId =
    typeof properties["order_id"] === "string" ? `order ${properties["order_id"]}` : undefined;
  return {
    type: "track",
    userId: customer,
    event: name,
    properties,
    timestamp: at.toISOString(),
    messageId,
  };
}
