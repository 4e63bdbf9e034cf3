import { open } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import type { ImportKind } from "../customer/field.ts";
import { importFile } from "../customer/import-file.ts";
import { WaypostError } from "../errors.ts";
import type { Engine } from "../queue/engine.ts";
import { type Shopper, sampleShop } from "./sample-shop.ts";
import { type ShopCustomer, shopAccounts } from "./shop-customer.ts";
import { currency, products } from "./shop-product.ts";
import type { ShopEvent } from "./shop-visit.ts";

export interface History {
  readonly seed: string;
  readonly customers: number;
  /** What happened before is history, what happens then is played. */
  readonly from: Date;
  readonly until: Date;
}

/** What is still to come, by what the customer does. */
export interface Future {
  readonly customers: ReadonlyMap<string, ShopCustomer>;
  readonly joining: readonly ShopCustomer[];
  readonly events: readonly ShopEvent[];
}

type Told = (phase: string, done: number, total: number, note: string) => void;

const kinds: readonly ImportKind[] = ["products", "customers", "orders", "events"];

/** Writes the shop's past as the files a shop exports, and imports them as `waypost import` does. */
export async function loadHistory(
  engine: Engine,
  folder: string,
  history: History,
  onProgress: Told,
): Promise<Future> {
  const future = await writeFiles(folder, history);
  const { country, zone } = engine.config;
  for (const kind of kinds) {
    const file = join(folder, `${kind}.ndjson`);
    const report = await importFile(engine.database, {
      kind,
      file,
      country,
      zone,
      currency,
      now: history.from,
      onProgress: ({ phase, done, total, rows }) =>
        onProgress(`${phase} ${kind}`, done, total, `${rows} rows`),
    });
    if (report.rejected > 0)
      throw new WaypostError(
        "WAYPOST_IMPORT",
        `${file}: expected every row to be taken, ${report.rejected} were not: ${report.examples[0]?.reason}`,
      );
  }
  await tellWhatFilesCannot(engine, history.seed, future);
  return future;
}

const customersAtOnce = 200;

async function writeFiles(folder: string, history: History): Promise<Future> {
  const future = {
    customers: new Map<string, ShopCustomer>(),
    joining: [] as ShopCustomer[],
    events: [] as ShopEvent[],
  };
  await using files = new Files(folder);
  await files.write("products", products.map(productRow));
  let chunk: Shopper[] = [];
  const flush = async () => {
    const customers = chunk.map(({ customer }) => customer);
    const past = chunk.flatMap(({ events }) => events.filter(({ at }) => at < history.from));
    await files.write("customers", customers.filter(isPast).map(customerRow));
    await files.write(
      "orders",
      past.filter(({ name }) => name === "order_completed").map(orderRow),
    );
    await files.write("events", past.map(eventRow));
    chunk = [];
  };
  const isPast = ({ joinedAt }: ShopCustomer) => joinedAt < history.from;
  for (const shopper of sampleShop(history)) {
    const { customer, events } = shopper;
    future.customers.set(customer.id, customer);
    if (!isPast(customer)) future.joining.push(customer);
    future.events.push(...events.filter(({ at }) => at >= history.from));
    if (chunk.push(shopper) === customersAtOnce) await flush();
  }
  await flush();
  future.joining.sort((a, b) => a.joinedAt.getTime() - b.joinedAt.getTime());
  future.events.sort((a, b) => a.at.getTime() - b.at.getTime());
  return future;
}

class Files implements AsyncDisposable {
  readonly #folder: string;
  readonly #open = new Map<ImportKind, Awaited<ReturnType<typeof open>>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(kind: ImportKind, rows: readonly object[]): Promise<void> {
    const handle = this.#open.get(kind) ?? (await open(join(this.#folder, `${kind}.ndjson`), "w"));
    this.#open.set(kind, handle);
    await handle.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#open.values()) await handle.close();
  }
}

function productRow({ sku, ...product }: (typeof products)[number]): object {
  return { id: sku, ...product, currency };
}

/** A customer in the fields of an import; live ones are told with the same. */
export function customerRow(customer: ShopCustomer): Record<string, unknown> {
  const { id, firstName, lastName, email, phone, birthday, city, postcode, place, allows } =
    customer;
  const consent = {
    ...(allows.email !== null && { email: { offers: allows.email } }),
    ...(allows.sms !== null && { sms: { offers: allows.sms } }),
  };
  return {
    id,
    email,
    ...(phone !== null && { phone }),
    first_name: firstName,
    last_name: lastName,
    locale: place.locale,
    ...(place.zone !== null && { zone: place.zone }),
    country: place.country,
    city,
    postcode,
    ...(birthday !== null && { birthday }),
    ...(Object.keys(consent).length > 0 && {
      consent: { ...consent, at: customer.joinedAt.toISOString(), source: "sign-up form" },
    }),
    attributes: { likes: customer.favourites[0] },
  };
}

function orderRow({ at, customer, properties }: ShopEvent): object {
  const { order_id: number, total, currency: money, items } = properties;
  return { number, customer, ordered_at: at, total, currency: money, items };
}

function eventRow({ at, customer, name, properties }: ShopEvent): object {
  return { user_id: customer, event: name, timestamp: at, properties };
}

/** When they joined, which an import takes for today, and the companies some of them buy for. */
async function tellWhatFilesCannot(
  { database }: Engine,
  seed: string,
  { customers }: Future,
): Promise<void> {
  const all = [...customers.values()];
  const joined = all.map(({ joinedAt }) => joinedAt);
  await database
    .insertInto("accounts")
    .values(
      shopAccounts(seed).map(({ id, ...account }) => ({
        ...account,
        external_id: id,
        country: "GB",
        created_at: joined[0] ?? new Date(0),
        updated_at: joined[0] ?? new Date(0),
      })),
    )
    .execute();
  await sql`
    update customers set created_at = said.joined_at, updated_at = said.joined_at, account_id = accounts.id
    from unnest(${all.map(({ id }) => id)}::text[], ${joined}::timestamptz[], ${all.map(({ account }) => account)}::text[])
      as said (id, joined_at, account)
    left join accounts on accounts.external_id = said.account
    where customers.external_id = said.id`.execute(database);
}
