import { readFileSync, writeFileSync } from "node:fs";
import { sql } from "kysely";
import { beforeAll, describe, expect, test } from "vitest";
import { aDatabase } from "../support/database.ts";
import { aJourney, plan } from "../message/ledger.ts";
import { aCustomer, monday } from "../support/people.ts";
import { aTerminal } from "./terminal.ts";

const database = await aDatabase();
const terminal = aTerminal(database);
let ada: string;
let message: string;

/** The shipped journeys applied, and one message of another journey that failed. */
beforeAll(async () => {
  await terminal.waypost("apply");
  ada = await aCustomer(database, { external_id: "c-17" });
  await plan(database, [ada], { journey: await aJourney(database), template: "thank-you" });
  const { rows } = await sql<{ id: string }>`
    update messages set state = 'failed', reason = '400 "\u001b[31mno"' returning id`.execute(
    database,
  );
  message = rows[0]?.id ?? "";
});

describe("for programs", () => {
  test("status is one line of JSON", async () => {
    const { json, err } = await terminal.waypost("status", "--json");
    expect(err).toBe("");
    expect(json()).toMatchObject([
      {
        customers: 1,
        orders: 0,
        channels: [{ name: "email" }, { name: "sms" }],
        messages: { failed: 1 },
      },
    ]);
  });

  test.each([
    ["journeys", { name: "abandoned-basket", state: "active", version: 1 }],
    ["messages", { state: "failed", step: "hello" }],
    ["segments", { name: "best-customers", size: 0 }],
  ])("%s is a line for each", async (command, first) => {
    const { json, err, code } = await terminal.waypost(command, "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(json()[0]).toMatchObject(first);
  });

  test.each([
    [["--customer", "c-17"], 1],
    [["--since", "2026-01-12"], 1],
    [["--since", "2 hours"], 0],
    [["--customer", "c-17", "--since", "2199-01-01T10:00"], 0],
  ])("messages %j are %i", async (filter, count) => {
    const { out } = await terminal.waypost("messages", "--json", ...filter);
    expect(out.match(/^\{/gm) ?? []).toHaveLength(count);
  });

  test.each([
    [["--customer", "c-18"], 'customer "c-18": expected your own id'],
    [["--since", "soon"], '--since: expected a duration such as "2 hours"'],
  ])("messages %j are refused", async (filter, said) => {
    const { err, code } = await terminal.waypost("messages", ...filter);
    expect(err).toContain(said);
    expect(code).not.toBe(0);
  });

  test("nothing found is nothing printed", async () => {
    const { out } = await terminal.waypost("messages", "--state", "unknown", "--json");
    expect(out).toBe("");
  });
});

describe("for people", () => {
  test("a table has its columns one below the other, and no terminal escapes", async () => {
    const { out } = await terminal.waypost("messages");
    const [heading = "", row = ""] = out.split("\n");
    expect(row.indexOf("failed")).toBe(heading.indexOf("state"));
    expect(out).not.toContain("\u001b");
    expect(out).toContain('400 "\u{fffd}[31mno"');
  });

  test("status says what runs and what is stuck", async () => {
    const { out } = await terminal.waypost("status");
    expect(out).toContain("1 customer, 0 orders, 0 events");
    expect(out).toMatch(/^email +outbox +open/m);
    expect(out).toMatch(/^failed +1$/m);
  });

  test("a journey is shown with each of its steps", async () => {
    const { out } = await terminal.waypost("journeys", "first-purchase");
    expect(out).toMatch(/^thank-you +send thank-you by email, else sms +0 +0 +0$/m);
    expect(out).toMatch(/^wait-3-days-until-10-00 /m);
  });

  test("segments can be worked out anew", async () => {
    const { out } = await terminal.waypost("segments", "--refresh");
    expect(out).toMatch(/^best-customers +0 /m);
  });
});

describe("stopping and going on", () => {
  const stateOf = async (name: string) => {
    const { json } = await terminal.waypost("journeys", name, "--json");
    return (json()[0] as { state: string }).state;
  };

  test("a journey", async () => {
    expect(await terminal.waypost("pause", "journey", "win-back")).toMatchObject({ code: 0 });
    expect(await stateOf("win-back")).toBe("paused");
    expect((await terminal.waypost("resume", "journey", "win-back")).out).toBe(
      "journey win-back is active\n",
    );
    expect(await stateOf("win-back")).toBe("active");
  });

  test("a channel", async () => {
    await terminal.waypost("pause", "channel", "sms");
    expect((await terminal.waypost("status")).out).toMatch(/^sms +outbox +paused: operator/m);
    await terminal.waypost("resume", "channel", "sms");
    expect((await terminal.waypost("status")).out).toMatch(/^sms +outbox +open/m);
  });

  test.each([
    ["journey", "win-bakc", 'did you mean "win-back"?'],
    ["channel", "emial", 'did you mean "email"?'],
  ])("a %s that does not exist is answered with the near miss", async (kind, name, answer) => {
    for (const command of ["pause", "resume"]) {
      const { code, err } = await terminal.waypost(command, kind, name);
      expect(code).toBe(1);
      expect(err).toContain(answer);
      expect(err).toContain("(WAYPOST_NOT_FOUND)");
    }
  });
});

describe("preview", () => {
  test("shows a template that is no e-mail without being told its channel", async () => {
    const { code, out } = await terminal.waypost("preview", "reminder-short");
    expect({ code, out }).toMatchObject({ code: 0, out: expect.not.stringContaining("Subject:") });
  });

  test("shows a template to an example customer", async () => {
    const { code, out } = await terminal.waypost("preview", "thank-you");
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Subject: Thank you, Ada! Your order is in good hands\nPreheader: Order o-1001/,
    );
  });

  test("shows it to a customer of the database, by another channel", async () => {
    const { out } = await terminal.waypost(
      "preview",
      "happy-birthday",
      "--channel=sms",
      "--customer=c-17",
    );
    expect(out).toMatch(/^Happy birthday, Ada! A present from The Corner Shop/);
  });

  test("shows it with what is given in place of the example's", async () => {
    writeFileSync(
      terminal.path("templates/quote.sms.hbs"),
      "{{customer.first_name}} of {{account.name}}: {{money entry.total entry.currency}}, {{call.score.value}}, {{#if voucher}}{{voucher.code}}{{else}}no code{{/if}}",
    );
    writeFileSync(terminal.path("order.json"), '{ "total": 12, "currency": "EUR" }');
    const given = [
      '--customer={"first_name": "Zoe", "locale": "en-GB"}',
      "--account={ name: Acme }",
      `--entry=${terminal.path("order.json")}`,
      "--call={ score: { value: 0.8 } }",
    ];
    const quote = async (voucher: string) =>
      (await terminal.waypost("preview", "quote", ...given, `--voucher=${voucher}`)).out;
    expect(await quote("HELLO-1")).toBe("Zoe of Acme: €12.00, 0.8, HELLO-1\n");
    expect(await quote("{ code: HELLO-2 }")).toContain("HELLO-2");
    expect(await quote("none")).toContain("no code");
  });

  test("says of what is given all that is wrong, with its place and the way out", async () => {
    const wrong = async (...given: readonly string[]) =>
      (await terminal.waypost("preview", "quote", ...given)).err;
    const err = await wrong(
      '--customer={"frist_name": "Zoe"}',
      "--account={ name: [Acme] }",
      "--entry=[1]",
      "--call={ scoer: 1 }",
      "--voucher={ expires_at: 2027-01-31 }",
    );
    expect(err.split("\n").slice(0, 5)).toEqual([
      '--customer:1 frist_name: unknown key "frist_name"; did you mean "first_name"?',
      "--account:1 name: expected text or a number, got a list",
      "--entry:1 expected a mapping, got a list",
      '--call:1 scoer: the template reads the answer of score, not of "scoer"; did you mean "score"?',
      "--voucher:1 code: expected text, got nothing",
    ]);
    expect(await wrong('--entry={ "total": 12')).toMatch(
      /--entry:1 not valid YAML: .*; expected JSON such as '\{ "total": 64\.5/,
    );
    expect(await wrong("--entry=order.jsn")).toMatch(
      /--entry: expected JSON such as .*, or a file of it: ENOENT/,
    );
    expect(
      await wrong("--entry={ total: many, currency: EUR }", "--account={ name: A }"),
    ).toContain(
      "quote.sms.hbs:1: money entry.total entry.currency: expected a number, found another text",
    );
    expect((await terminal.waypost("preview", "--message=1", "--entry={}")).err).toContain(
      "--entry: a message is rendered with what it has",
    );
  });

  test("writes the HTML part to a file", async () => {
    const file = terminal.path("preview.html");
    await terminal.waypost("preview", "thank-you", "--html", file);
    expect(readFileSync(file, "utf8")).toMatch(/^<!doctype html>.*Thank you for your order/s);
    const { code, err } = await terminal.waypost(
      "preview",
      "thank-you",
      "--channel=sms",
      `--html=${file}`,
    );
    expect(code).toBe(2);
    expect(err).toContain('the sms template "thank-you" has no HTML part');
  });

  test("of nothing, and of nothing there is, says so", async () => {
    expect((await terminal.waypost("preview")).err).toContain(
      "expected a template's name or --message",
    );
    expect((await terminal.waypost("preview", "thank-yuo")).err).toContain(
      'did you mean "thank-you"?',
    );
    expect((await terminal.waypost("preview", "--message", "999")).err).toContain(
      "no such message",
    );
  });
});

describe("replay", () => {
  test("wants to be told what", async () => {
    const { code, err } = await terminal.waypost("replay");
    expect(code).toBe(2);
    expect(err).toContain("expected message ids, --journey NAME or --all");
    expect((await terminal.waypost("replay", "10x")).err).toContain('such as 1041, got "10x"');
  });

  test("lets a dead letter try again, once", async () => {
    await sql`update messages set expires_at = ${monday}::timestamptz + interval '100 years'`.execute(
      database,
    );
    const { json } = await terminal.waypost("replay", message, "--json");
    expect(json()).toEqual([{ email: 1 }]);
    expect((await terminal.waypost("replay", "--all")).out).toBe("nothing to replay\n");
  });

  test("of held enrollments counts them", async () => {
    const { json } = await terminal.waypost("replay", "--held", "--all", "--json");
    expect(json()).toEqual([{ held: 0 }]);
  });
});

describe("an event that a journey could not react to", () => {
  const kept = () => database.selectFrom("dead_events").selectAll().execute();

  beforeAll(async () => {
    await sql`insert into dead_events (journey_id, version_id, event_id, customer_id, name, occurred_at, properties, reason, died_at)
      select j.id, j.version_id, 7, ${ada}, 'signed_up', ${monday}, '{}', 'value out of range', ${monday}
      from journeys j where j.name = 'abandoned-basket'`.execute(database);
  });

  test("is told of, with the reason", async () => {
    expect((await terminal.waypost("status")).out).toMatch(
      /dead events of.*\nabandoned-basket +1 .* value out of range$/m,
    );
    expect((await terminal.waypost("status", "--json")).json()).toMatchObject([
      { deadEvents: [{ journey: "abandoned-basket", events: 1, reason: "value out of range" }] },
    ]);
    expect((await terminal.waypost("doctor")).out).toContain("waypost replay --events");
  });

  test("is told of by its kind where it was to mark a voucher as used", async () => {
    await sql`insert into dead_events (event_id, customer_id, name, occurred_at, properties, reason, died_at)
      values (8, ${ada}, 'voucher_redeemed', ${monday}, '{}', 'refused', ${monday})`.execute(
      database,
    );
    expect((await terminal.waypost("status")).out).toMatch(/^vouchers +1 .* refused$/m);
    await sql`delete from dead_events where event_id = 8`.execute(database);
  });

  test("is replayed for that journey, not for another and not by the id of a message", async () => {
    const { err, code } = await terminal.waypost("replay", "7", "--events");
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining("--all with --held and --events, got ids") as string,
    });
    const other = await terminal.waypost("replay", "--events", "-j", "win-back", "--json");
    expect(other.json()).toEqual([{ events: 0 }]);
    expect(await kept()).toMatchObject([{ replayed_at: null }]);
    const { out } = await terminal.waypost("replay", "--events", "-j", "abandoned-basket");
    expect(out).toBe("replayed: 1 events\n");
    expect(await kept()).toMatchObject([{ replayed_at: expect.any(Date) as Date }]);
  });
});

describe("ways in", () => {
  test("a key is shown once, listed by its name and ended by it", async () => {
    expect((await terminal.waypost("key")).out).toMatch(/^no keys yet/);
    const { out: made } = await terminal.waypost("key", "create", "shop");
    expect(made).toMatch(/^wp_\S{40,}\n$/);
    const { out: listed } = await terminal.waypost("key", "list");
    expect(listed).toMatch(/^shop +\d{4}-/m);
    expect(listed).not.toContain(made.trim());
    expect((await terminal.waypost("key", "revoke", "shop")).out).toBe(
      "revoked 1 key named shop\n",
    );
    expect((await terminal.waypost("key", "revoke", "shop")).code).toBe(1);
    expect((await terminal.waypost("key", "create")).err).toContain("expected a name");
  });

  test("a login is a link", async () => {
    const { json } = await terminal.waypost("login", "--json");
    expect(json()).toEqual([
      {
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:8080\/login\?token=\S{20,}$/) as string,
      },
    ]);
  });

  test("a login is a link to where the dashboard is, which may have a name of its own", async () => {
    const at = (address: string) => terminal.waypost("login", "--at", address);
    const { out } = await at("https://marketing.shop.example/");
    expect(out).toMatch(/^https:\/\/marketing\.shop\.example\/login\?token=\S{20,}\n$/);
    const { code, err } = await at("marketing.shop.example");
    expect(code).toBe(2);
    expect(err).toContain(
      '--at: expected an address such as https://marketing.shop.example, got "marketing.shop.example"',
    );
  });
});
