import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig, salvageConfig } from "../src/config.ts";

const nowhere = mkdtempSync(join(tmpdir(), "waypost-config-"));
afterAll(() => rmSync(nowhere, { recursive: true }));

function aProject(yaml: string): string {
  const folder = mkdtempSync(join(nowhere, "project-"));
  writeFileSync(join(folder, "waypost.yaml"), yaml);
  return folder;
}

describe("the channels", () => {
  it.each([
    [{}, "outbox", "outbox"],
    [{ SENDGRID_API_KEY: "key" }, "sendgrid", "outbox"],
    [{ SMTP_URL: "smtp://localhost" }, "smtp", "outbox"],
    [{ TWILIO_ACCOUNT_SID: "AC1" }, "outbox", "twilio"],
  ])("with the keys %j are carried by %s and %s", (environment, email, sms) => {
    const { channels } = readConfig(nowhere, environment);
    expect([channels["email"]?.provider, channels["sms"]?.provider]).toEqual([email, sms]);
  });

  it("text customers by day only, unless the file says otherwise", () => {
    expect(readConfig(nowhere, {}).channels["sms"]?.hours).toEqual({
      from: "08:00",
      until: "21:00",
    });
    const written = aProject("channels: { sms: { provider: twilio } }");
    expect(readConfig(written, {}).channels["sms"]?.hours?.from).toBe("08:00");
    const later = '{ from: "10:00", until: "18:00" }';
    const own = aProject(`channels: { sms: { provider: twilio, hours: ${later} } }`);
    expect(readConfig(own, {}).channels["sms"]?.hours?.from).toBe("10:00");
  });

  it("take their secrets from the environment", () => {
    const folder = aProject(
      "channels: { letters: { provider: ./letters.ts, options: { key: '${LETTERS_KEY}', size: 4 } } }",
    );
    expect(readConfig(folder, { LETTERS_KEY: "s3cret" }).channels["letters"]?.options).toEqual({
      key: "s3cret",
      size: 4,
    });
    expect(() => readConfig(folder, {})).toThrow(
      "waypost.yaml channels.letters.options.key: expected the environment variable LETTERS_KEY, which is not set",
    );
  });
});

describe("a config with mistakes", () => {
  it.each([
    [
      "zone: Europe/Lndon",
      'waypost.yaml:1 zone: expected an IANA time zone such as "Europe/London", got "Europe/Lndon"',
    ],
    ["\nchanels: {}", 'waypost.yaml:2 chanels: unknown key "chanels"; did you mean "channels"?'],
    [
      "channels:\n  email:\n    provider: smtp\n    rate: fast",
      'waypost.yaml:4 channels.email.rate: expected a rate such as "100/second", got "fast"',
    ],
    [
      "channels: { email: { provider: smtp, cap: often } }",
      'expected a cap such as "3 per 7 days", got "often"',
    ],
    ["max_lateness: soon", 'expected a duration such as "2 days", got "soon"'],
    [
      "keep: { event_keys: 2 hours }",
      'waypost.yaml:1 keep.event_keys: expected "1 day" or longer, got "2 hours"',
    ],
    ["keep: { reports: soon }", 'keep.reports: expected a duration such as "2 days", got "soon"'],
    [
      "keep: 30 days",
      'keep: expected a mapping such as { event_keys: 90 days, reports: 30 days }, got "30 days"',
    ],
    ["zone: [", "not valid YAML"],
    [
      'zone: "+05:30"',
      'waypost.yaml:1 zone: expected an IANA time zone such as "Europe/London", got "+05:30"',
    ],
    [
      'channels: { sms: { provider: twilio, hours: { from: "21:00", until: "08:00" } } }',
      "expected hours that end later on the same day",
    ],
    [
      "channels: { email: { provider: smtp, price: 0.07 } }",
      'price: expected a price such as "0.04 GBP" or "0.04 GBP per segment", got 0.07',
    ],
    [
      "channels: { email: { provider: smtp, rate: 10 } }",
      'rate: expected a rate such as "100/second", got 10',
    ],
    [
      "channels: { email: { provider: smtp, concurrency: 0 } }",
      "concurrency: expected a whole number from 1 to 500, got 0",
    ],
    [
      "channels: { email: { provider: smtp, deadline: 2 minutes } }",
      'deadline: expected seconds from 1 to 120, got "2 minutes"',
    ],
    [
      "channels: { email: { provider: smtp, hours: daytime } }",
      'hours: expected hours such as { from: "08:00", until: "21:00" }, got "daytime"',
    ],
    [
      "channels: { email: { from: a@b.example } }",
      "provider: expected a text such as sendgrid, smtp, twilio, outbox or ./plugins/letters.ts, got nothing",
    ],
    [
      "channels: { email: smtp }",
      'email: expected a channel such as { provider: sendgrid }, got "smtp"',
    ],
    [
      "channels: [email]",
      "channels: expected a mapping such as { email: { provider: sendgrid } }, got a list",
    ],
    [
      "channels: { E-mail: { provider: smtp } }",
      'channels.E-mail: expected a channel name in lower case, got "E-mail"',
    ],
    [
      "url: shop.example",
      'url: expected an address such as https://mail.shop.example, got "shop.example"',
    ],
    ["country: England", 'country: expected a two-letter country code such as GB, got "England"'],
    ["locale: 5", "locale: expected a text such as en or de-AT, got 5"],
    [
      "currency: Pounds",
      'currency: expected a three-letter currency code such as GBP, got "Pounds"',
    ],
    [
      "exchange_rates: { EUR: 86% }",
      'EUR: expected what one is worth in your currency, such as 0.86, got "86%"',
    ],
    [
      "unknown_zones: []",
      "unknown_zones: expected a list of zones such as [Europe/London, Europe/Dublin], got an empty list",
    ],
    [
      "shop: { name: A }",
      'shop.address: expected a text such as "1 High Street, London N1 1AA", got nothing',
    ],
    [
      "topics: [offers]",
      'topics: expected a mapping such as { offers: "Offers and news" }, got a list',
    ],
    [
      "topics: { offers: }",
      'topics.offers: expected a text such as "Offers and news", got nothing',
    ],
    ["holdout: 5", 'holdout: expected a share of at most half, such as "5%", got 5'],
    [
      "caps: often",
      'caps: expected a list such as [{ topic: offers, cap: 3 per 7 days }], got "often"',
    ],
    ["caps: [often]", 'caps[0]: expected { topic: offers, cap: 3 per 7 days }, got "often"'],
    [
      "caps:\n  - { topic: offers, cap: 1 per day }\n  - { topic: oferts, cap: 1 per day }",
      'waypost.yaml:3 caps[1].topic: unknown topic "oferts"; did you mean "offers"?',
    ],
    [
      "caps: [{ topic: offers, channel: fax, cap: 1 per day }]",
      'waypost.yaml:1 caps[0].channel: unknown channel "fax"; expected one of email, sms',
    ],
    [
      "pools: { w: { low: -1 } }",
      "pools.w.low: expected a whole number from 0 to 1000000000, got -1",
    ],
    [
      "calls: { allow: crm }",
      'calls.allow: expected a list of hosts such as [crm.internal], got "crm"',
    ],
    [
      "zone: UTC\nzone: UTC",
      "waypost.yaml:2 not valid YAML: the key zone is there twice; leave one out",
    ],
  ])("%s says so with its line", (yaml, mistake) => {
    expect(() => readConfig(aProject(yaml), {})).toThrow(mistake);
  });

  it("says all of them at once", () => {
    expect(() => readConfig(aProject("zone: x\ncountry: y\ncurrency: z"), {})).toThrow(
      /waypost.yaml:1 .*\n.*waypost.yaml:2 .*\n.*waypost.yaml:3 /,
    );
  });

  it.each([
    [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL"],
    [{ PORT: "many" }, "PORT"],
    [{ WAYPOST_SECRET: "short" }, "WAYPOST_SECRET"],
    [{ WAYPOST_SECRET: `${"long enough ".repeat(3)},short` }, "WAYPOST_SECRET"],
  ])("in the environment %j names the variable", (environment, name) => {
    expect(() => readConfig(nowhere, environment)).toThrow(`environment variable ${name}`);
  });
});

it("an empty variable is as good as none", () => {
  expect(readConfig(nowhere, { DATABASE_URL: "", REDIS_URL: "" }).environment).not.toHaveProperty(
    "DATABASE_URL",
  );
});

it("caps and rates are read in the words people use", () => {
  const { channels } = readConfig(
    aProject("channels: { email: { provider: smtp, cap: 3 per week, rate: 100 per minute } }"),
    {},
  );
  expect(channels["email"]).toMatchObject({
    cap: { count: 3, within: { days: 7 } },
    rate: { count: 100, seconds: 60 },
  });
});

describe("a config with mistakes, for check alone", () => {
  it("is whatever can be read of it, and knows the names that its mistakes hide", () => {
    const folder = aProject(
      "zone: Europe/Lndon\ncountry: IE\nchannels: { post: { price: 1 }, sms: { provider: twilio, cap: often } }\ntopics: { news: , offers: Offers }\ncaps: [{ topic: nwes, cap: 1 per day }]\nshop: { nmae: A }\n",
    );
    const { config, mistakes, hidden } = salvageConfig(folder, {});
    expect(mistakes.map(({ path }) => path)).toEqual([
      "zone",
      "channels.post.provider",
      "channels.post.price",
      "channels.sms.cap",
      "topics.news",
      "caps[0].topic",
      "shop.name",
      "shop.address",
      "shop.nmae",
    ]);
    expect(config).toMatchObject({ zone: "UTC", country: "IE", shop: { name: "Our shop" } });
    expect(config.channels["sms"]).toMatchObject({ provider: "twilio" });
    expect(Object.keys(config.channels).toSorted()).toEqual(["email", "post", "sms"]);
    expect(Object.keys(config.topics).toSorted()).toEqual(["news", "offers"]);
    expect([...hidden]).toEqual([]);
  });

  it("does not know the names that nobody can read", () => {
    expect([...salvageConfig(aProject("topics: [offers]"), {}).hidden]).toEqual(["topics"]);
    expect([...salvageConfig(aProject("zone: ["), {}).hidden]).toEqual(["channels", "topics"]);
  });

  it("needs no secrets", () => {
    const text = "channels: { post: { provider: ./p.ts, options: { key: '${LETTERS_KEY}' } } }";
    expect(salvageConfig(aProject(text), {}).mistakes).toEqual([]);
  });
});
