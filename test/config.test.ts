import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig } from "../src/config.ts";

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
    ["zone: [", "not valid YAML"],
    [
      'zone: "+05:30"',
      'waypost.yaml:1 zone: expected an IANA time zone such as "Europe/London", got "+05:30"',
    ],
    [
      'channels: { sms: { provider: twilio, hours: { from: "21:00", until: "08:00" } } }',
      "expected hours that end later on the same day",
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
