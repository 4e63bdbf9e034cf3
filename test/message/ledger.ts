import { sql } from "kysely";
import type { Outcome, Outgoing, Provider } from "../../src/channel/channel.ts";
import type { Database } from "../../src/database/database.ts";
import { type Composer } from "../../src/message/compose.ts";
import { deliver } from "../../src/message/deliver.ts";
import type { Delivery } from "../../src/message/delivery-run.ts";
import { planMessages } from "../../src/message/plan.ts";
import type { Rendered } from "../../src/template/template.ts";
import { LinkBook } from "../../src/tracking/links.ts";
import { trackingUrls } from "../../src/tracking/urls.ts";
import { monday } from "../support/people.ts";

export const accepted: Outcome = { kind: "accepted", receipt: "receipt-1" };

/** A post office that keeps what it was handed and answers as it is told. */
export function aCarrier(
  answer: (message: Outgoing) => Outcome | Promise<Outcome> = () => accepted,
) {
  const handed: Outgoing[] = [];
  const carrier: Provider = {
    name: "pigeon",
    async send(message) {
      handed.push(message);
      return answer(message);
    },
    close: async () => {},
  };
  return { carrier, handed };
}

/** Templates that greet by name; the one called "broken" cannot be rendered, "shop" links to the shop. Some are `missing`. */
export function aComposer(missing: readonly string[] = []): Composer {
  return {
    templates: {
      list: [],
      has: (name) => !missing.includes(name),
      render: (name, _channel, _locale, variables, track): Rendered => {
        if (missing.includes(name)) throw new Error(`found no template "${name}"`);
        if (name === "broken")
          throw new Error('template broken.email.hbs: "customer.nickname" is missing');
        const customer = variables["customer"] as { first_name: string };
        const link = name === "shop" ? ` ${track("https://shop.example/shoes")}` : "";
        return {
          subject: `Hello ${customer.first_name}`,
          preheader: null,
          from: null,
          replyTo: null,
          html: `<body>Hi${link}</body>`,
          text: `Hi${link}`,
        };
      },
    },
    links: new LinkBook(),
    urls: trackingUrls("https://mail.example", ["a secret of at least thirty-two characters"]),
    shop: { name: "The shop" },
    carriers: { email: "pigeon" },
    from: { email: "Shop <shop@example.com>" },
  };
}

export function aDelivery(carrier: Provider, rules: Partial<Delivery> = {}): Delivery {
  return {
    channel: "email",
    provider: carrier.name,
    carrier,
    concurrency: 10,
    deadlineMs: 5000,
    leaseSeconds: 60,
    attempts: 3,
    rate: null,
    hours: null,
    caps: [],
    unknownZones: ["Europe/London"],
    random: () => 0.5,
    ...rules,
  };
}

interface Deliver {
  readonly carrier?: Provider;
  readonly rules?: Partial<Delivery>;
  readonly at?: Date;
  readonly limit?: number;
  readonly stopping?: AbortSignal;
  readonly composer?: Composer;
}

/** Delivers one batch of what is due. */
export async function deliverDue(
  database: Database,
  {
    carrier = aCarrier().carrier,
    rules = {},
    at = monday,
    limit = 100,
    stopping = new AbortController().signal,
    composer = aComposer(),
  }: Deliver = {},
) {
  return deliver(database, composer, aDelivery(carrier, rules), {
    limit,
    now: () => at,
    stopping,
  });
}

let journeys = 0;

/** A journey that customers can be put into by hand. */
export async function aJourney(
  database: Database,
  state: "active" | "paused" = "active",
): Promise<number> {
  journeys += 1;
  const { id } = await database
    .insertInto("journeys")
    .values({ name: `journey-${journeys}`, state, created_at: monday, changed_at: monday })
    .returning("id")
    .executeTakeFirstOrThrow();
  await database
    .insertInto("journey_versions")
    .values({
      journey_id: id,
      number: 1,
      definition: "{}",
      source: "",
      file: "journey.yaml",
      hash: "x",
      applied_at: monday,
    })
    .execute();
  return id;
}

interface Planned {
  readonly journey: number;
  readonly template?: string;
  readonly by?: readonly string[];
  readonly best?: boolean;
  readonly fallback?: boolean;
  readonly priority?: number;
  readonly step?: string;
  readonly class?: "marketing" | "transactional";
  readonly topic?: string | null;
  readonly at?: Date;
  readonly lateness?: { months: number; days: number; seconds: number };
}

/** Puts customers before a send step and plans its messages, as an advancing enrollment does. */
export async function plan(
  database: Database,
  customers: readonly string[],
  given: Planned,
): Promise<void> {
  const { step = "hello", at = monday } = given;
  const version = await database
    .selectFrom("journey_versions")
    .select("id")
    .where("journey_id", "=", given.journey)
    .executeTakeFirstOrThrow();
  const enrollments = await database
    .insertInto("enrollments")
    .values(
      customers.map((customer_id) => ({
        journey_id: given.journey,
        version_id: version.id,
        customer_id,
        entry_key: step,
        step,
        state: "waiting" as const,
        entered_at: at,
        moved_at: at,
      })),
    )
    .returning("id")
    .execute();
  await database.transaction().execute((transaction) =>
    planMessages(transaction, {
      enrollments: enrollments.map(({ id }) => id),
      step: {
        id: step,
        template: given.template ?? "hello",
        by: given.by ?? ["email"],
        best: given.best ?? false,
        fallback: given.fallback ?? false,
      },
      priority: given.priority ?? 0,
      class: given.class ?? "marketing",
      topic: given.topic === undefined ? "offers" : given.topic,
      maxLateness: given.lateness ?? { months: 0, days: 1, seconds: 0 },
      occurrence: sql<number>`0`,
      now: at,
    }),
  );
}

/** Where every message stands, in the order they were planned. */
export async function ledger(database: Database) {
  return database.selectFrom("messages").selectAll().orderBy("id").execute();
}
