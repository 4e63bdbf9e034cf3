import { z } from "zod";
import {
  address,
  cap,
  currencyCode,
  daysOrMore,
  duration,
  price,
  rate,
  share,
  text,
  timeOfDay,
  wholeNumber,
  zone,
} from "./config-values.ts";

const hoursExpected = 'expected hours such as { from: "08:00", until: "21:00" }';
const secondsExpected = "expected seconds from 1 to 120";
const zonesExpected = "expected a list of zones such as [Europe/London, Europe/Dublin]";
const rateExpected = "expected what one is worth in your currency, such as 0.86";
const capExpected = "expected { topic: offers, cap: 3 per 7 days }";

export const channelSchema = z.strictObject(
  {
    provider: text("sendgrid, smtp, twilio, outbox or ./plugins/letters.ts"),
    from: text('"The Corner Shop <hello@shop.example>"').optional(),
    /** At most so many calls to the provider, over all workers. */
    rate: rate.optional(),
    /** Calls in flight at once in one worker, over all its lanes. */
    concurrency: wholeNumber(1, 500).default(64),
    /** Marketing goes out between these local times of the customer only. */
    hours: z
      .strictObject({ from: timeOfDay, until: timeOfDay }, { error: hoursExpected })
      .refine(({ from, until }) => from < until, {
        error:
          'expected hours that end later on the same day, such as { from: "08:00", until: "21:00" }',
      })
      .optional(),
    /** Marketing messages a customer may get, over all journeys. */
    cap: cap.optional(),
    /** What the provider takes for a message, or for each segment of a text; for plans. */
    price: price.optional(),
    /** Attempts before a message that the provider keeps putting off is given up as failed. */
    attempts: wholeNumber(1, 50).default(8),
    /** Seconds for one whole call to the provider. */
    deadline: z
      .number({ error: secondsExpected })
      .min(1, { error: secondsExpected })
      .max(120, { error: secondsExpected })
      .default(30),
    /** Options of the provider itself; `${NAME}` stands for an environment variable. */
    options: z
      .record(z.string(), z.unknown(), {
        error: "expected a mapping such as { apiKey: ${LETTERS_KEY} }",
      })
      .default({}),
  },
  { error: "expected a channel such as { provider: sendgrid }" },
);

/** `waypost.yaml`, the file beside the workflows. Every key has a default, so the file itself is optional. */
export const configFileSchema = z.strictObject({
  /** Where the world reaches `waypost web`: links in messages and webhooks begin with it. */
  url: address("https://mail.shop.example").optional(),
  zone: zone.default("UTC"),
  /** Zones a customer whose zone is unknown may be in; the hours must suit all of them. */
  unknown_zones: z
    .array(zone, { error: zonesExpected })
    .min(1, { error: zonesExpected })
    .optional(),
  country: z
    .string({ error: "expected a two-letter country code such as GB" })
    .regex(/^[A-Z]{2}$/, { error: "expected a two-letter country code such as GB" })
    .default("GB"),
  locale: text("en or de-AT").default("en"),
  currency: currencyCode.default("GBP"),
  /** What one of another currency is worth in `currency`: what goals earned in it counts by that. */
  exchange_rates: z
    .record(
      currencyCode,
      z
        .number({ error: rateExpected })
        .positive({ error: rateExpected })
        .max(1_000_000, { error: rateExpected }),
      { error: "expected a mapping such as { EUR: 0.86 }" },
    )
    .default({}),
  shop: z
    .strictObject(
      {
        name: text("The Corner Shop"),
        address: text('"1 High Street, London N1 1AA"'),
        url: address("https://shop.example").optional(),
        support_email: text("help@shop.example").optional(),
      },
      {
        error:
          'expected a shop such as { name: The Corner Shop, address: "1 High Street, London" }',
      },
    )
    .default({
      name: "Our shop",
      address: "1 High Street, London",
      url: "https://shop.example",
      support_email: "help@shop.example",
    }),
  channels: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]*$/, { error: "expected a channel name in lower case" }),
      channelSchema,
      { error: "expected a mapping such as { email: { provider: sendgrid } }" },
    )
    .default({}),
  topics: z
    .record(z.string(), text('"Offers and news"'), {
      error: 'expected a mapping such as { offers: "Offers and news" }',
    })
    .default({ offers: "Offers and news", service: "About your orders" }),
  /** A message not sent this long after it was due expires; a journey can say otherwise. */
  max_lateness: duration.default({ months: 0, days: 1, seconds: 0 }),
  /** How often the members of segments are worked out anew. */
  refresh_segments: duration.default({ months: 0, days: 0, seconds: 300 }),
  /** How long what is there for technical reasons alone is kept, and what tells of persons. */
  keep: z
    .strictObject(
      {
        /** The ids that callers give to events, so that the same event twice is one; for good where it is not said. */
        event_keys: daysOrMore.optional(),
        /** Requests of providers that were applied. */
        reports: daysOrMore.default({ months: 0, days: 30, seconds: 0 }),
        /** Events that an archived journey could not react to, since they died and since it was archived. */
        dead_events: daysOrMore.default({ months: 0, days: 90, seconds: 0 }),
        /** Of opens and clicks, which browser it was. */
        browsers: daysOrMore.default({ months: 0, days: 90, seconds: 0 }),
        /** Of messages, the address and subject they went under, and what the provider said. */
        messages: daysOrMore.default({ months: 24, days: 0, seconds: 0 }),
        /** Events, by whole months; for good where it is not said. */
        events: daysOrMore.optional(),
      },
      { error: "expected a mapping such as { event_keys: 90 days, reports: 30 days }" },
    )
    .prefault({}),
  /** Customers whom every marketing journey leaves alone, always the same ones: what all of marketing earns is measured against them. */
  holdout: share.default(0),
  /** Caps on marketing beside the channels' own: of a topic, of a channel, or of a topic on a channel. */
  caps: z
    .array(
      z
        .strictObject(
          { topic: text("offers").optional(), channel: text("sms").optional(), cap },
          { error: capExpected },
        )
        .refine(({ topic, channel }) => topic !== undefined || channel !== undefined, {
          error:
            "expected a topic or a channel beside the cap, such as { topic: offers, cap: 3 per 7 days }",
        }),
      { error: `expected a list such as [${capExpected.replace("expected ", "")}]` },
    )
    .default([]),
  /** Pools of vouchers: which event says that a code was used, and when few are left. */
  pools: z
    .record(
      z.string(),
      z.strictObject(
        {
          redeemed_by: text("order_completed").default("voucher_redeemed"),
          property: text("coupon").default("code"),
          low: wholeNumber(0, 1_000_000_000).default(0),
        },
        {
          error:
            "expected a pool such as { redeemed_by: order_completed, property: coupon, low: 100 }",
        },
      ),
      { error: "expected a mapping such as { welcome-10: { low: 100 } }" },
    )
    .default({}),
  /** Calls to services of the company's own. */
  calls: z
    .strictObject(
      {
        /** Hosts that may be called though their address is inside a network. */
        allow: z
          .array(text("crm.internal"), { error: "expected a list of hosts such as [crm.internal]" })
          .default([]),
      },
      { error: "expected a mapping such as { allow: [crm.internal] }" },
    )
    .default({ allow: [] }),
});

export type ConfigFile = z.output<typeof configFileSchema>;
export type ChannelConfig = z.output<typeof channelSchema>;
