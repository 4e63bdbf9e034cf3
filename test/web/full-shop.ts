import { readSegment } from "../../src/journey/read-segment.ts";
import { refreshSegments } from "../../src/audience/refresh-segments.ts";
import { saveSegments } from "../../src/audience/save-segments.ts";
import type { Database } from "../../src/database/database.ts";
import { recordClicks } from "../../src/tracking/clicks.ts";
import { Shop } from "../enrollment/shop.ts";
import { aCarrier, accepted, deliverDue } from "../message/ledger.ts";
import { aCustomer, later, monday } from "../support/people.ts";

/** Names that have undone other dashboards. */
export const hostileNames = [
  "<img src=x onerror=alert(1)>",
  '"><script>alert(1)</script>',
  "{{constructor.constructor('alert(1)')()}}",
  "{{#each this}}{{this}}{{/each}}",
  "javascript:alert(1)",
  "\u202Egnirts\u202E desrever",
  "ي".repeat(300),
  "W".repeat(10_000),
  "%00%0d%0aSet-Cookie: a=b",
  "constructor",
  "__proto__",
  "'; drop table customers; --",
];

const welcome = `
journey: welcome
describe: Greet those who sign up, <b>warmly</b>
objective: { goal: order_completed, target: 12%, within: 60 days }
start: { on: signed_up, if: { customer.email: { exists: true } } }
stop: [{ on: order_completed, as: converted }]
steps:
  - send: hello
    by: email
  - wait: 1 day
  - if: { customer.country: GB }
    then:
      - send: shop
        by: email
    else:
      - split: { short: 50, long: 50 }
        short: [{ send: hello, by: email, id: short-one }]
        long: [{ wait: 3 days }]
  - wait: 2 days
`;

const winBack = `
journey: win-back
start: { on: lapsed }
steps: [{ send: broken, by: email }]
`;

export interface FullShop {
  readonly shop: Shop;
  readonly customers: readonly string[];
}

/** A shop with a bit of everything: each hostile name on its way through a journey, messages of many states, a segment. */
export async function aFullShop(database: Database): Promise<FullShop> {
  const shop = new Shop(database);
  await shop.apply(welcome, winBack);
  const customers: string[] = [];
  for (const name of hostileNames) {
    const country = customers.length % 2 === 0 ? "GB" : "DE";
    const attributes = JSON.stringify({ note: name.slice(0, 2000), [name.slice(0, 100)]: 1 });
    const given = { first_name: name, last_name: name, city: name, country, attributes };
    customers.push(await aCustomer(database, given));
  }
  for (const id of customers) await shop.happens(id, "signed_up", { plan: hostileNames[0] });
  await shop.happens(customers[0] ?? "", "lapsed");
  await shop.live();
  await deliverDue(database);
  await recordClicks(database, [await aClick(database)]);
  await shop.travel("1 day");
  const refusing = aCarrier(({ subject }) =>
    subject?.includes("script") === true
      ? { kind: "refused", of: "message", code: "550", detail: hostileNames[0] ?? "" }
      : subject?.includes("constructor") === true
        ? { kind: "unknown", code: "timeout", detail: "no answer" }
        : accepted,
  );
  await deliverDue(database, { carrier: refusing.carrier, at: later(monday, { days: 1 }) });
  await buy(database, shop, customers[2] ?? "");
  await keepSegment(database);
  return { shop, customers };
}

async function aClick(database: Database) {
  const message = await database
    .selectFrom("messages")
    .selectAll()
    .where("id", "=", "1")
    .executeTakeFirstOrThrow();
  const url = "https://shop.example/?q=<script>alert(1)</script>";
  const link = await database
    .insertInto("links")
    .values({ url, hash: Buffer.from("x") })
    .returning("id")
    .executeTakeFirstOrThrow();
  return {
    deliveryId: message.delivery_id,
    linkId: link.id,
    at: later(monday, { minutes: 5 }),
    machine: false,
    userAgent: "<b>Mozilla</b>",
  };
}

async function buy(database: Database, shop: Shop, customer: string): Promise<void> {
  await database
    .insertInto("orders")
    .values({
      external_id: "<i>o-1</i>",
      customer_id: customer,
      ordered_at: monday,
      total: 64.5,
      currency: "GBP",
      created_at: monday,
      updated_at: monday,
    })
    .execute();
  await shop.happens(customer, "order_completed", { total: 64.5 });
  await shop.live();
}

async function keepSegment(database: Database): Promise<void> {
  const source = "segment: britons\ndescribe: They live in Britain\nif: { customer.country: GB }\n";
  const { segment } = readSegment(source, "workflows/segments/britons.yaml");
  if (segment === undefined) throw new Error("the segment cannot be read");
  await saveSegments(database, [segment], monday);
  await refreshSegments(database, monday);
}
