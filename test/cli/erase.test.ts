import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { outboxPath } from "../../src/channel/outbox-file.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aMessage, anAttempt } from "../tracking/sent.ts";
import { aTerminal } from "./terminal.ts";

const database = await aDatabase();
const terminal = aTerminal(database);
let mail = "";

/** A customer whom SendGrid had a message for, and the outbox another. */
beforeEach(async () => {
  await freshTables(database);
  const ada = await aCustomer(database, { external_id: "c-17", email: "ada@example.com" });
  const sent = await aMessage(database, ada, { provider: "sendgrid" });
  await anAttempt(database, sent, { provider: "sendgrid", receipt: "sg-4711" });
  const kept = await aMessage(database, ada, { provider: "outbox" });
  const message = { deliveryId: kept.delivery_id, channel: "email", html: null };
  mail = outboxPath(terminal.path(".waypost/outbox"), message as never);
  mkdirSync(dirname(mail), { recursive: true });
  writeFileSync(mail, "Dear Ada");
});

const customers = () => database.selectFrom("customers").selectAll().execute();

test("erase shows what there is and what is elsewhere, and changes nothing", async () => {
  const { code, out } = await terminal.waypost("erase", "ada@example.com");
  expect(code).toBe(0);
  expect(out).toMatch(/customers +1 +deleted/);
  expect(out).toMatch(/messages +2 +stays for figures, and is nobody's/);
  expect(out).toContain("its ids: sg-4711");
  expect(out).toContain("waypost erase ada@example.com --confirm");
  expect(await customers()).toHaveLength(1);
});

test("erase --confirm does it, with the files of the outbox, and a second time there is nothing left to do", async () => {
  const { json } = await terminal.waypost("erase", "c-17", "--confirm", "--json");
  expect(json()).toMatchObject([
    {
      erased: true,
      files: 1,
      rows: { customers: 1, messages: 2 },
      elsewhere: { providers: [{ provider: "sendgrid", ids: ["sg-4711"] }] },
    },
  ]);
  expect(await customers()).toEqual([]);
  expect(existsSync(mail)).toBe(false);
  for (const meant of ["c-17", "Ada@example.com", "#1"]) {
    const again = await terminal.waypost("erase", meant, "--confirm");
    expect([again.code, again.out]).toEqual([0, expect.stringContaining("erased already")]);
  }
});

test("doctor says when the secret that erased addresses were hashed under is gone", async () => {
  const strange = { WAYPOST_SECRET: "another secret of at least thirty-two characters" };
  const secretIn = async (doctor: typeof terminal) =>
    (await doctor.waypost("doctor", "--json")).json().filter(isOfSecret);
  expect(await secretIn(terminal)).toEqual([]);
  await terminal.waypost("erase", "c-17", "--confirm");
  expect(await secretIn(terminal)).toMatchObject([{ level: "ok" }]);
  expect(await secretIn(aTerminal(database, strange))).toMatchObject([{ level: "error" }]);
});

const isOfSecret = (finding: unknown) => (finding as { about: string }).about === "secret";

test("erase --let-back has marketing go to the address again", async () => {
  await terminal.waypost("erase", "c-17", "--confirm");
  const { out } = await terminal.waypost("erase", "ada@example.com", "--let-back");
  expect(out).toContain("marketing may go to it again");
  const again = await terminal.waypost("erase", "ada@example.com", "--let-back");
  expect(again.out).toContain("it was not erased");
});

test("export tells all, to the terminal or into a file that others cannot read, and that is not written over", async () => {
  const { out } = await terminal.waypost("export", "c-17");
  expect(JSON.parse(out)).toMatchObject({
    tables: { customers: [{ email: "ada@example.com" }], messages: [{}, {}] },
  });
  const file = terminal.path("ada.json");
  expect((await terminal.waypost("export", "c-17", "--out", file)).code).toBe(0);
  expect(readFileSync(file, "utf8")).toContain("ada@example.com");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await terminal.waypost("export", "c-17", "--out", file)).toMatchObject({
    code: 1,
    err: expect.stringContaining("ada.json"),
  });
});

test.each(["erase", "export"])("%s of somebody nobody knows ends with 1", async (command) => {
  const { code, err } = await terminal.waypost(command, "nobody@example.com");
  expect([code, err]).toEqual([1, expect.stringContaining("found nobody")]);
});
