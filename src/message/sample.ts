import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { WaypostError } from "../errors.ts";
import { accountFields, customerFields } from "../journey/field.ts";
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

/** What a preview has instead of the example's own; of the customer it is some fields. */
export type SampleGiven = {
  readonly [Part in "account" | "entry" | "voucher" | "call"]?: ClaimedMessage[Part];
} & { readonly customer?: Partial<ClaimedCustomer> };

const monthMs = 30 * 86_400_000;

/** A message that was never planned, for looking at a template: to an example customer, or to a real one. */
export async function sampleMessage(
  of: { readonly template: string; readonly channel: string; readonly now: Date },
  to?: { readonly database: Database; readonly customer: string },
  given: SampleGiven = {},
): Promise<ClaimedMessage> {
  const example = { customer: ada, account: null };
  const found = to === undefined ? example : await getCustomer(to.database, to.customer);
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
    account: found.account,
    entry,
    voucher: {
      code: "WELCOME-4F7K",
      expires_at: new Date(of.now.getTime() + monthMs).toISOString(),
    },
    call: {},
    ...given,
    customer: { ...found.customer, ...given.customer },
  };
}

type Found = Pick<ClaimedMessage, "customer" | "account">;

/** By our id, the company's own id, or an e-mail address, in this order. */
async function getCustomer(database: Database, wanted: string): Promise<Found> {
  const id = /^\d{1,18}$/.test(wanted) ? wanted : null;
  const { rows } = await sql<Found>`
    select ${fieldsOf("c", customerFields)} as customer,
           case when a.id is not null then ${fieldsOf("a", accountFields)} end as account
    from customers c left join accounts a on a.id = c.account_id
    where c.id = ${id}::bigint or c.external_id = ${wanted} or c.email = ${wanted.toLowerCase()}
    order by (c.id = ${id}::bigint) is true desc, (c.external_id = ${wanted}) is true desc, c.id limit 1`.execute(
    database,
  );
  const [found] = rows;
  if (found !== undefined) return found;
  throw new WaypostError(
    "WAYPOST_NOT_FOUND",
    `customer "${wanted}": expected an id, an id of your own or an e-mail address of a customer, found none`,
  );
}
