import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { WaypostError } from "../errors.ts";
import { customerFields } from "../journey/field.ts";
import { fieldsOf } from "./details.ts";
import type { ClaimedCustomer, ClaimedMessage } from "./message.ts";

const ada: ClaimedCustomer = {
  id: "0",
  external_id: "c-1815",
  email: "ada@example.com",
  phone: "+447700900815",
  first_name: "Ada",
  last_name: "Lovelace",
  locale: "en-GB",
  zone: "Europe/London",
  country: "GB",
  city: "London",
  postcode: "W1A 1AA",
  birthday: "1985-12-10",
  created_at: "2024-02-01T09:00:00Z",
  updated_at: "2024-02-01T09:00:00Z",
  attributes: {},
};

/** An order, or a basket, as the events of the shipped journeys carry it. */
const entry = {
  order_id: "o-1001",
  basket_id: "b-1001",
  total: 64.5,
  currency: "GBP",
  items: [
    {
      sku: "mug-blue",
      name: "Blue mug",
      category: "kitchen",
      quantity: 2,
      price: 12.25,
      url: "https://shop.example/blue-mug",
    },
    {
      sku: "lamp-small",
      name: "Small lamp",
      category: "home",
      quantity: 1,
      price: 40,
      url: "https://shop.example/small-lamp",
    },
  ],
};

const monthMs = 30 * 86_400_000;

/** A message that was never planned, for looking at a template: to an example customer, or to a real one. */
export async function sampleMessage(
  of: { readonly template: string; readonly channel: string; readonly now: Date },
  to?: { readonly database: Database; readonly customer: string },
): Promise<ClaimedMessage> {
  return {
    id: "0",
    deliveryId: "00000000-0000-0000-0000-000000000000",
    openedBy: null,
    channel: of.channel,
    template: of.template,
    class: "marketing",
    topic: null,
    journey: "preview",
    step: of.template,
    attempts: 0,
    strikes: 0,
    expiresAt: of.now,
    customer: to === undefined ? ada : await getCustomer(to.database, to.customer),
    account: null,
    entry,
    voucher: {
      code: "WELCOME-4F7K",
      expires_at: new Date(of.now.getTime() + monthMs).toISOString(),
    },
    call: {},
  };
}

/** By our id, the company's own id, or an e-mail address, in this order. */
async function getCustomer(database: Database, wanted: string): Promise<ClaimedCustomer> {
  const id = /^\d{1,18}$/.test(wanted) ? wanted : null;
  const { rows } = await sql<{ readonly customer: ClaimedCustomer }>`
    select ${fieldsOf("c", customerFields)} as customer
    from customers c where id = ${id}::bigint or external_id = ${wanted} or email = ${wanted.toLowerCase()}
    order by (id = ${id}::bigint) is true desc, (external_id = ${wanted}) is true desc, id limit 1`.execute(
    database,
  );
  const [found] = rows;
  if (found !== undefined) return found.customer;
  throw new WaypostError(
    "WAYPOST_NOT_FOUND",
    `customer "${wanted}": expected an id, an id of your own or an e-mail address of a customer, found none`,
  );
}
