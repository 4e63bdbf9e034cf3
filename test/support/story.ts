import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { beforeEach } from "vitest";
import { refreshSegments } from "../../src/audience/refresh-segments.ts";
import { saveSegments } from "../../src/audience/save-segments.ts";
import type { Outgoing } from "../../src/channel/channel.ts";
import type { WebhookCaller } from "../../src/channel/webhook.ts";
import { ingestBatch } from "../../src/customer/ingest.ts";
import type { Database } from "../../src/database/database.ts";
import { applyJourneys } from "../../src/enrollment/apply.ts";
import { enterDue } from "../../src/enrollment/enter-due.ts";
import { listDue } from "../../src/enrollment/list-due.ts";
import { makeCalls } from "../../src/enrollment/make-calls.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { type JourneyFile, readProject } from "../../src/journey/read-project.ts";
import type { Composer } from "../../src/message/compose.ts";
import { deliver } from "../../src/message/deliver.ts";
import type { Delivery } from "../../src/message/delivery-run.ts";
import { fallBack } from "../../src/message/fall-back.ts";
import { dueChannels } from "../../src/message/recover.ts";
import { loadTemplates } from "../../src/template/load-templates.ts";
import { recordClick } from "../../src/tracking/clicks.ts";
import { LinkBook } from "../../src/tracking/links.ts";
import { createTokens } from "../../src/tracking/tokens.ts";
import { raiseStates } from "../../src/tracking/report-state.ts";
import { unsubscribe } from "../../src/tracking/unsubscribe.ts";
import { trackingUrls } from "../../src/tracking/urls.ts";
import { Shop } from "../enrollment/shop.ts";
import { aCarrier, aComposer, aDelivery } from "../message/ledger.ts";
import { aDatabase, freshTables } from "./database.ts";
import { aCustomer, later, monday } from "./people.ts";

const secrets = ["the secret of this shop, long enough to be one"];
const tokens = createTokens(secrets);
const browser =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";

type Person = NonNullable<Parameters<typeof aCustomer>[1]>;

/** What left the house for a customer. */
export interface Sent {
  readonly channel: string;
  readonly template: string;
  readonly at: Date;
  readonly message: Outgoing;
}

/**
 * A shop whose doors are all open: the files of workflows/ and templates/ as they are shipped, events by the door that
 * programs use, segments, starts, steps and deliveries. Only the clock and the post office are the test's own.
 */
export class Story extends Shop {
  /** How often the shop looks up from its work on a journey in time, for segments and dates. */
  pace: Parameters<typeof later>[1] = { hours: 12 };
  /** What calls services, where the story has any. */
  webhooks: WebhookCaller | undefined;
  #composer: Composer;
  #orders = 0;
  readonly #deliveries: readonly Delivery[];
  readonly #handed: Outgoing[];

  constructor(database: Database, composer: Composer) {
    super(database);
    const { carrier, handed } = aCarrier();
    this.#composer = composer;
    this.#handed = handed;
    const sms = { channel: "sms", hours: { from: "08:00", until: "21:00" } };
    this.#deliveries = [aDelivery(carrier), aDelivery(carrier, sms)];
  }

  override get turn() {
    const channelsWith = (template: string) =>
      ["email", "sms"].filter((channel) => this.#composer.templates.has(template, channel));
    return { ...super.turn, channelsWith };
  }

  /** The next case begins with nothing known and nothing sent. */
  async restart(): Promise<void> {
    await freshTables(this.database);
    this.#composer = { ...this.#composer, links: new LinkBook() };
    this.#handed.length = 0;
    this.now = monday;
    this.pace = { hours: 12 };
  }

  /** Applies the shipped file of a journey, and of the segments it speaks of. */
  async opens(name: string): Promise<void> {
    const { journeys, segments, mistakes } = readProject("workflows");
    if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
    const wanted = [...journeys, theExample()].filter(({ journey }) => journey.name === name);
    const spokenOf = new Set(
      wanted.flatMap(({ references }) =>
        references.flatMap((one) => (one.kind === "segment" ? one.name : [])),
      ),
    );
    const kept = segments.filter(({ name }) => spokenOf.has(name));
    await saveSegments(this.database, kept, this.now);
    await applyJourneys(this.database, wanted, this.now);
    await this.live();
  }

  /** A customer in London who has agreed to everything, unless told otherwise. */
  customer(given: Person = {}): Promise<string> {
    return aCustomer(this.database, { zone: "Europe/London", country: "GB", ...given });
  }

  /** Customers come until one does who is divided so: by a hash of the id, which any program can work out again. */
  async customerWhose(
    isSo: (share: (...purpose: readonly string[]) => number) => boolean,
    given: Person = {},
  ): Promise<string> {
    for (;;) {
      const id = await this.customer(given);
      if (isSo((...purpose) => shareOf(id, ...purpose))) return id;
    }
  }

  /** Something a customer does now, told as a program tells it; the journeys react at once. */
  override async happens(customerId: string, event: string, properties: object = {}) {
    const { external_id: userId } = await this.#row(customerId);
    const message = { type: "track", userId, event, properties, timestamp: this.now.toISOString() };
    const settings = { now: this.now, country: "GB", zone: this.zone, currency: "GBP" };
    const { errors } = await ingestBatch(this.database, [message], settings);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    await this.live();
  }

  /** An order, of a teapot unless told otherwise. */
  orders(customerId: string, order: object = {}): Promise<void> {
    this.#orders += 1;
    const items = [{ name: "Teapot", quantity: 1, price: 30, url: "https://shop.example/teapot" }];
    return this.happens(customerId, "order_completed", {
      order_id: `A-${this.#orders}`,
      total: 30,
      currency: "GBP",
      items,
      ...order,
    });
  }

  override async live() {
    await refreshSegments(this.database, this.now);
    for (const journey of (await listDue(this.database, this.now, this.zone)).starts)
      await enterDue(this.database, journey, this.turn);
    await super.live();
    if (this.webhooks !== undefined && (await this.#calls(this.webhooks)) > 0) await super.live();
    await fallBack(this.database, this.now);
    const due = new Set(await dueChannels(this.database, this.now));
    for (const delivery of this.#deliveries.filter(({ channel }) => due.has(channel)))
      await deliver(this.database, this.#composer, delivery, {
        limit: 500,
        now: () => this.now,
        stopping: new AbortController().signal,
      });
  }

  #calls(webhooks: WebhookCaller): Promise<number> {
    const stopping = new AbortController().signal;
    return makeCalls(this.database, webhooks, { now: () => this.now, stopping });
  }

  /** Everything that left for a customer, the oldest first. */
  async sentMessages(customerId: string): Promise<readonly Sent[]> {
    const rows = await this.database
      .selectFrom("messages")
      .selectAll()
      .where("customer_id", "=", customerId)
      .where("sent_at", "is not", null)
      .orderBy("id")
      .execute();
    return rows.flatMap(({ delivery_id, channel, template, sent_at }) =>
      this.#handed
        .filter((message) => message.deliveryId === delivery_id)
        .map((message) => ({ channel, template, at: sent_at ?? new Date(0), message })),
    );
  }

  /** "email thank-you at 2026-01-12 12:00" for everything that left for a customer, in UTC. */
  async letters(customerId: string): Promise<readonly string[]> {
    return (await this.sentMessages(customerId)).map(
      ({ channel, template, at }) =>
        `${channel} ${template} at ${at.toISOString().slice(0, 16).replace("T", " ")}`,
    );
  }

  /** Why nothing left where a message was planned. */
  async refusals(customerId: string): Promise<readonly string[]> {
    const rows = await this.database
      .selectFrom("messages")
      .select(["template", "state", "reason"])
      .where("customer_id", "=", customerId)
      .where("sent_at", "is", null)
      .where("state", "<>", "planned")
      .orderBy("id")
      .execute();
    return rows.map(({ template, state, reason }) => `${template} ${state}: ${reason}`);
  }

  /** A person follows the first link of the last message, a minute after it came. */
  async clicks(customerId: string): Promise<string> {
    const { message } = await this.#lastTo(customerId);
    const token = /https:\/\/mail\.example\/c\/([^"\s]+)/.exec(message.html ?? message.text)?.[1];
    if (token === undefined) throw new Error("clicks: the message has no link");
    this.now = later(this.now, { minutes: 1 });
    const visit = { token, userAgent: browser, method: "GET", now: this.now };
    const found = await recordClick(this.database, tokens, visit);
    return found?.redirectTo ?? "";
  }

  /** The last message comes back. */
  async bounces(customerId: string): Promise<void> {
    const { message } = await this.#lastTo(customerId);
    const { id } = await this.database
      .selectFrom("messages")
      .select("id")
      .where("delivery_id", "=", message.deliveryId)
      .executeTakeFirstOrThrow();
    const told = { at: this.now, received_at: this.now, detail: "no such mailbox" };
    await this.database
      .insertInto("reports")
      .values({
        provider: "pigeon",
        event_id: `bounce-${id}`,
        message_id: id,
        kind: "bounced",
        ...told,
      })
      .execute();
    const fresh = { provider: "pigeon", eventId: `bounce-${id}`, messageId: id };
    await raiseStates(this.database, [fresh], this.now);
    await this.live();
  }

  /** The mail program's own button for the last message. */
  async unsubscribes(customerId: string): Promise<void> {
    const { message } = await this.#lastTo(customerId);
    const url = message.headers["List-Unsubscribe"] ?? "";
    const token = /\/u\/([^>]+)>/.exec(url)?.[1] ?? "";
    await unsubscribe(this.database, tokens, { token, method: "one_click", now: this.now });
    await this.live();
  }

  /** Also stops where a message becomes due, and every `pace`. */
  protected override async nextDue(until: Date): Promise<Date | null> {
    const { rows } = await sql<{ due: Date | null }>`
      select min(due_at) as due from messages where state in ('planned', 'retry') and due_at > ${this.now}`.execute(
      this.database,
    );
    const next = [await super.nextDue(until), rows[0]?.due ?? null, later(this.now, this.pace)];
    const first = next
      .filter((due) => due !== null)
      .toSorted((a, b) => a.getTime() - b.getTime())[0];
    return first !== undefined && first <= until ? first : null;
  }

  async #lastTo(customerId: string): Promise<Sent> {
    const last = (await this.sentMessages(customerId)).at(-1);
    if (last === undefined) throw new Error("nothing was sent to the customer");
    return last;
  }

  #row(customerId: string) {
    return this.database
      .selectFrom("customers")
      .selectAll()
      .where("id", "=", customerId)
      .executeTakeFirstOrThrow();
  }
}

/** The example is read by nobody but people, so it has to be asked for. */
function theExample(): JourneyFile {
  const file = "workflows/example.yaml";
  const source = readFileSync(file, "utf8");
  const { journey, ...rest } = readJourney(source, file);
  if (journey === undefined) throw new Error("the example cannot be read");
  return { journey, file, source, ...rest };
}

function shareOf(customerId: string, ...purpose: readonly string[]): number {
  const hash = createHash("md5").update([customerId, ...purpose].join(":"));
  return hash.digest().readUInt32BE(0) / 2 ** 32;
}

/** A shop with the shipped templates for each case of a test file, its tables empty. Call it at the top of the file. */
export async function aStory(): Promise<Story> {
  const database = await aDatabase();
  const templates = await loadTemplates("templates", {
    locale: "en-GB",
    currency: "GBP",
    zone: "UTC",
  });
  const composer: Composer = {
    ...aComposer(),
    templates,
    urls: trackingUrls("https://mail.example", secrets),
    shop: {
      name: "The Teapot",
      address: "1 High Street, London",
      url: "https://shop.example",
      support_email: "help@shop.example",
    },
  };
  const story = new Story(database, composer);
  beforeEach(() => story.restart());
  return story;
}
